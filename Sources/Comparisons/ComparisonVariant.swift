import Basics
import Recipes
import Sharing

/// One of those that a comparison compares: an architecture as the recipe has it, or one with
/// settings of its own under a name of its own.
public struct ComparisonVariant: Equatable, Sendable {
  /// What reports call it, of letters, digits, `_` and `-`.
  public let name: String
  /// The name of its architecture.
  let sharing: String
  /// The options it sets, as the recipe's table reads them back and in its order.
  let settings: [RecipeValue.Entry]

  /// Whether it is an architecture as the recipe has it.
  var isPlain: Bool { settings.isEmpty && name == sharing }

  /// Its architecture.
  var architecture: Architecture {
    guard let architecture = Architecture.named(sharing) else {
      preconditionFailure("a plan's architectures are checked when its runs are listed")
    }
    return architecture
  }

  /// The folder its runs are in; nil if they are those of all architectures as they are. No option
  /// and no domain is called so.
  var folder: String? { isPlain ? nil : "variant=\(name)" }

  /// The architecture called `name` as the recipe has it.
  static func plain(_ name: String) -> ComparisonVariant {
    ComparisonVariant(name: name, sharing: name, settings: [])
  }
}

extension ComparisonPlan {
  /// What is compared, in the order of reports: the recipe's architectures, then the variants.
  public var compared: [ComparisonVariant] {
    let plain = base.sharing.map(ComparisonVariant.plain)
    return plain + variants.filter { !plain.contains($0) }
  }

  /// Those of `compared` that are trained in one run: all architectures as they are together, every
  /// other variant by itself.
  var comparedByRun: [[ComparisonVariant]] {
    let plain = compared.filter(\.isPlain)
    return (plain.isEmpty ? [] : [plain]) + compared.filter { !$0.isPlain }.map { [$0] }
  }

  /// Options about data that leave alone what networks are scored on. With other labels or
  /// sentences variants could not be compared in pairs.
  private static let ownData = ["train-sentences", "max-tokens", "embeddings", "span-encoding"]

  /// The variant that is asked for.
  ///
  /// - Throws: `Failure` of kind `usage` naming its place, the option and what is allowed.
  func variant(
    _ given: ComparisonRequest.Given<[RecipeValue.Entry]>
  ) throws -> ComparisonVariant {
    guard RecipeTask.isName(given.name) else {
      throw given.place.failure(
        "a variant's name must be up to 64 letters, digits, '_' or '-', and not 'all'")
    }
    if let twice = given.value.firstDuplicate(by: \.key) {
      throw given.place.inside(twice).failure("is given twice")
    }
    var copy = base
    copy.sharing = [base.sharing.first ?? Recipe().sharing[0]]
    for entry in given.value {
      let place = given.place.inside(entry.key)
      let option = try RecipeOption.existing(entry.key, at: place)
      guard ![.data, .evaluation].contains(option.group) || Self.ownData.contains(option.name)
      else {
        throw place.failure("cannot differ between variants, which are scored on the same labels")
      }
      try option.set(entry.value, in: &copy, at: place)
    }
    let names = Architecture.all.map(\.name)
    guard copy.sharing.count == 1, names.contains(copy.sharing[0]) else {
      throw given.place.inside("sharing").refuse(
        copy.sharing.joined(separator: ","),
        "must be one architecture, among \(names.joined(separator: ", "))")
    }
    let set = given.value.map(\.key).filter { $0 != "sharing" }
    let variant = ComparisonVariant(
      name: given.name, sharing: copy.sharing[0],
      settings: RecipeOption.all.filter { set.contains($0.name) }
        .map { .init($0.name, $0.value(in: copy)) })
    guard variant.isPlain || !names.contains(given.name.lowercased()) else {
      throw given.place.failure(
        "is the name of an architecture, which this is not as the recipe has it; choose another")
    }
    return variant
  }
}

extension RecipeOption {
  /// The option called `name`, given at `place`.
  ///
  /// - Throws: `Failure` of kind `usage` if there is none.
  static func existing(_ name: String, at place: RecipePlace) throws -> RecipeOption {
    guard let option = named(name) else {
      throw place.failure(
        "is no option of a recipe" + didYouMean(name, among: all.map(\.name)))
    }
    return option
  }
}

extension RecipePlace {
  /// The place of `key` in the mapping at this place.
  func inside(_ key: String) -> RecipePlace {
    RecipePlace(name: "\(name) \(RecipeValue.text(key).shown)", folder: folder)
  }

  /// The failure that what is given here cannot be accepted, and why.
  func failure(_ reason: String) -> Failure { Failure(.usage, "\(name): \(reason)") }
}
