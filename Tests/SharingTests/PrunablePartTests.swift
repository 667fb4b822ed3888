import Basics
import Layers
import Masks
import Sharing
import Tensors
import Testing

/// Masks over word vectors and heads, beside those of encoders.
@Suite struct PrunablePartTests {
  private static let all = Set(PrunablePart.allCases)

  /// A network of which everything can be pruned that can be, its heads' hidden units away from the
  /// kink of their ReLU.
  private func network(_ name: String, isFull: Bool) throws -> any SharingNetwork {
    let network = try Small.network(
      name, Small.shape(layers: 2, isFull: isFull), Small.tasks(2)
    ) { $0.sluice.orthogonality = 0 }
    network.setPrunable(Self.all)
    for parameter in network.parameters where parameter.name.hasSuffix(".hidden.bias") {
      parameter.set((0..<parameter.count).map { $0 % 4 == 3 ? -3 : 3 })
    }
    return network
  }

  private func masks(_ network: any SharingNetwork) -> [MaskSet] {
    network.tasks.indices.map {
      Small.masks(OneTask($0, of: network), density: 0.6, network.tasks[$0].name)
    }
  }

  /// Softmax and CRF, with and without hidden layers in heads.
  @Test(arguments: ["hard", "hierarchical", "stacked", "sluice"], MaskedExecution.allCases)
  func gradientsUnderMasks(name: String, execution: MaskedExecution) throws {
    for isFull in [true, false] {
      let network = try network(name, isFull: isFull)
      let sparse = try SparseSharing(network, masks: masks(network), execution: execution)
      for task in 0..<2 {
        sparse.activate(task: task)
        let heads = network.parts.heads.filter { $0.name.hasPrefix("heads.t\(task).") }
        #expect(heads.count == (isFull ? 2 : 1) && heads.allSatisfy { $0.mask != nil })
        #expect(network.parts.words?.mask != nil)
        ObjectiveSlopes(network: sparse, hasKinks: true).check(task)
      }
    }
  }

  /// A masked network is the one whose dead weights are zero, forward and back.
  @Test(arguments: ["hard", "stacked"], [true, false])
  func deadWeightsAreZeros(name: String, isFull: Bool) throws {
    let network = try network(name, isFull: isFull)
    let masks = masks(network)
    let sparse = try SparseSharing(network, masks: masks, execution: .dense)
    for task in 0..<2 {
      let plain = try self.network(name, isFull: isFull)
      for entry in masks[task].entries {
        let parameter = plain.parameter(entry.name)
        for i in 0..<parameter.count where !entry.mask[i] { parameter.values[i] = 0 }
      }
      let (a, b) = (Step(sparse, task), Step(plain, task))
      #expect(a.scores == b.scores && a.objective == b.objective)
      for (name, gradient) in b.gradients {
        let mask = masks[task][name]
        for i in gradient.indices where mask?[i] ?? true {
          #expect(a.gradients[name]?[i] == gradient[i], "\(name)[\(i)]")
        }
      }
    }
  }

  @Test func scopesSayWhatCanBePruned() throws {
    func names(_ scope: Set<PrunablePart>) throws -> [String] {
      let network = try Small.network("hard", Small.shape(layers: 1), Small.tasks(2))
      network.setPrunable(scope)
      return network.prunable.map(\.name)
    }
    let encoder = try names([.encoder])
    #expect(encoder.count == 8 && encoder.allSatisfy { $0.contains("lstm.weight_") })
    let heads = ["heads.t0.hidden.weight", "heads.t0.weight"]
      .flatMap { [$0, $0.replacing("t0", with: "t1")] }
    #expect(try Set(names([.heads])) == Set(heads))
    #expect(try names([.embeddings]) == ["words.weight"])
    #expect(try Set(names(Self.all)) == Set(encoder + heads + ["words.weight"]))
  }

  @Test(arguments: [
    "hard", "shared-private", "stacked", "modules", "cross-stitch", "sluice", "group-lasso",
  ])
  func everyArchitectureNamesItsHeads(name: String) throws {
    var shape = Small.shape(layers: 2)
    shape.wordDimension = 4
    let network = try Small.network(name, shape, Small.tasks(2)) {
      $0.modules.paths = ["t0": [1], "t1": [2]]
    }
    #expect(network.parts.heads.count == 4 && network.parts.words?.name == "words.weight")
    #expect(network.parts.heads.allSatisfy { $0.name.hasPrefix("heads.") && $0.shape.count == 2 })
    var writing = WritingSettings()
    writing.adversary = 0.1
    let written = WrittenStates(network, shape, writing, seed: 1)
    #expect(written.parts.heads.map(\.name) == network.parts.heads.map(\.name))
  }
}
