import Basics
import Foundation
import Masks
import Pruning
import Recipes
import Sharing
import Tensors
import Training

extension StageRunner {
  /// Prunes all tasks round by round, each round's weights chosen by all together.
  ///
  /// A round's work is kept task by task, and the next tickets are written once all have done it, so
  /// that it goes on after a kill wherever it was.
  ///
  /// - Throws: `Failure` of kind `usage` if `names` are not all tasks, or the tasks read different
  ///   tensors.
  func pruneTogether(_ names: [String]) throws {
    guard let agreement = recipe.masks.agreement else { return }
    try requireCompany(names)
    let given = try tasks.indices.map(startMasks)
    for (task, start) in zip(tasks, given) {
      if let difference = given[0].layoutDifference(start) {
        throw Failure(
          .usage, setting: "combine", value: recipe.masks.combine.rawValue,
          "tasks \(tasks[0].name) and \(task.name) do not read the same tensors: \(difference)")
      }
    }
    let plan = try plan(given[0])
    let theta0 = try theta0()
    try warnOfForeignStart()
    let rounds = try tasks.indices.map(rounds)
    let done = try rounds.map { try $0.results().count }
    if done.max()! - done.min()! > 1 {
      throw Failure(
        .missingInput,
        "\(run.path): tasks that decide together have done different numbers of rounds; remove its "
          + "folder tickets to start again")
    }
    for round in plan.alive.indices {
      _ = try Parallel.map(tasks.count, jobs: resources.jobs) { [self] task, circumstances in
        try work(
          round, of: task, rounds[task], start: given[task], isLast: round + 1 == plan.alive.count,
          theta0, circumstances, size: plan.alive)
      }
      if round + 1 < plan.alive.count {
        try decide(round + 1, keeping: plan.alive[round + 1], agreement, rounds)
      }
    }
    let results = try rounds.map { try $0.results() }
    guard let best = recipe.roundChoice.choose(Self.means(results)) else {
      throw Failure(.internal, "no round was pruned")
    }
    for task in tasks.indices {
      try keep(
        results[task][best.round], of: task, rounds[task], prunable: given[task].prunableCount)
    }
  }

  /// Does round `round` of task `task`, unless it is done, and keeps what its weights are worth.
  private func work(
    _ round: Int, of task: Int, _ rounds: TicketRounds, start: MaskSet, isLast: Bool,
    _ theta0: Weights, _ circumstances: Parallel.Circumstances, size: [Int]
  ) throws {
    guard try rounds.results().count == round else { return }
    let store = try rounds.store()
    let ticket = store.next ?? (start, nil)
    if round == 0 { try store.saveTicket(0, ticket.masks, nil) }
    let done = try pruning(of: task, from: theta0, circumstances).round(
      round, ticket, keeping: isLast ? nil : min(size[round + 1], ticket.masks.aliveCount), store)
    if !isLast, let saliency = done.saliency {
      try rounds.save(saliency, ticket.masks, of: round)
    }
    try store.saveResult(done.result)
  }

  /// Writes the tickets of round `round` of all tasks, unless they are there.
  private func decide(
    _ round: Int, keeping count: Int, _ agreement: Agreement, _ rounds: [TicketRounds]
  ) throws {
    guard try rounds.contains(where: { try $0.masks(of: round) == nil }) else { return }
    let masks = try zip(tasks, rounds).map { task, rounds in
      guard let masks = try rounds.masks(of: round - 1) else {
        throw Failure(
          .missingInput,
          "tickets/\(task.name): round \(round - 1) is gone; remove tickets to start again"
        )
      }
      return masks
    }
    let worth = try zip(rounds, masks).map {
      try $0.saliency(of: round - 1, $1, order: recipe.criterion.order)
    }
    let kept = try agreement.keep(count, of: worth, masks: masks, scope: recipe.scope)
    // What scores were learned for is each task's own choice, which this is not.
    for (rounds, masks) in zip(rounds, kept) { try rounds.save(round, masks, score: nil) }
    for rounds in rounds { try rounds.forgetSaliency(of: round - 1) }
  }

  /// The means over tasks of what rounds came to.
  private static func means(_ results: [[RoundResult]]) -> [RoundResult] {
    results[0].indices.map { round in
      let own = results.map { $0[round] }
      let scores = own.compactMap(\.score)
      return RoundResult(
        round: round, alive: own[0].alive,
        score: scores.isEmpty ? nil : scores.reduce(0, +) / Double(scores.count), bestEpoch: 0)
    }
  }
}
