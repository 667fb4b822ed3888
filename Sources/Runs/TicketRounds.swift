import Basics
import Figures
import Foundation
import Masks
import Pruning
import Recipes
import Training

/// The rounds of one task's pruning as files: a ticket a round, and `rounds.json` with the scores
/// of the finished ones.
///
/// A round's ticket, and the weights that the next round starts from if that is no rewinding, are
/// written before the round that made them counts as finished, so that after a kill either the round
/// is repeated or they are there.
package struct TicketRounds {
  private let run: RunDirectory
  private let task: String
  private let recipe: Recipe
  private let origin: [UInt8]
  private let resultsPath: String
  private let layout: MaskSet?

  /// The rounds of `task`, whose tickets belong to the run's θ⁰.
  ///
  /// - Parameter layout: masks over the tensors that the task reads, which tickets must have; nil if
  ///   none is going to be read.
  package init(
    _ run: RunDirectory, task: String, recipe: Recipe, fitting layout: MaskSet? = nil
  ) throws {
    self.run = run
    self.layout = layout
    self.task = task
    self.recipe = recipe
    origin = try run.theta0Digest()
    resultsPath = try run.rounds(of: task)
  }

  /// The rounds finished so far.
  package func results() throws -> [RoundResult] {
    guard let results = try run.readRounds(of: task) else {
      throw Failure(.badData, "\(resultsPath): is damaged; \(wayOut)")
    }
    return results
  }

  /// The rounds finished so far, which say the same as their tickets.
  private func checkedResults() throws -> [RoundResult] {
    let results = try results()
    do {
      try run.requireTickets(of: task, fitting: results)
    } catch let failure as Failure {
      throw failure.adding("; \(wayOut)")
    }
    return results
  }

  /// What the pruning loop goes on from and keeps its rounds in.
  package func store() throws -> IterativePruning.Store {
    let results = try checkedResults()
    let next = try run.ticket(task: task, round: results.count)
    let ticket =
      FileManager.default.fileExists(atPath: next) ? try ticket(at: next, of: results.count) : nil
    let isFinished = results.count > recipe.pruning.prunings
    guard ticket != nil || results.isEmpty || isFinished else { throw missing(next) }
    return IterativePruning.Store(
      results: results, next: ticket.map { ($0.masks, $0.devScore) },
      saveTicket: { round, masks, score in try save(round, masks, score: score) },
      saveResult: { result in
        let path = try run.ticket(task: task, round: result.round)
        try save(
          result.round, self.ticket(at: path, of: result.round).masks, score: result.score)
        let finished = RoundsRecord(rounds: try self.results() + [result])
        try SealedJSON.write(Data(jsonText(finished).utf8), to: resultsPath)
        // What the next round starts from is there; what this one did is needed no more.
        if result.round > 0 { try forgetStart(of: result.round) }
      },
      weights: { round in
        try kept(run.roundWeights(task: task, round: round)) {
          try Weights(
            contentsOf: $0, of: recipe.roundIdentity(task: task, round, "weights"))
        }
      },
      saveWeights: { round, weights in
        try weights.write(
          to: run.roundWeights(task: task, round: round),
          metadata: recipe.roundIdentity(task: task, round, "weights").metadata)
      })
  }

  /// The ticket of `round`; nil if there is none.
  package func masks(of round: Int) throws -> MaskSet? {
    let path = try run.ticket(task: task, round: round)
    return FileManager.default.fileExists(atPath: path)
      ? try ticket(at: path, of: round).masks : nil
  }

  /// Makes the ticket of `round` the task's.
  package func keep(_ round: Int) throws {
    let path = try run.ticket(task: task, round: round)
    try Files.writeAtomically(
      Files.read(path, limit: Ticket.Limits.file), to: run.chosenTicket(task: task))
  }

  /// Keeps the ticket of `round`.
  package func save(_ round: Int, _ masks: MaskSet, score: Double?) throws {
    try Ticket(
      task: task, round: round, criterion: recipe.criterion.rawValue,
      scope: recipe.scope.rawValue, devScore: score, origin: origin, masks: masks
    ).write(to: run.ticket(task: task, round: round))
  }

  /// What the weights of `masks` were worth after `round`, as `save` kept it.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it is gone, `badData` if it does not fit.
  package func saliency(
    of round: Int, _ masks: MaskSet, order: Selection.Order
  ) throws -> Saliency {
    try kept(run.roundSaliency(task: task, round: round)) { path in
      let file = try SafeTensors(contentsOf: path)
      try file.require(recipe.roundIdentity(task: task, round, "scores"))
      let values = try masks.entries.map { entry in
        guard file.entry(entry.name)?.shape == entry.shape else {
          throw Failure(.badData, "\(path): does not fit the ticket of round \(round)")
        }
        return try file.floats(entry.name)
      }
      return Saliency(values, order: order)
    }
  }

  /// Keeps what the weights of `masks` were worth after `round`.
  package func save(_ saliency: Saliency, _ masks: MaskSet, of round: Int) throws {
    try SafeTensors.write(
      zip(masks.entries, saliency.values).map {
        SafeTensors.Tensor($0.name, shape: $0.shape, floats: $1)
      }, metadata: recipe.roundIdentity(task: task, round, "scores").metadata,
      to: run.roundSaliency(task: task, round: round))
  }

  /// What the optimiser held after `round`, in a training that the next round goes on with.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it is gone.
  func optimizer(after round: Int) throws -> SafeTensors {
    try kept(run.roundOptimizer(task: task, round: round)) {
      let file = try SafeTensors(contentsOf: $0)
      try file.require(recipe.roundIdentity(task: task, round, "optimizer"))
      return file
    }
  }

  /// Removes what `round` started from.
  private func forgetStart(of round: Int) throws {
    try forget(run.roundWeights(task: task, round: round - 1))
    try forget(run.roundOptimizer(task: task, round: round - 1))
  }

  /// Removes what weights were worth after `round`.
  package func forgetSaliency(of round: Int) throws {
    try forget(run.roundSaliency(task: task, round: round))
  }

  /// Removes what was kept between rounds up to `last`.
  package func forgetWork(upTo last: Int) throws {
    for round in 0...last {
      try forgetStart(of: round + 1)
      try forgetSaliency(of: round)
    }
  }

  private func forget(_ path: String) throws {
    guard unlink(path) == 0 || errno == ENOENT else {
      throw Failure(.inputOutput, "\(path): cannot be removed (\(systemError()))")
    }
  }

  private func ticket(at path: String, of round: Int) throws -> Ticket {
    let ticket = try Ticket(contentsOf: path)
    do {
      try ticket.requirePlace(path, task: task, round: round)
    } catch let failure as Failure {
      throw failure.adding("; \(wayOut)")
    }
    guard ticket.origin == origin else {
      throw Failure(.badData, "\(path): belongs to other weights than \(run.theta0)")
    }
    if let difference = layout?.layoutDifference(ticket.masks) {
      throw Failure(
        .badData,
        "\(path): is no ticket of what task \(task) reads: \(difference); "
          + wayOut)
    }
    return ticket
  }

  /// What `read` makes of the file at `path`, which was kept between two rounds.
  private func kept<R>(_ path: String, _ read: (String) throws -> R) throws -> R {
    guard FileManager.default.fileExists(atPath: path) else { throw missing(path) }
    do {
      return try read(path)
    } catch let failure as Failure {
      throw failure.adding("; \(wayOut)")
    }
  }

  private func missing(_ path: String) -> Failure {
    Failure(.missingInput, "\(path): is gone; \(wayOut)")
  }

  /// What helps where the rounds cannot go on. Tasks that decide together start again together.
  private var wayOut: String {
    recipe.masks.agreement == nil
      ? "remove tickets/\(task) to prune the task again" : "remove tickets to start again"
  }
}
