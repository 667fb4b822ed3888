import Batches
import Layers
import Masks
import Sharing
import Tensors
import Testing

/// Tasks whose labels belong to texts, beside tasks of tokens.
@Suite struct TextTaskTests {
  static let architectures = [
    "hard", "hierarchical", "shared-private", "stacked", "cross-stitch", "sluice",
  ]

  private static let tasks = [
    TaskShape(name: "topic", classes: 3, head: .crf, level: .text),
    TaskShape(name: "ner", classes: 4, head: .crf),
    TaskShape(name: "tone", classes: 2, lossWeight: 0.5, level: .text),
  ]

  private func network(_ name: String, _ pooling: TextPooling) throws -> any SharingNetwork {
    var shape = Small.shape(layers: 2)
    shape.pooling = pooling
    // Away from the kinks of hidden units.
    shape.headHidden = 0
    return try Small.network(name, shape, Self.tasks)
  }

  /// Whole networks by central differences, with dropout and noise.
  @Test(arguments: architectures, TextPooling.allCases) func gradients(
    name: String, pooling: TextPooling
  ) throws {
    let network = try network(name, pooling)
    for task in Self.tasks.indices { ObjectiveSlopes(network: network).check(task) }
  }

  /// A row of scores a text, whatever the pooling; a CRF is for tokens only.
  @Test(arguments: TextPooling.allCases) func shapes(pooling: TextPooling) throws {
    let network = try network("hard", pooling)
    #expect(Step(network, 0).scores.count == 3 * 3)
    #expect(Step(network, 1).scores.count == 8 * 4)
    #expect(network.head(of: 0) is SoftmaxHead && network.head(of: 1) is CRFHead)
    #expect(!network.parameters.contains { $0.name == "heads.topic.transitions" })
  }

  /// Texts of one token: the three poolings are the same.
  @Test func oneToken() throws {
    let batch = Batch(
      sentences: [0, 1], packing: Packing(stepSizes: [2]),
      inputs: Inputs(
        words: [3, 4], forms: [0, 1], formStarts: [0, 1, 3], characters: [1, 2, 3]),
      labels: [0, 2])
    let scores = try TextPooling.allCases.map { pooling in
      try network("hard", pooling)
        .output(of: 0, batch, draws: nil, on: Tape(isRecording: false)).scores.value.values
    }
    #expect(scores[0] == scores[1] && scores[0] == scores[2])
  }
}
