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
  /// Prunes the tasks called `names`, side by side as far as there are jobs; unless tasks decide
  /// together, a task's ticket is the same whatever else is pruned beside it.
  ///
  /// - Throws: `Failure` of kind `usage` if it cannot be carried out, `missingInput` if a task is
  ///   left out that others have to follow.
  public func prune(tasks names: [String]) throws {
    let indices = try unpruned(names)
    // A kill may have left it there.
    for name in names where try !indices.contains(recipe.index(ofTask: name)) {
      try remove(run.pruneCheckpoint(task: name))
    }
    guard !indices.isEmpty else { return }
    try begin(recipe.workPlan(pruning: names))
    if recipe.masks.agreement != nil {
      let isDone = { try self.unpruned(names).isEmpty }
      return try holding(.prune(task: nil), unless: isDone) { try pruneTogether(names) }
    }
    if recipe.masks.combine == .exclude {
      try requireRoom()
      // Each from what those before it have left.
      for index in indices.sorted() {
        try requirePredecessors(of: index)
        try pruneApart([index])
      }
    } else {
      try pruneApart(indices)
    }
  }

  private func pruneApart(_ indices: [Int]) throws {
    // A plan that cannot be is refused before θ⁰ fixes the options.
    let starts = try indices.map(startMasks)
    for start in starts { _ = try plan(start) }
    let theta0 = try theta0()
    try warnOfForeignStart()
    _ = try Parallel.map(indices.count, jobs: resources.jobs) { [self] i, circumstances in
      try prune(indices[i], theta0, starts[i], circumstances)
    }
  }

  /// Checks that the tasks called `names` can be pruned now, without changing anything.
  ///
  /// - Throws: as `prune`.
  public func checkPruning(tasks names: [String]) throws {
    try requireCompany(names)
    try requireStart()
    guard recipe.masks.combine == .exclude else { return }
    let asked = try Set(names.map(recipe.index(ofTask:)))
    for index in asked where !(0..<index).allSatisfy(asked.contains) {
      try requirePredecessors(of: index)
    }
  }

  /// Checks that tasks which decide together are pruned together.
  func requireCompany(_ names: [String]) throws {
    guard recipe.masks.agreement != nil, Set(names) != Set(tasks.map(\.name)) else { return }
    throw Failure(
      .usage, setting: "task", value: names.joined(separator: ","),
      "tasks that decide together are pruned together; use all")
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
  ///
  /// - Throws: `Failure` of kind `usage` if it cannot be carried out.
  public func pruningPlan(tasks names: [String]) throws -> String {
    try requireCompany(names)
    if recipe.masks.combine == .exclude { try requireRoom() }
    let known = try names.filter { try missingPredecessor(of: recipe.index(ofTask: $0)) == nil }
    let starts = try known.map { try startMasks(recipe.index(ofTask: $0)) }
    let different = starts.uniqued()
    let later = names.filter { !known.contains($0) }
      .map { "\n\($0): prunes what the tasks before it leave" }.joined()
    return try different.map { start in
      let plan = try pruningPlan(start)
      guard different.count > 1 else { return plan }
      let own = zip(known, starts).filter { $0.1 == start }.map(\.0)
      return own.joined(separator: ", ") + ":\n" + plan
    }.joined(separator: "\n") + later
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
    return table(rows)
      + "\nalive weights (density) \(recipe.masks.agreement == .union ? "of the union " : "")by round: "
      + rounds.joined(separator: ", ")
  }

  private func unpruned(_ names: [String]) throws -> [Int] {
    try names.map(recipe.index(ofTask:)).filter { index in
      let ticket = try run.chosenTicket(task: tasks[index].name)
      return !FileManager.default.fileExists(atPath: ticket)
    }
  }

  func plan(_ start: MaskSet) throws -> PruningPlan {
    try PruningPlan(
      start: start.aliveCount, prunable: start.prunableCount, settings: recipe.pruning,
      setting: recipe.masks.agreement == .union ? "union-density" : "density")
  }

  /// The first task before `index` that has no ticket yet, if its own must not meet theirs.
  private func missingPredecessor(of index: Int) throws -> String? {
    guard recipe.masks.combine == .exclude else { return nil }
    return try tasks[..<index].map(\.name).first {
      try !FileManager.default.fileExists(atPath: run.chosenTicket(task: $0))
    }
  }

  private func requirePredecessors(of index: Int) throws {
    guard let missing = try missingPredecessor(of: index) else { return }
    throw Failure(
      .missingInput,
      "task \(tasks[index].name) prunes what those before it leave, and \(missing) has no ticket yet; "
        + "prune it first")
  }

  /// Checks that tickets that exclude each other fit into what is alive at the start, before a task
  /// is pruned for long whose followers cannot be.
  private func requireRoom() throws {
    let starts = try tasks.indices.map(freeStartMasks)
    let wanted = try starts.reduce(0) { try $0 + plan($1).alive.last! }
    let room = try MaskSet.union(of: starts).aliveCount
    guard wanted < room else {
      throw Failure(
        .usage, setting: "density", value: "\(recipe.density)",
        "\(tasks.count) disjoint tickets have \(wanted) weights, not fewer than the \(room) alive "
          + "at the start")
    }
  }

  func warnOfForeignStart() throws {
    guard let path = recipe.startTicket,
      try Ticket(contentsOf: path).origin != Digest.sha256(file: run.theta0)
    else { return }
    try say("warning: the start ticket \(path) belongs to other weights than \(run.theta0)")
  }

  /// The masks of round 0 of task `index`, over the prunable tensors that it reads; without the
  /// tickets of the tasks before it where they exclude each other.
  func startMasks(_ index: Int) throws -> MaskSet {
    let start = try freeStartMasks(index)
    guard recipe.masks.combine == .exclude else { return start }
    return try tasks[..<index].reduce(start) { left, earlier in
      try left.subtracting(Ticket(contentsOf: run.chosenTicket(task: earlier.name)).masks)
    }
  }

  private func freeStartMasks(_ index: Int) throws -> MaskSet {
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
    let isDone = { try self.unpruned([task]).isEmpty }
    try holding(.prune(task: task), unless: isDone) {
      try pruneAlone(index, theta0, given, circumstances)
    }
  }

  private func pruneAlone(
    _ index: Int, _ theta0: Weights, _ given: MaskSet, _ circumstances: Parallel.Circumstances
  ) throws {
    let rounds = try rounds(of: index)
    let start = try rounds.masks(of: 0) ?? given
    let results = try pruning(of: index, from: theta0, circumstances).run(
      plan(start).alive, start: start, store: rounds.store())
    guard let best = recipe.roundChoice.choose(results) else {
      throw Failure(.internal, "task \(tasks[index].name): no round was pruned")
    }
    try keep(best, of: index, rounds, prunable: start.prunableCount)
  }

  /// The rounds of task `index`, whose folder is there.
  func rounds(of index: Int) throws -> TicketRounds {
    try Files.makeFolder(run.path("tickets", tasks[index].name))
    return try TicketRounds(
      run, task: tasks[index].name, recipe: recipe, fitting: freeStartMasks(index))
  }

  /// Makes the ticket of the round `best` task `index`'s, and removes what its pruning needed.
  func keep(_ best: RoundResult, of index: Int, _ rounds: TicketRounds, prunable: Int) throws {
    let task = tasks[index].name
    try rounds.forgetWork(upTo: recipe.pruning.prunings)
    try rounds.keep(best.round)
    try remove(run.pruneCheckpoint(task: task))
    let density = fixed(Double(best.alive) / Double(prunable), 3)
    try say("\(task): the ticket of round \(best.round) is kept (density \(density))")
  }

  /// The pruning of task `index`, its work done as the recipe says.
  func pruning(
    of index: Int, from theta0: Weights, _ circumstances: Parallel.Circumstances
  ) throws -> IterativePruning {
    let task = tasks[index].name
    let checkpoint = try run.pruneCheckpoint(task: task)
    let rounds = try rounds(of: index)
    let network = try network(recipe.baseArchitecture, alone: index, isSubnet: true)
    func job(_ round: Int, _ subnet: any SharingNetwork) throws -> Job {
      let weights = subnet.prunable
      let alive = weights.reduce(0) { $0 + ($1.alive?.mask.aliveCount ?? $1.elementCount) }
      let density = Double(alive) / Double(weights.reduce(0) { $0 + $1.elementCount })
      return Job(
        stage: "prune", task: task, round: round, density: density,
        label: "\(task) round \(round)/\(recipe.pruning.prunings) (density \(fixed(density, 3)))",
        checkpoint: checkpoint)
    }
    let streams = { (round: Int) in "prune \(task) round \(round)" }
    return IterativePruning(
      network, from: theta0, source: run.theta0, settings: recipe.pruning, seed: recipe.seed,
      execution: recipe.execution,
      work: .init(
        train: { [self] round, subnet in
          subnet.activate(task: 0)
          var job = try job(round, subnet)
          if recipe.masks.schedule == .gradual {
            job.optimizer = (
              round > 0 ? try rounds.optimizer(after: round - 1) : nil,
              round < recipe.pruning.lastAtWork
                ? (
                  try run.roundOptimizer(task: task, round: round),
                  recipe.roundIdentity(task: task, round, "optimizer")
                ) : nil
            )
          }
          let trainer = try train(
            subnet, tasks: [index],
            settings: recipe.training(round: round, threads: circumstances.threads),
            streams: streams(round), job, circumstances)
          return (trainer.bestEpoch, trainer.bestScores[0])
        },
        measure: { [self] round, subnet in
          subnet.activate(task: 0)
          return try measure(
            subnet, task: index, streams: streams(round), job(round, subnet), circumstances)
        }))
  }
}
