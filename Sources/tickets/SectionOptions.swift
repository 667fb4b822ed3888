import ArgumentParser
import Basics
import Recipes

/// A section of the recipe's table of options, as help texts have it.
protocol RecipeSection {
  static var options: [RecipeOption] { get }
}

enum DataSection: RecipeSection { static let options = RecipeOption.data }
enum ModelSection: RecipeSection { static let options = RecipeOption.model }
enum TrainingSection: RecipeSection { static let options = RecipeOption.training }
enum StageSection: RecipeSection { static let options = RecipeOption.stages }

/// The options of a section, straight from the table.
///
/// The parser asks a mirror for the properties that it is to fill in, by their labels, and then
/// decodes the type with these as keys: properties made here serve as well as declared ones.
struct SectionOptions<Section: RecipeSection>: ParsableArguments, CustomReflectable {
  private enum Property {
    case single(Option<String?>)
    case repeatable(Option<[String]>)

    var wrapper: Any {
      switch self {
      case .single(let option): option
      case .repeatable(let option): option
      }
    }
  }

  private let properties: [(name: String, property: Property)]

  init() {
    properties = Section.options.map { option in
      let (name, help) = (NameSpecification.customLong(option.name), ArgumentHelp.recipe(option))
      let completion = CompletionKind.recipe(option)
      return (
        option.name,
        option.isRepeatable
          ? .repeatable(Option(wrappedValue: [], name: name, help: help, completion: completion))
          : .single(Option(name: name, help: help, completion: completion))
      )
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: StringKey.self)
    properties = try Section.options.map { option in
      let key = StringKey(stringValue: option.name)
      return (
        option.name,
        option.isRepeatable
          ? .repeatable(try container.decode(Option<[String]>.self, forKey: key))
          : .single(try container.decode(Option<String?>.self, forKey: key))
      )
    }
  }

  var customMirror: Mirror {
    Mirror(self, children: properties.map { (label: "_\($0.name)", value: $0.property.wrapper) })
  }

  /// What was given, in the order of the table; nothing for the other options.
  var given: [(name: String, values: [String])] {
    properties.map { name, property in
      switch property {
      case .single(let option): (name, option.wrappedValue.map { [$0] } ?? [])
      case .repeatable(let option): (name, option.wrappedValue)
      }
    }
  }
}
