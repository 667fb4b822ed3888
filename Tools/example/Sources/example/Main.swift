import Basics
import Corpora
import Masks
import Pruning
import Sharing
import Training

/// Finds a ticket for each task of an invented language, trains all in one set of weights, and prints
/// how far the tickets overlap; tries an architecture of its own on the same data.
///
/// Weights and tickets are written to the folder that is its only argument, for PyTorch or `tickets
/// overlap`.
@main
enum Example {
  static let settings: TrainingSettings = {
    var settings = TrainingSettings()
    settings.optimizer = .adam
    settings.rate = 0.01
    settings.epochs = 5
    return settings
  }()

  static func main() throws {
    guard CommandLine.arguments.count == 2 else {
      throw Failure(.usage, "example: needs a folder to write to, and nothing else")
    }
    let folder = CommandLine.arguments[1]
    try Files.makeFolder(folder)
    let (vocabulary, splits) = try Language.splits()
    var shape = NetworkShape(
      words: vocabulary.words.count, characters: vocabulary.characters.count)
    shape.wordDimension = 0
    shape.hidden = 16
    shape.layers = 1
    shape.dropout = 0.1
    let tasks = vocabulary.tasks.map { TaskShape(name: $0.name, classes: $0.classes) }

    let network = HardSharing(shape, tasks: tasks, seed: 1)
    show("hard sharing", try train(network, splits, stage: "warm-up"), of: tasks)
    let theta0 = Weights(of: network.parameters)
    try theta0.write(to: "\(folder)/theta0.safetensors")
    let origin = try Digest.sha256(file: "\(folder)/theta0.safetensors")

    let tickets = try tasks.indices.map { task in
      let found = try prune(OneTask(task, of: network), splits[task], from: theta0)
      let ticket = Ticket(
        task: tasks[task].name, round: found.round, criterion: "magnitude", scope: "global",
        origin: origin, masks: found.masks)
      try ticket.write(to: "\(folder)/\(ticket.task).ticket")
      return ticket
    }
    try theta0.load(into: network.parameters, from: "θ⁰")
    let sparse = try SparseSharing(network, masks: tickets.map(\.masks))
    show("sparse sharing", try train(sparse, splits, stage: "sparse"), of: tasks)

    let grouped = GroupedSharing(
      shape, tasks: tasks, groups: ["endings", "endings", "beginnings"], seed: 1)
    show("grouped sharing", try train(grouped, splits, stage: "grouped"), of: tasks)

    let named = tickets.map { (name: $0.task, ticket: $0) }
    print("\n" + (try Overlap(of: named, places: network.places).table))
  }

  /// Trains `network` on all of its tasks; gives the best epoch's dev scores.
  static func train(
    _ network: any SharingNetwork, _ splits: [TaskSplits], stage: String
  ) throws -> [Double] {
    let trainer = Trainer(network, data: splits, settings: settings, stage: stage)
    try trainer.run()
    return trainer.bestScores
  }

  /// The masks that iterative magnitude pruning leaves the only task of `network` (Sun et al. 2020).
  static func prune(
    _ network: OneTask, _ splits: TaskSplits, from theta0: Weights
  ) throws -> (round: Int, masks: MaskSet) {
    var settings = PruningSettings()
    settings.rounds = 4
    settings.density = 0.2
    let start = network.allAlive
    let plan = try PruningPlan(
      start: start.aliveCount, prunable: start.prunableCount, settings: settings)
    let pruning = IterativePruning(
      network, from: theta0, source: "θ⁰", settings: settings, seed: 1,
      work: .init(
        train: { round, subnet in
          subnet.activate(task: 0)
          let trainer = Trainer(
            subnet, data: [splits], settings: Self.settings, stage: "prune \(round)")
          try trainer.run()
          return (trainer.bestEpoch, trainer.bestScores[0])
        },
        measure: { _, _ in preconditionFailure("magnitude needs no measurement") }))
    let rounds = RoundMemory()
    let results = try pruning.run(plan.alive, start: start, store: rounds.store)
    let best = RoundChoice.best.choose(results)!
    return (best.round, rounds.tickets[best.round]!.masks)
  }

  static func show(_ name: String, _ scores: [Double], of tasks: [TaskShape]) {
    let texts = zip(tasks, scores).map { "\($0.name) \((1000 * $1).rounded() / 10)" }
    print("\(name): " + texts.joined(separator: ", "))
  }
}
