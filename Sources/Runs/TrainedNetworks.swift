import Basics
import Corpora
import Foundation
import Masks
import Recipes
import Sharing
import Tensors
import Training

/// The finished networks of a run, ready to be evaluated; needs nothing but the run's folder.
///
/// The network asked for last is kept, so that an architecture's tasks in turn share one.
public final class TrainedNetworks {
  /// The run.
  package let run: RunDirectory
  private let recipe: Recipe
  /// The run's vocabulary.
  public let vocabulary: Vocabulary
  /// How products with masked weights are executed.
  package var execution: MaskedExecution
  private var last: (path: String, network: any SharingNetwork)?
  private var tickets: [Ticket]?

  /// The networks of `run`.
  public init(_ run: RunDirectory) throws {
    self.run = run
    recipe = run.recipe
    execution = recipe.execution
    vocabulary = try run.readVocabulary()
  }

  /// The architectures whose training is finished, in the registry's order.
  public var architectures: [Architecture] {
    Architecture.all.filter { recipe.trainingUnits(of: $0).allSatisfy(run.isTrained) }
  }

  /// The architecture called `name`, the first finished one if it is nil.
  ///
  /// - Throws: `Failure` of kind `usage` or `missingInput` if it is unknown or not finished.
  public func architecture(_ name: String?) throws -> Architecture {
    let finished = architectures
    if let name {
      let architecture = try Architecture.existing(name)
      guard finished.contains(where: { $0.name == name }) else {
        throw Failure(
          .missingInput,
          "\(run.path): \(name) is not trained; run 'tickets train \(run.path) --sharing \(name)'")
      }
      return architecture
    }
    guard let first = finished.first else {
      throw Failure(
        .missingInput, "\(run.path): nothing is trained yet; run 'tickets train \(run.path)' first")
    }
    return first
  }

  /// The network that predicts the recipe's task `index`, and which of its tasks that is.
  public func network(
    _ architecture: Architecture, task index: Int
  ) throws -> (network: any SharingNetwork, task: Int) {
    let unit = unit(architecture, task: index)
    let path = try run.weights(of: unit)
    let own = unit.tasks.firstIndex(of: index)!
    if let last, last.path == path { return (last.network, own) }
    last = nil
    // Without a seed: nothing is drawn that the file overwrites.
    let read = try (unit.start == .tickets ? run.subnetRecipe() : recipe).makeNetwork(
      architecture, recipe.networkShape(vocabulary), recipe.taskShapes(vocabulary),
      alone: unit.alone, seed: nil)
    let file = try SafeTensors(contentsOf: path)
    try file.require(unit.identity)
    try file.load(into: read.parameters)
    if unit.start == .tickets { try run.requirePaths(of: file) }
    var network: any SharingNetwork = read
    if unit.start == .tickets {
      let masks = try run.masks(of: unit, from: chosenTickets(unit), fitting: read)
      guard file.metadata[StageRunner.ticketsKey].map({ $0 == masks.digest }) ?? true else {
        throw Failure(
          .badData,
          "\(path): was trained with other tickets than those in \(run.path)/tickets; restore them, or "
            + "remove it and train again")
      }
      network = try SparseSharing(read, masks: masks, execution: execution)
    }
    last = (path, network)
    return (network, own)
  }

  /// Checks that there is the memory to predict labels of `corpora` with the networks of
  /// `architectures`.
  ///
  /// - Throws: `Failure` of kind `usage` that says what takes it, and what is the limit.
  package func requireMemory(for corpora: [Corpus], _ architectures: [Architecture]) throws {
    try MemoryNeed(.predicting, architectures, recipe, vocabulary, corpora).require()
  }

  /// The base architecture's network at the weights of the warm-up.
  ///
  /// - Throws: `Failure` of kind `missingInput` if the warm-up is not finished.
  package func warmedUp() throws -> any SharingNetwork {
    try run.requireWarmup()
    let network = try recipe.makeNetwork(
      recipe.baseArchitecture, recipe.networkShape(vocabulary), recipe.taskShapes(vocabulary),
      seed: nil)
    let file = try SafeTensors(contentsOf: run.warmupWeights)
    try file.require(recipe.warmupIdentity)
    try file.load(into: network.parameters)
    return network
  }

