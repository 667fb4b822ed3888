import Basics
import Figures
import Foundation
import Masks
import Pruning
import Recipes
import Sharing
import Tensors
import Training

extension StageRunner {
  /// Prunes the tasks called `names`, side by side as far as there are jobs; a task's ticket is
  /// the same whatever else is pruned beside it.
  public func prune(tasks names: [String]) throws {
    let indices = try unpruned(names)
    // A kill may have left it there.
    for name in names where try !indices.contains(recipe.index(ofTask: name)) {
      try remove(run.pruneCheckpoint(task: name))
    }
    guard !indices.isEmpty else { return }
    // A plan that cannot be is refused before θ⁰ fixes the options.
    let starts = try indices.map(startMasks)
    for start in starts { _ = try plan(start) }
    let theta0 = try theta0()
    try warnOfForeignStart()
    _ = try Parallel.map(indices.count, jobs: resources.jobs) { [self] i, circumstances in
      try prune(indices[i], theta0, starts[i], circumstances)
    }
  }

  /// Shows the plan of pruning the tasks called `names`, unless all have their tickets.
  ///
  /// - Throws: `Failure` of kind `usage` if it cannot be carried out.
  func announcePruning(tasks names: [String]) throws {
    // Before a search there is nothing to plan on.
    let isKnown =
      !recipe.searches(recipe.baseArchitecture)
      || FileManager.default.fileExists(atPath: run.warmupWeights)
    if isKnown, try !unpruned(names).isEmpty { try say(pruningPlan(tasks: names)) }
  }

  /// What pruning the tasks called `names` will do, before it does it: every tensor, then alive
  /// weights by round. Tasks that read different tensors have plans of their own.
  public func pruningPlan(tasks names: [String]) throws -> String {
    let starts = try names.map { try startMasks(recipe.index(ofTask: $0)) }
    let different = starts.uniqued()
    return try different.map { start in
      let plan = try pruningPlan(start)
      guard different.count > 1 else { return plan }
      let own = zip(names, starts).filter { $0.1 == start }.map(\.0)
      return own.joined(separator: ", ") + ":\n" + plan
    }.joined(separator: "\n")
  }

  private func pruningPlan(_ start: MaskSet) throws -> String {
    let plan = try plan(start)
    let last = plan.alive.last!
    let targets =
      recipe.scope == .layer
      ? Selection.quotas(last, over: start.entries.map(\.mask.aliveCount)).map(String.init)
      : start.entries.map { _ in "by threshold" }
    var rows = [["tensor", "shape", "alive", "target"]]
    for (entry, target) in zip(start.entries, targets) {
      rows.append([
        entry.name, entry.shape.map(String.init).joined(separator: "×"),
        "\(entry.mask.aliveCount)", target,
      ])
    }
    rows.append(["all (\(recipe.scope.rawValue))", "", "\(start.aliveCount)", "\(last)"])
    let rounds = plan.alive.enumerated().map { round, alive in
      "\(round): \(alive) (\(fixed(Double(alive) / Double(start.prunableCount), 3)))"
    }
    return table(rows) + "\nalive weights (density) by round: " + rounds.joined(separator: ", ")
  }

  private func unpruned(_ names: [String]) throws -> [Int] {
    try names.map(recipe.index(ofTask:)).filter { index in
      let ticket = try run.chosenTicket(task: tasks[index].name)
      return !FileManager.default.fileExists(atPath: ticket)
    }
  }

  private func plan(_ start: MaskSet) throws -> PruningPlan {
    try PruningPlan(
      start: start.aliveCount, prunable: start.prunableCount, settings: recipe.pruning)
  }

  private func warnOfForeignStart() throws {
    guard let path = recipe.startTicket,
      try Ticket(contentsOf: path).origin != Digest.sha256(file: run.theta0)
    else { return }
    try say("warning: the start ticket \(path) belongs to other weights than \(run.theta0)")
  }

  /// The masks of round 0 of task `index`, over the prunable tensors that it reads.
  private func startMasks(_ index: Int) throws -> MaskSet {
    let network = try run.subnetRecipe().makeNetwork(
      recipe.baseArchitecture, shape, tasks, alone: index, seed: nil)
    guard let path = recipe.startTicket else { return network.allAlive }
    let ticket = try Ticket(contentsOf: path)
    do {
      try network.allAlive.requireLayout(of: ticket.masks)
    } catch let failure as Failure {
      throw Failure(
        failure.kind, setting: "start-ticket", value: path,
        "does not fit the run; \(failure.message)")
    }
    return ticket.masks
  }

  private func prune(
    _ index: Int, _ theta0: Weights, _ given: MaskSet, _ circumstances: Parallel.Circumstances
  ) throws {
    let task = tasks[index].name
    try Files.makeFolder(run.path("tickets", task))
    let rounds = try TicketRounds(run, task: task, recipe: recipe)
    let start = try rounds.startMasks() ?? given
    let plan = try plan(start)
    let network = try network(recipe.baseArchitecture, alone: index, isSubnet: true)
    let checkpoint = try run.pruneCheckpoint(task: task)
    let pruning = IterativePruning(
      plan, settings: recipe.pruning, seed: recipe.seed, execution: recipe.execution)
    let results = try pruning.run(
      network, start: start, theta0: theta0, source: run.theta0, store: rounds.store()
    ) { [self] round, subnet in
      let density = fixed(Double(plan.alive[round]) / Double(start.prunableCount), 3)
      let trainer = try train(
        subnet, tasks: [index], epochs: recipe.roundEpochs,
        streams: "prune \(task) round \(round)",
        Job(
          stage: "prune", task: task, round: round,
          label: "\(task) round \(round)/\(recipe.rounds) (density \(density))",
          checkpoint: checkpoint), circumstances)
      return (trainer.bestEpoch, trainer.bestScores[0])
    }
    guard let best = recipe.select.choose(results) else {
      throw Failure(.internal, "task \(task): no round was pruned")
    }
    try rounds.keep(best.round)
    try remove(checkpoint)
    let density = fixed(Double(best.alive) / Double(start.prunableCount), 3)
    try say("\(task): the ticket of round \(best.round) is kept (density \(density))")
  }
}
