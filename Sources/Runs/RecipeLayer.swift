import Basics
import Foundation

/// Options given in one place: on the command line, or in one recipe file.
public struct RecipeLayer: Sendable {
  struct Setting: Sendable {
    let option: RecipeOption
    let value: RecipeValue
    let place: RecipePlace
  }

  /// In the order they were given.
  let settings: [Setting]

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
    let here = FileManager.default.currentDirectoryPath
    let file = RecipePlace.absolute(path, from: here)
    let folder = String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)])
    return RecipeLayer(
      settings: try RecipeYAML.entries(Files.read(path, limit: RecipeYAML.byteLimit), of: path)
        .map { entry in
          guard let option = RecipeOption.named(entry.key) else {
            throw Failure(
              .usage,
              "\(path):\(entry.line): '\(entry.key)' is no option of a recipe"
                + didYouMean(entry.key, among: RecipeOption.all.map(\.name)))
          }
          return Setting(
            option: option, value: entry.value,
            place: RecipePlace(name: "\(path):\(entry.line): \(entry.key)", folder: folder))
        })
  }

  /// Stores every setting in `recipe`.
  func apply(to recipe: inout Recipe) throws {
    for setting in settings {
      try setting.option.set(setting.value, in: &recipe, at: setting.place)
    }
  }
}
