import Basics
import Corpora
import Foundation
import Masks
import Sharing
import Training

/// The finished networks of a run, ready to be evaluated; needs nothing but the run's folder.
public struct TrainedNetworks {
  private let run: RunDirectory
  private let recipe: Recipe
  /// The run's vocabulary.
  public let vocabulary: Vocabulary

  /// The networks of `run`.
  public init(_ run: RunDirectory) throws {
    self.run = run
    recipe = run.recipe
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
    let shapes = try recipe.taskShapes(vocabulary)
    let path = paths(architecture)[architecture.trainsTasksAlone ? index : 0]
    let network = HardSharing(
      recipe.networkShape(vocabulary),
      tasks: architecture.trainsTasksAlone ? [shapes[index]] : shapes, seed: recipe.seed)
    try Weights(contentsOf: path).load(into: network.parameters, from: path)
    guard architecture.needsTickets else {
      return (network, architecture.trainsTasksAlone ? 0 : index)
    }
    return (try SparseSharing(network, masks: run.chosenTickets(recipe).map(\.masks)), index)
  }

  /// How many prunable weights the architecture holds in all, and how many task `index` uses.
  func parameters(_ architecture: Architecture, task index: Int) throws -> (all: Int, task: Int) {
    if architecture.needsTickets {
      let masks = try run.chosenTickets(recipe).map(\.masks)
      let union = try masks.dropFirst().reduce(masks[0]) { try $0.union($1) }
      return (union.aliveCount, masks[index].aliveCount)
    }
    let prunable = try network(architecture, task: index).network.allAlive.prunableCount
    return (prunable * (architecture.trainsTasksAlone ? recipe.tasks.count : 1), prunable)
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
