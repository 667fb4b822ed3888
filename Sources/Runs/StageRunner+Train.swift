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
  /// Where weights trained with tickets note the SHA-256 of their θ⁰, and that of all its masks.
  static let originKey = "theta0", ticketsKey = "tickets"

  /// Trains the architectures called `names`.
  ///
  /// - Throws: `Failure` of kind `usage` if there is none of a name.
  public func train(sharing names: [String]) throws {
    let architectures = try names.map(Architecture.existing)
    try begin(recipe.workPlan(training: architectures.map(recipe.trainingUnits)))
    for architecture in architectures { try train(architecture) }
  }

  /// Trains `architecture`; where it trains tasks alone, side by side.
  func train(_ architecture: Architecture) throws {
    let units = recipe.trainingUnits(of: architecture)
    try begin(recipe.workPlan(training: [units]))
    guard units.count > 1 else { return try train(units[0], alone) }
    _ = try Parallel.map(units.count, jobs: resources.jobs) { [self] index, circumstances in
      try train(units[index], circumstances)
    }
  }

  /// Trains `unit` and nothing beside it.
  func train(_ unit: TrainingUnit) throws { try train(unit, alone) }

  private func train(_ unit: TrainingUnit, _ circumstances: Parallel.Circumstances) throws {
    let part = RunUnit.train(unit.architecture.name, task: unit.task)
    let isDone = { [run] in run.isTrained(unit) }
    try holding(part, unless: isDone) { try trainAlone(unit, circumstances) }
    // A kill may have left them there.
    if recipe.fineTunes(unit) { try removeFineTuning(of: unit) }
    try remove(run.checkpoint(of: unit))
  }

  private func trainAlone(_ unit: TrainingUnit, _ circumstances: Parallel.Circumstances) throws {
    let checkpoint = try run.checkpoint(of: unit)
    guard recipe.fineTunes(unit) else {
      return try train(unit, circumstances, to: run.weights(of: unit), unit.identity)
    }
    let found = try run.searchWeights(of: unit)
    if FileManager.default.fileExists(atPath: found) {
      try remove(checkpoint)
    } else {
      try train(unit, circumstances, to: found, unit.searchIdentity)
    }
    try fineTune(unit, from: found)
  }

  /// Trains `unit` and writes its weights, as those of `identity`, to `path`.
  private func train(
    _ unit: TrainingUnit, _ circumstances: Parallel.Circumstances, to path: String,
    _ identity: WeightsIdentity
  ) throws {
    let checkpoint = try run.checkpoint(of: unit)
    let network = try network(unit.architecture, alone: unit.alone)
    var metadata = identity.metadata
    var trained = network
    switch unit.start {
    case .initialisation: break
    case .warmup: try warmedUp().load(into: network.parameters, from: run.warmupWeights)
    case .tickets:
      let tickets = try run.chosenTickets(recipe)
      let masks = try run.masks(of: unit, from: tickets, fitting: network)
      metadata[Self.originKey] = Digest.hex(tickets[0].origin)
      metadata[Self.ticketsKey] = masks.digest
      // What no task has is dead: it is zero from the start.
      try Pruner.rewind(
        network.parameters, to: theta0(), masks: MaskSet.union(of: masks), from: run.theta0)
      trained = try SparseSharing(network, masks: masks, execution: recipe.execution)
      metadata[RunDirectory.pathsKey] = try run.searchedPaths()
    }
    if let encoder = unit.encoder {
      trained = try encoder.put(into: network, execution: recipe.execution)
      metadata["encoder"] = encoder.origin
    }
    try run.freeze(.train, .warmup)
    try Files.makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    let epochs = recipe.epochs + recipe.warmupEpochs - (unit.warmupEpochs ?? 0)
    var job = Job(stage: unit.stage, task: unit.task, label: unit.label, checkpoint: checkpoint)
    if recipe.snapshots > 0, unit.tasks.count > 1 {
      job.trajectory = try Trajectory(
        run.trajectory(of: unit), size: recipe.snapshots, seed: recipe.seed)
    }
    let trainer = try train(
      trained, tasks: unit.tasks, epochs: epochs, streams: "train", job, circumstances)
    metadata["epoch"] = "\(trainer.bestEpoch)"
    try Weights(of: network.parameters).write(to: path, metadata: metadata)
    try remove(checkpoint)
    let scores = zip(trained.tasks, trainer.bestScores).map { "\($0.name) \(percent($1))" }
    try say(
      "\(unit.label): epoch \(trainer.bestEpoch) is best on dev: "
        + scores.joined(separator: ", "))
  }
}

