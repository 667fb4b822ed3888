import Foundation
import Masks
import Recipes
import Runs
import Sharing

extension RunDirectory {
  /// Whether every task of the run keeps a ticket.
  var isPruned: Bool {
    get throws {
      try recipe.tasks.allSatisfy {
        FileManager.default.fileExists(atPath: try chosenTicket(task: $0.name))
      }
    }
  }

  /// How far the tickets that the run's tasks keep overlap, its parts named by the network itself.
  ///
  /// Whether they belong to θ⁰ is not looked at, but that all belong to the same weights.
  ///
  /// - Throws: `Failure` of kind `missingInput` naming a task that is not pruned yet, `badData` if
  ///   tickets belong to different weights.
  public func overlap() throws -> Overlap {
    let tickets = try comparableTickets(recipe)
    let vocabulary = try readVocabulary()
    // Places do not depend on weights: without a seed nothing is drawn.
    let network = try subnetRecipe().makeNetwork(
      recipe.baseArchitecture, recipe.networkShape(vocabulary), recipe.taskShapes(vocabulary),
      seed: nil)
    return try Overlap(of: tickets.map { ($0.task, $0) }, places: network.places)
  }
}
