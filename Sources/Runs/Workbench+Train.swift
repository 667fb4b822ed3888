import Basics
import Figures
import Foundation
import Masks
import Pruning
import Recipes
import Sharing
import Tensors
import Training

extension Workbench {
  /// Where weights trained with tickets note the SHA-256 of their θ⁰.
  static let originKey = "theta0"

  /// Trains the architecture called `name`; one that trains tasks alone does them side by side.
  public func train(sharing name: String) throws {
    guard let architecture = Architecture.named(name) else {
      throw Failure(
        .usage,
        "--sharing \(name): must be one of "
          + Architecture.all.map(\.name).joined(separator: ", "))
    }
    guard architecture.trainsTasksAlone else {
      return try train(architecture, Array(tasks.indices), task: nil, alone)
    }
    _ = try Parallel.map(tasks.count, jobs: execution.jobs) { [self] index, circumstances in
      try train(architecture, [index], task: tasks[index].name, circumstances)
    }
  }

  private func train(
    _ architecture: Architecture, _ indices: [Int], task: String?,
    _ circumstances: Parallel.Circumstances
  ) throws {
    let path = try run.weights(sharing: architecture.name, task: task)
    let checkpoint = try run.checkpoint(sharing: architecture.name, task: task)
    guard !FileManager.default.fileExists(atPath: path) else { return try remove(checkpoint) }
    let whole = try network(architecture)
    let network: any SharingNetwork =
      architecture.trainsTasksAlone ? OneTask(indices[0], of: whole) : whole
    let subnets: any SharingNetwork
    var metadata = ["stage": "train/\(architecture.name)"]
    if architecture.needsTickets {
      let tickets = try run.chosenTickets(recipe)
      let masks = indices.map { tickets[$0].masks }
      metadata[Self.originKey] = Digest.hex(tickets[0].origin)
      // What no task has is dead: it is zero from the start.
      let union = try masks.dropFirst().reduce(masks[0]) { try $0.union($1) }
      try Pruner.rewind(network.parameters, to: theta0(), masks: union, from: run.theta0)
      subnets = try SparseSharing(network, masks: masks, execution: recipe.execution)
    } else {
      subnets = network
      if recipe.startsFromWarmup(architecture) {
        try warmedUp().load(into: network.parameters, from: run.warmupWeights)
      }
    }
    try run.freeze(.train, .warmup)
    try Files.makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    // What does not go on from the warm-up gets its epochs on top: equal budgets.
    let epochs = recipe.epochs + (recipe.startsFromWarmup(architecture) ? 0 : recipe.warmupEpochs)
    let label = task.map { "\(architecture.name) \($0)" } ?? architecture.name
    let trainer = try train(
      subnets, tasks: indices, epochs: epochs, streams: "train",
      Job(
        stage: "train/\(architecture.name)", task: task, label: label, checkpoint: checkpoint),
      circumstances)
    metadata["epoch"] = "\(trainer.bestEpoch)"
    try Weights(of: network.parameters).write(to: path, metadata: metadata)
    try remove(checkpoint)
    let scores = zip(subnets.tasks, trainer.bestScores).map { "\($0.name) \(percent($1))" }
    try say(
      "\(label): epoch \(trainer.bestEpoch) is best on dev: " + scores.joined(separator: ", "))
  }
}

extension RunDirectory {
  /// The tickets the tasks of `recipe` keep, in its order.
  ///
  /// - Parameter origin: the SHA-256 of the run's θ⁰; nil to compute it.
  /// - Throws: `Failure` of kind `missingInput` naming a task that is not pruned yet, `badData`
  ///   if a ticket belongs to other weights than the run's θ⁰.
  public func chosenTickets(_ recipe: Recipe, origin: [UInt8]? = nil) throws -> [Ticket] {
    let tickets = try recipe.tasks.map { try Ticket(contentsOf: requireTicket(of: $0.name)) }
    let origin = try origin ?? Digest.sha256(file: theta0)
    for (task, ticket) in zip(recipe.tasks, tickets) where ticket.origin != origin {
      throw Failure(
        .badData, "\(try chosenTicket(task: task.name)): belongs to other weights than \(theta0)")
    }
    return tickets
  }

  /// The tickets the tasks of `recipe` keep, to be compared with each other: whether they belong
  /// to θ⁰ is not looked at, but that all belong to the same weights.
  ///
  /// - Throws: as `chosenTickets`.
  public func comparableTickets(_ recipe: Recipe) throws -> [Ticket] {
    let first = try Ticket(contentsOf: requireTicket(of: recipe.tasks[0].name))
    return try chosenTickets(recipe, origin: first.origin)
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