extension RunDirectory {
  /// The tickets the tasks of `recipe` keep, in its order.
  ///
  /// - Parameter origin: the SHA-256 of the run's θ⁰; nil to compute it.
  /// - Throws: `Failure` of kind `missingInput` naming a task that is not pruned yet, `badData`
  ///   if a ticket belongs to other weights than the run's θ⁰.
  public func chosenTickets(_ recipe: Recipe, origin: [UInt8]? = nil) throws -> [Ticket] {
    let tickets = try recipe.tasks.map { try keptTicket(of: $0.name) }
    let origin = try origin ?? theta0Digest()
    for (task, ticket) in zip(recipe.tasks, tickets) where ticket.origin != origin {
      throw try foreign(task.name)
    }
    return tickets
  }

  /// The masks of `unit`, whose `network` it is, from the run's `tickets`.
  ///
  /// - Throws: `Failure` of kind `badData` if a ticket has other tensors than its task reads.
  func masks(
    of unit: TrainingUnit, from tickets: [Ticket], fitting network: any SharingNetwork
  ) throws -> [MaskSet] {
    try unit.tasks.enumerated().map { own, index in
      let masks = tickets[index].masks
      if let difference = OneTask(own, of: network).allAlive.layoutDifference(masks) {
        throw Failure(
          .badData,
          "\(try chosenTicket(task: tickets[index].task)): is no ticket of what its task reads: "
            + difference)
      }
      return masks
    }
  }

  private func foreign(_ task: String) throws -> Failure {
    Failure(
      .badData, "\(try chosenTicket(task: task)): belongs to other weights than \(theta0)")
  }

  /// The ticket that the task called `name` of the run keeps.
  ///
  /// - Throws: `Failure` of kind `usage` if there is no such task, else as `chosenTickets`.
  func ticket(for name: String) throws -> Ticket {
    guard recipe.tasks.contains(where: { $0.name == name }) else {
      throw Failure(
        .usage, setting: "ticket", value: name,
        "the run has the tasks " + recipe.tasks.map(\.name).joined(separator: ", "))
    }
    let ticket = try keptTicket(of: name)
    guard try ticket.origin == theta0Digest() else { throw try foreign(name) }
    return ticket
  }

  /// The tickets the tasks of `recipe` keep, to be compared with each other: whether they belong
  /// to θ⁰ is not looked at, but that all belong to the same weights.
  ///
  /// - Throws: as `chosenTickets`.
  public func comparableTickets(_ recipe: Recipe) throws -> [Ticket] {
    let first = try keptTicket(of: recipe.tasks[0].name)
    return try chosenTickets(recipe, origin: first.origin)
  }

  /// The ticket that `task` keeps, which fits its rounds.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it has none yet, `badData` if it is damaged or not
  ///   that of a round.
  package func keptTicket(of task: String) throws -> Ticket {
    let ticket = try Ticket(contentsOf: requireTicket(of: task))
    try requireKept(ticket, by: task)
    return ticket
  }

  /// The SHA-256 of θ⁰, to which the tickets belong.
  ///
  /// - Throws: `Failure` of kind `missingInput` that says how to go on if it is gone.
  func theta0Digest() throws -> [UInt8] {
    guard FileManager.default.fileExists(atPath: theta0) else {
      throw Failure(
        .missingInput,
        "\(theta0): is gone, and the tickets belong to it; restore it, or remove \(path)/tickets and "
          + "prune again, which makes it anew from the warm-up")
    }
    return try Digest.sha256(file: theta0, check: Interrupt.check)
  }

  private func requireTicket(of task: String) throws -> String {
    let path = try chosenTicket(task: task)
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure(
        .missingInput,
        "\(self.path): task \(task) has no ticket yet; "
          + "run 'tickets prune \(self.path) --task \(task)' first")
    }
    return path
  }
}
