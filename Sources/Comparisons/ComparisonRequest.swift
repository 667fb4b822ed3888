import Basics
import Foundation
import Recipes

/// What is asked of a comparison in one place: on the command line, or in one recipe file, which
/// may hold the keys `seeds`, `baseline`, `vary`, `domains` and `variants` beside the recipe's
/// options.
public struct ComparisonRequest: Sendable {
  /// An axis, a domain or a variant with the place it was given at.
  struct Given<Value: Sendable>: Sendable {
    let name: String
    let value: Value
    let place: RecipePlace
  }

  /// The recipe's options.
  let layer: RecipeLayer
  var seeds: Given<RecipeValue>?
  var baseline: Given<String>?
  /// Values by option; nil if nothing was said about them.
  var vary: [Given<[RecipeValue]>]?
  /// Files by domain: train, dev and test; nil if nothing was said about them.
  var domains: [Given<[[String]]>]?
  /// Options by variant; nil if nothing was said about them.
  var variants: [Given<[RecipeValue.Entry]>]?

  /// What stands on the command line.
  ///
  /// - Parameters:
  ///   - layer: the recipe's options given there.
  ///   - vary: texts such as `density=0.5;0.2`.
  ///   - domains: texts such as `news=train.conll,dev.conll,test.conll`.
  ///   - variants: texts such as `SLOW=sharing:hard;lr:0.01`.
  /// - Throws: `Failure` of kind `usage` naming the option and the text.
  public static func commandLine(
    _ layer: RecipeLayer, seeds: String?, baseline: String?, vary: [String], domains: [String],
    variants: [String] = []
  ) throws -> ComparisonRequest {
    let folder = FileManager.default.currentDirectoryPath
    func place(_ name: String) -> RecipePlace { RecipePlace(name: name, folder: folder) }
    var request = ComparisonRequest(layer: layer)
    request.seeds = seeds.map {
      Given(name: "seeds", value: .text($0), place: place("--seeds"))
    }
    request.baseline = baseline.map {
      Given(name: "baseline", value: $0, place: place("--baseline"))
    }
    if !vary.isEmpty {
      request.vary = try vary.map { text in
        let (name, values) = try pair(text, place("--vary"), "OPTION=V1;V2, as in density=0.5;0.2")
        return Given(
          name: name,
          value: values.split(separator: ";", omittingEmptySubsequences: false).map {
            .text($0.trimmingCharacters(in: .whitespaces))
          }, place: place("--vary \(name)"))
      }
    }
    if !domains.isEmpty {
      request.domains = try domains.map { text in
        let (name, files) = try pair(
          text, place("--domain"),
          "NAME=TRAIN,DEV,TEST, as in news=train.conll,dev.conll,test.conll")
        let paths = files.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let own = place("--domain \(name)")
        guard paths.count == 3 else {
          throw own.refuse(
            files, "must be three files: train, dev and test (the recipe file takes more)")
        }
        return Given(
          name: name, value: try paths.map { [try own.path(.text($0))] }, place: own)
      }
    }
    if !variants.isEmpty {
      let form = "NAME=OPTION:VALUE;OPTION:VALUE, as in SLOW=sharing:hard;lr:0.01"
      request.variants = try variants.map { text in
        let (name, settings) = try pair(text, place("--variant"), form)
        let own = place("--variant \(name)")
        return Given(
          name: name,
          value: try settings.isEmpty
            ? []
            : settings.split(separator: ";", omittingEmptySubsequences: false).map {
              let (option, value) = try pair(String($0), at: ":", own, form)
              return .init(option, .text(value.trimmingCharacters(in: .whitespaces)))
            }, place: own)
      }
    }
    return request
  }

  /// What stands in the recipe file at `path`, YAML or JSON.
  ///
  /// - Throws: as `RecipeLayer.file`.
  public static func file(_ path: String) throws -> ComparisonRequest {
    let (layer, others) = try RecipeLayer.file(path, besides: RecipeLayer.comparisonKeys)
    var request = ComparisonRequest(layer: layer)
    for setting in others {
      let (value, place) = (setting.value, setting.place)
      switch setting.key {
      case "seeds":
        request.seeds = Given(name: "seeds", value: value, place: place)
      case "baseline":
        request.baseline = Given(
          name: "baseline", value: value.scalarText ?? value.shown, place: place)
      case "vary":
        request.vary = try entries(value, place, "options with lists of values").map { entry in
          let values: [RecipeValue] =
            if case .list(let items) = entry.value { items } else {
              [entry.value]
            }
          return Given(name: entry.key, value: values, place: place.inside(entry.key))
        }
      case "variants":
        request.variants = try entries(value, place, "names of variants").map { entry in
          let own = place.inside(entry.key)
          return Given(
            name: entry.key, value: try entries(entry.value, own, "options"), place: own)
        }
      default:
        request.domains = try entries(value, place, "names of domains").map { entry in
          let own = place.inside(entry.key)
          let files = try entries(entry.value, own, "train, dev and test files")
          if let other = files.first(where: { !["train", "dev", "test"].contains($0.key) }) {
            throw own.refuse(other.key, "is unknown here; a domain has train, dev and test")
          }
          return Given(
            name: entry.key,
            value: try ["train", "dev", "test"].map { split in
              try files.first { $0.key == split }.map { try own.paths($0.value) } ?? []
            }, place: own)
        }
      }
    }
    return request
  }

  private static func pair(
    _ text: String, at separator: Character = "=", _ place: RecipePlace, _ form: String
  ) throws -> (String, String) {
    let parts = text.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      throw place.refuse(RecipeValue.text(text).shown, "must be \(form)")
    }
    return (parts[0].trimmingCharacters(in: .whitespaces), String(parts[1]))
  }

  private static func entries(
    _ value: RecipeValue, _ place: RecipePlace, _ what: String
  ) throws -> [RecipeValue.Entry] {
    switch value {
    case .mapping(let entries): return entries
    case .null: return []
    default: throw place.refuse(value.shown, "must be a mapping of \(what)")
    }
  }
}
