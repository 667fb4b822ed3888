import Basics
import Foundation
import Masks
import Pruning
import Recipes

/// The rounds of one task's pruning as files: a ticket a round, and `rounds.json` with the scores
/// of the finished ones.
///
/// A round's ticket is written before the round that made it counts as finished, so that after a
/// kill either the round is repeated or its ticket is there.
package struct TicketRounds {
  private let run: RunDirectory
  private let task: String
  private let recipe: Recipe
  private let origin: [UInt8]
  private let resultsPath: String

  /// The rounds of `task`, whose tickets belong to the run's θ⁰.
  package init(_ run: RunDirectory, task: String, recipe: Recipe) throws {
    self.run = run
    self.task = task
    self.recipe = recipe
    origin = try Digest.sha256(file: run.theta0)
    resultsPath = try run.path("tickets", task, "rounds.json")
  }

  /// The rounds finished so far.
  package func results() throws -> [RoundResult] {
    guard FileManager.default.fileExists(atPath: resultsPath) else { return [] }
    do {
      return try JSONDecoder().decode(
        [RoundResult].self, from: Files.read(resultsPath, limit: 1 << 24))
    } catch let failure as Failure {
      throw failure
    } catch {
      throw Failure(.badData, "\(resultsPath): is damaged; remove tickets/\(task) to start again")
    }
  }

  /// What the pruning loop goes on from and keeps its rounds in.
  package func store() throws -> IterativePruning.Store {
    let results = try results()
    let next = try run.ticket(task: task, round: results.count)
    let masks =
      FileManager.default.fileExists(atPath: next) ? try ticket(at: next).masks : nil
    let isFinished = results.count > recipe.rounds
    guard masks != nil || results.isEmpty || isFinished else { throw missing(next) }
    return IterativePruning.Store(
      results: results, masks: masks,
      saveMasks: { round, masks in
        try ticket(round, masks, score: nil).write(to: run.ticket(task: task, round: round))
      },
      saveResult: { result in
        let path = try run.ticket(task: task, round: result.round)
        let masks = try ticket(at: path).masks
        try ticket(result.round, masks, score: result.score).write(to: path)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try Files.writeAtomically(encoder.encode(try self.results() + [result]), to: resultsPath)
      })
  }

  /// The masks of round 0 if they are kept already: a resumed pruning starts from nothing else.
  package func startMasks() throws -> MaskSet? {
    let path = try run.ticket(task: task, round: 0)
    return FileManager.default.fileExists(atPath: path) ? try ticket(at: path).masks : nil
  }

  /// Makes the ticket of `round` the task's.
  package func keep(_ round: Int) throws {
    let path = try run.ticket(task: task, round: round)
    try Files.writeAtomically(
      Files.read(path, limit: Ticket.Limits.file), to: run.chosenTicket(task: task))
  }

  private func ticket(_ round: Int, _ masks: MaskSet, score: Double?) -> Ticket {
    Ticket(
      task: task, round: round, criterion: recipe.criterion.rawValue,
      scope: recipe.scope.rawValue, devScore: score, origin: origin, masks: masks)
  }

  private func ticket(at path: String) throws -> Ticket {
    let ticket = try Ticket(contentsOf: path)
    guard ticket.origin == origin else {
      throw Failure(.badData, "\(path): belongs to other weights than \(run.theta0)")
    }
    return ticket
  }

  private func missing(_ path: String) -> Failure {
    Failure(.missingInput, "\(path): is gone; remove tickets/\(task) to prune the task again")
  }
}
