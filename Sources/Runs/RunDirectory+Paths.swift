import Basics
import Foundation
import Recipes
import Sharing

extension RunDirectory {
  /// Keeps the tasks' paths that the warm-up's search found.
  func write(paths: [String: [Int]]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try SealedJSON.write(encoder.encode(paths), to: warmupPaths)
  }

  /// The recipe of networks that tickets are subnets of: with the paths that the warm-up's search
  /// found, if it was a search.
  ///
  /// - Throws: `Failure` of kind `missingInput` if the warm-up is not finished, `badData` if the file
  ///   of the paths is damaged.
  package func subnetRecipe() throws -> Recipe {
    guard recipe.searches(recipe.baseArchitecture) else { return recipe }
    try requireWarmup()
    guard FileManager.default.fileExists(atPath: warmupPaths) else {
      throw Failure(
        .missingInput,
        "\(warmupPaths): is gone; restore it, or remove \(warmupWeights) and warm up again")
    }
    let bytes = try SealedJSON.read(warmupPaths, limit: 1 << 20)
    var fixed = recipe
    guard let found = try? JSONDecoder().decode([String: [Int]].self, from: bytes),
      Set(found.keys) == Set(recipe.tasks.map(\.name)),
      found.values.allSatisfy({ path in
        (1...recipe.modules.pathLength).contains(path.count)
          && path.allSatisfy((1...recipe.modules.modules).contains)
      })
    else {
      throw Failure(
        .badData,
        "\(warmupPaths): does not hold a path through the pool for every task; warm up again in a "
          + "new folder")
    }
    fixed.modules.paths = recipe.tasks.map { TaskPath(task: $0.name, modules: found[$0.name]!) }
    return fixed
  }

  /// Where weights trained with tickets note the paths that the search found.
  static let pathsKey = "paths"

  /// Those paths as the option has them; nil if none were searched for.
  func searchedPaths() throws -> String? {
    guard recipe.searches(recipe.baseArchitecture) else { return nil }
    return try subnetRecipe().modules.paths.map(\.text).joined(separator: ",")
  }

  /// Checks that the weights in `file` were trained on the paths that the search found.
  ///
  /// - Throws: `Failure` of kind `badData` if they were not.
  func requirePaths(of file: SafeTensors) throws {
    guard let own = try searchedPaths(), let trained = file.metadata[Self.pathsKey], trained != own
    else { return }
    throw Failure(
      .badData, "\(warmupPaths): has the paths \(own), but \(file.path) was trained on \(trained)")
  }
}
