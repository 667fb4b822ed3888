import Basics
import Corpora
import Foundation
import Masks
import Sharing
import Tensors
import Training

/// The finished networks of a run, ready to be evaluated; needs nothing but the run's folder.
///
/// The network asked for last is kept, so that an architecture's tasks in turn share one.
public final class TrainedNetworks {
  private let run: RunDirectory
  private let recipe: Recipe
  /// The run's vocabulary.
  public let vocabulary: Vocabulary
  /// How products with masked weights are executed.
  var execution: MaskedExecution
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
    Architecture.all.filter { architecture in
      paths(architecture).allSatisfy { FileManager.default.fileExists(atPath: $0) }
    }
  }

  /// The architecture called `name`, the first finished one if it is nil.
  ///
  /// - Throws: `Failure` of kind `usage` or `missingInput` if it is unknown or not finished.
  public func architecture(_ name: String?) throws -> Architecture {
    let finished = architectures
    if let name {
      guard let architecture = Architecture.named(name) else {
        throw Failure(
          .usage,
          "--sharing \(name): must be one of "
            + Architecture.all.map(\.name).joined(separator: ", "))
      }
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
    let path = paths(architecture)[architecture.trainsTasksAlone ? index : 0]
    let own = architecture.trainsTasksAlone ? 0 : index
    if let last, last.path == path { return (last.network, own) }
    last = nil
    let shapes = try recipe.taskShapes(vocabulary)
    // Without a seed: nothing is drawn that the file overwrites.
    let hard = HardSharing(
      recipe.networkShape(vocabulary),
      tasks: architecture.trainsTasksAlone ? [shapes[index]] : shapes, seed: nil)
    try SafeTensors(contentsOf: path).load(into: hard.parameters)
    let network: any SharingNetwork =
      architecture.needsTickets
      ? try SparseSharing(hard, masks: masks(architecture), execution: execution) : hard
    last = (path, network)
    return (network, own)
  }

  /// How many prunable weights the architecture holds in all, and how many task `index` uses.
  func parameters(_ architecture: Architecture, task index: Int) throws -> (all: Int, task: Int) {
    if architecture.needsTickets {
      let masks = try masks(architecture)
      let union = try masks.dropFirst().reduce(masks[0]) { try $0.union($1) }
      return (union.aliveCount, masks[index].aliveCount)
    }
    let prunable = try network(architecture, task: index).network.prunable
      .reduce(0) { $0 + $1.count }
    return (prunable * (architecture.trainsTasksAlone ? recipe.tasks.count : 1), prunable)
  }

  /// The masks of the run's tickets, which must be those that the architecture was trained with.
  private func masks(_ architecture: Architecture) throws -> [MaskSet] {
    let known = try tickets ?? run.chosenTickets(recipe, origin: origin(architecture))
    tickets = known
    return known.map(\.masks)
  }

  /// The digest of the θ⁰ that training started from, as it noted it beside its weights.
  private func origin(_ architecture: Architecture) throws -> [UInt8]? {
    try SafeTensors(contentsOf: paths(architecture)[0]).metadata[Workbench.originKey]
      .flatMap(Digest.bytes(hex:))
  }

  private func paths(_ architecture: Architecture) -> [String] {
    // Names of architectures and tasks are safe as parts of paths.
    guard architecture.trainsTasksAlone else {
      return (try? [run.weights(sharing: architecture.name)]) ?? []
    }
    return recipe.tasks.compactMap {
      try? run.weights(sharing: architecture.name, task: $0.name)
    }
  }
}
