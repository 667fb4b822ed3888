import Basics
import Foundation

/// Options given in one place: on the command line, or in one recipe file.
public struct RecipeLayer: Sendable {
  package struct Setting: Sendable {
    package let option: RecipeOption
    package let value: RecipeValue
    package let place: RecipePlace
  }

  /// In the order they were given.
  package let settings: [Setting]

  package init(settings: [Setting]) { self.settings = settings }

  /// The keys that a recipe file may hold for `tickets compare`, beside the options.
  package static let comparisonKeys = ["seeds", "baseline", "vary", "domains", "variants"]

  /// The options given on the command line; relative paths start from the current folder.
  ///
  /// - Parameter given: option names with their values, in the order of the table; an option
  ///   without values was not given.
  public static func commandLine(_ given: [(name: String, values: [String])]) -> RecipeLayer {
    let folder = FileManager.default.currentDirectoryPath
    return RecipeLayer(
      settings: given.compactMap { name, values in
        guard let last = values.last else { return nil }
        guard let option = RecipeOption.named(name) else {
          preconditionFailure("no option is called \(name)")
        }
        return Setting(
          option: option,
          value: values.count == 1 ? .text(last) : .list(values.map { .text($0) }),
          place: RecipePlace(name: "--\(name)", folder: folder))
      })
  }

  /// The options in the recipe file at `path`, YAML or JSON; relative paths start from its folder.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it cannot be read, `badData` if it is no YAML
  ///   mapping, `usage` naming file and line of a key that no option has.
  public static func file(_ path: String) throws -> RecipeLayer {
    try file(path, besides: []).layer
  }

  /// The options in the recipe file at `path`, and what stands there under the keys `others`.
  ///
  /// - Throws: as `file(_:)`.
  package static func file(
    _ path: String, besides others: [String]
  ) throws -> (layer: RecipeLayer, others: [(key: String, value: RecipeValue, place: RecipePlace)])
  {
    let here = FileManager.default.currentDirectoryPath
    let file = RecipePlace.absolute(path, from: here)
    let folder = String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)])
    var settings: [Setting] = []
    var found: [(key: String, value: RecipeValue, place: RecipePlace)] = []
    for entry in try RecipeYAML.entries(Files.read(path, limit: RecipeYAML.byteLimit), of: path) {
      let place = RecipePlace(name: "\(path):\(entry.line): \(entry.key)", folder: folder)
      if let option = RecipeOption.named(entry.key) {
        settings.append(Setting(option: option, value: entry.value, place: place))
      } else if others.contains(entry.key) {
        found.append((entry.key, entry.value, place))
      } else {
        throw Failure(
          .usage,
          "\(path):\(entry.line): '\(entry.key)' is no option of a recipe"
            + (comparisonKeys.contains(entry.key)
              ? "; it is one of 'tickets compare'"
              : didYouMean(entry.key, among: RecipeOption.all.map(\.name) + others)))
      }
    }
    return (RecipeLayer(settings: settings), found)
  }

  /// Every option as `recipe` has it.
  package static func whole(_ recipe: Recipe) -> RecipeLayer {
    RecipeLayer(
      settings: RecipeOption.all.map {
        Setting(
          option: $0, value: $0.value(in: recipe),
          place: RecipePlace(name: "--\($0.name)", folder: "/"))
      })
  }

  /// Whether it has a value for the option `name`.
  func gives(_ name: String) -> Bool { settings.contains { $0.option.name == name } }

  /// Stores every setting in `recipe`.
  package func apply(to recipe: inout Recipe) throws {
    for setting in settings {
      try setting.option.set(setting.value, in: &recipe, at: setting.place)
    }
  }
}
