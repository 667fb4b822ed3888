import Basics
import Layers
import Masks
import Sharing
import Tensors
import Testing

/// Architectures whose tasks read feature vectors.
@Suite struct VectorNetworkTests {
  static let names = [
    "hard", "hierarchical", "shared-private", "stacked", "cross-stitch", "sluice",
  ]

  private func network(
    _ name: String, layers: Int, isFull: Bool = true
  ) throws -> any SharingNetwork {
    try Small.network(name, Small.vectorShape(layers: layers, isFull: isFull), Small.vectorTasks) {
      $0.sluice.subspaces = 1
    }
  }

  /// Hidden units of heads away from their kink, as in `ArchitectureGradientTests`, and those of the
  /// layers off it where all their inputs are zero.
  private func shake(_ network: any SharingNetwork) {
    for parameter in network.parameters
    where parameter.name.hasPrefix("mlp.") && parameter.name.hasSuffix(".bias") {
      var stream = RandomStream(seed: 8, parameter.name)
      parameter.set((0..<parameter.count).map { _ in stream.uniform(within: 0.5) })
    }
    for parameter in network.parameters where parameter.name.hasSuffix(".hidden.bias") {
      parameter.set((0..<parameter.count).map { $0 % 4 == 3 ? -3 : 3 })
    }
  }

  /// Whole networks by central differences, with dropout and noise, classes and values.
  @Test(arguments: names, [1, 2, 3]) func gradients(name: String, layers: Int) throws {
    let network = try network(name, layers: layers, isFull: layers != 2)
    shake(network)
    for task in network.tasks.indices {
      ObjectiveSlopes(network: network, hasKinks: true).check(task)
    }
  }

  /// Losses on states, which are not pooled, whatever texts would be.
  @Test(arguments: ["shared-private", "stacked"]) func writtenStates(name: String) throws {
    var settings = WritingSettings()
    (settings.orthogonality, settings.adversary) = (3, 1)
    let steps = try TextPooling.allCases.map { pooling in
      var shape = Small.vectorShape(layers: 2)
      shape.pooling = pooling
      let bare = try Small.network(name, shape, Small.vectorTasks)
      let network = WrittenStates(bare, shape, settings, seed: 1)
      #expect(network.parameters.suffix(2).map(\.shape) == [[3, 4], [3]])
      return Step(network, 0)
    }
    #expect(steps[0].penalty > 0 && steps.allSatisfy { $0.penalty == steps[0].penalty })
    #expect(steps.allSatisfy { $0.gradients == steps[0].gradients })
  }

  @Test(arguments: ["hard", "cross-stitch"], MaskedExecution.allCases)
  func subnets(name: String, execution: MaskedExecution) throws {
    let network = try network(name, layers: 2)
    shake(network)
    let masks = network.tasks.map { Small.masks(network, density: 0.6, $0.name) }
    let sparse = try SparseSharing(network, masks: masks, execution: execution)
    for task in network.tasks.indices {
      ObjectiveSlopes(network: sparse, hasKinks: true).check(task)
    }
  }

  /// Tickets that hold every weight are hard sharing.
  @Test func ticketsOfOnesAreHardSharing() throws {
    let (hard, other) = (try network("hard", layers: 2), try network("hard", layers: 2))
    let sparse = try SparseSharing(other, masks: other.tasks.map { _ in other.allAlive })
    for task in hard.tasks.indices {
      let (a, b) = (Step(hard, task), Step(sparse, task))
      #expect(a.scores.map(\.bitPattern) == b.scores.map(\.bitPattern))
      #expect(a.objective == b.objective && a.gradients == b.gradients && !a.gradients.isEmpty)
    }
  }

  /// A row of scores a vector; there are no words, and pruning is over the encoder's weights.
  @Test(arguments: TextPooling.allCases) func parts(pooling: TextPooling) throws {
    var shape = Small.vectorShape(layers: 2)
    shape.pooling = pooling
    let network = try Small.network("hard", shape, Small.vectorTasks)
    #expect(network.prunable.map(\.name) == ["mlp.0.weight", "mlp.1.weight"])
    #expect(network.prunable.map(\.shape) == [[4, 5], [4, 4]])
    #expect(network.parts.words == nil && network.parts.encoders.count == 2)
    #expect(network.places["mlp.1.weight"]?.module == "mlp.1")
    #expect(Step(network, 0).scores.count == 4 * 4 && Step(network, 1).scores.count == 4)
    #expect(network.head(of: 0) is SoftmaxHead && network.head(of: 1) is RegressionHead)
    let single = try Small.network("cross-stitch", shape, Small.vectorTasks)
    #expect(single.prunable.map(\.name).prefix(2) == ["mlp.digit.0.weight", "mlp.digit.1.weight"])
  }

  @Test(arguments: ["sluice", "group-lasso", "domain-adaptation"]) func noSubspaces(
    name: String
  ) throws {
    do {
      _ = try Small.network(name, Small.vectorShape(layers: 1), Small.vectorTasks)
      Issue.record("subspaces of fully connected layers")
    } catch let failure as Failure {
      #expect(failure.kind == .usage && failure.setting == "subspaces")
      #expect(failure.message.hasPrefix("subspaces 2: fully connected layers have no subspaces"))
    }
  }
}