  /// How many weights of encoders and character features the architecture holds in all, and how
  /// many task `index` uses: under tickets the alive ones, and those of which nothing is pruned.
  package func parameters(_ architecture: Architecture, task index: Int) throws -> (
    all: Int, task: Int
  ) {
    let units = recipe.trainingUnits(of: architecture)
    let (network, own) = try network(architecture, task: index)
    // Networks of single tasks are equally large.
    guard units[0].start == .tickets else {
      let (all, task) = network.sizes(of: own)
      return (units.count * all, task)
    }
    let masks = try chosenTickets(units[0]).map(\.masks)
    let all = try units.reduce(0) { sum, unit in
      try sum
        + network.size(of: network.parameters, MaskSet.union(of: unit.tasks.map { masks[$0] }))
    }
    return (all, network.size(of: network.parameters(of: own), masks[index]))
  }

  /// The unit that trains the recipe's task `index`.
  private func unit(_ architecture: Architecture, task index: Int) -> TrainingUnit {
    recipe.trainingUnits(of: architecture).first { $0.tasks.contains(index) }!
  }

  /// The run's tickets, which must be those that `unit` was trained with.
  private func chosenTickets(_ unit: TrainingUnit) throws -> [Ticket] {
    if let tickets { return tickets }
    // Training notes the digest of the θ⁰ that it started from beside its weights.
    let origin = try SafeTensors(contentsOf: run.weights(of: unit))
      .metadata[StageRunner.originKey].flatMap(Digest.bytes(hex:))
    let read = try run.chosenTickets(recipe, origin: origin)
    tickets = read
    return read
  }
}

extension [MaskSet] {
  /// The SHA-256, in hexadecimal, of the bits of all masks with their tensors' names.
  var digest: String {
    var digest = RunningDigest()
    for entry in flatMap(\.entries) {
      digest.update([UInt8]("\(entry.name) \(entry.mask.count)\n".utf8))
      entry.mask.words.withUnsafeBytes { digest.update($0) }
    }
    return digest.hex()
  }
}

extension RunDirectory {
  /// The files of the run that decide what the networks of `architecture` predict, or what its
  /// labels are if it is nil, with their names in the run.
  package func files(of architecture: Architecture?) throws -> [(name: String, path: String)] {
    try Self.files(of: architecture, recipe, in: path)
  }

  /// The same for the run in the folder `run` with `recipe`, whose record is not read.
  package static func files(
    of architecture: Architecture?, _ recipe: Recipe, in run: String
  ) throws -> [(name: String, path: String)] {
    let units = architecture.map(recipe.trainingUnits) ?? []
    var paths = try [vocabulary(in: run)] + units.map { try weights(of: $0, in: run) }
    if units.contains(where: { $0.start == .tickets }) {
      paths += try recipe.tasks.map { try chosenTicket(task: $0.name, in: run) }
      // Not every run still has them, or ever had.
      paths += [theta0(in: run), warmupPaths(in: run)].filter(FileManager.default.fileExists)
    }
    return named(paths, in: run)
  }

  /// The files of the run in the folder `run` that say what it was made with and how its training went,
  /// with their names in the run.
  package static func records(in run: String) -> [(name: String, path: String)] {
    named(["\(run)/run.json"] + MetricsLog.files(of: metrics(in: run)), in: run)
  }

  private static func named(_ paths: [String], in run: String) -> [(name: String, path: String)] {
    paths.map { (String($0.dropFirst(run.count + 1)), $0) }
  }
}

extension SharingNetwork {
  /// How many weights of encoders and character features the tasks read in all without masks, and
  /// how many `task` does.
  package func sizes(of task: Int) -> (all: Int, task: Int) {
    let read = Set(tasks.indices.flatMap(parameters(of:)).map(\.name))
    return (
      size(of: parameters.filter { read.contains($0.name) }, nil),
      size(of: parameters(of: task), nil)
    )
  }

  /// How many of the `weights` are of encoders or may be pruned; those that `masks` leave, if any.
  fileprivate func size(of weights: [Parameter], _ masks: MaskSet?) -> Int {
    let encoders = Set(parts.encoders.map(\.name))
    // What may be pruned and has no bit in any of the tickets is read by none of their tasks.
    return weights.filter { $0.isPrunable ? masks == nil : encoders.contains($0.name) }
      .reduce(masks?.aliveCount ?? 0) { $0 + $1.elementCount }
  }
}
