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
  private let run: RunDirectory
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
    // Without a seed: nothing is drawn that the file overwrites.
    let whole = try recipe.makeNetwork(
      architecture, recipe.networkShape(vocabulary), recipe.taskShapes(vocabulary), seed: nil)
    let read: any SharingNetwork = architecture.trainsTasksAlone ? OneTask(index, of: whole) : whole
    try SafeTensors(contentsOf: path).load(into: read.parameters)
    let network =
      architecture.needsTickets
      ? try SparseSharing(
        read, masks: masks(architecture, task: index), execution: execution) : read
    last = (path, network)
    return (network, own)
  }

  /// How many prunable weights the architecture holds in all, and how many task `index` uses.
  package func parameters(_ architecture: Architecture, task index: Int) throws -> (
    all: Int, task: Int
  ) {
    if architecture.needsTickets {
      let tickets = try chosenTickets(architecture).map(\.masks)
      let own = tickets[index].aliveCount
      guard !architecture.trainsTasksAlone else {
        return (tickets.reduce(0) { $0 + $1.aliveCount }, own)
      }
      return (try tickets.dropFirst().reduce(tickets[0]) { try $0.union($1) }.aliveCount, own)
    }
    let (network, own) = try network(architecture, task: index)
    func prunable(_ parameters: [Parameter]) -> Int {
      parameters.filter(\.isPrunable).reduce(0) { $0 + $1.elementCount }
    }
    let all = prunable(network.parameters)
    return (
      architecture.trainsTasksAlone ? all * recipe.tasks.count : all,
      prunable(network.parameters(of: own))
    )
  }

  /// The masks that the network for task `index` is trained with.
  private func masks(_ architecture: Architecture, task index: Int) throws -> [MaskSet] {
    let masks = try chosenTickets(architecture).map(\.masks)
    return architecture.trainsTasksAlone ? [masks[index]] : masks
  }

  /// The run's tickets, which must be those that the architecture was trained with.
  private func chosenTickets(_ architecture: Architecture) throws -> [Ticket] {
    let known = try tickets ?? run.chosenTickets(recipe, origin: origin(architecture))
    tickets = known
    return known
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
