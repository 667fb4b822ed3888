import Basics
import Batches
import Masks
import Pruning
import Sharing
import Tensors
import Testing
import Training

/// Criteria on two ReLU units of two inputs each, by hand.
///
/// With W = [[1, ½], [−1, ½]], biases (0, 1), x = (1, 2) and the head (1, −2) the units are 2 and 1,
/// the prediction is 0, and for the gold value −2 the loss 4: ∂L/∂y = 4. With a = (1, 2, −2, −4), the
/// slopes of y with respect to W, the gradient is 4a and the Hessian 2aaᵀ, |a|² = 25.
@Suite struct CriterionTests {
  private static let weights: [Float] = [1, 0.5, -1, 0.5]
  private static let rate: Float = 0.01

  private let network: HardSharing
  private let batch = Batch(
    sentences: [0], packing: Packing(stepSizes: [1]), inputs: Inputs(features: [1, 2]), values: [-2]
  )

  init() {
    var shape = NetworkShape(words: 0, characters: 0)
    shape.rows = .vectors
    shape.featureDimension = 2
    shape.hidden = 2
    shape.layers = 1
    shape.dropout = 0
    let task = TaskShape(name: "value", classes: 1, level: .vector, kind: .regression)
    network = HardSharing(shape, tasks: [task], seed: 1)
    let values: [String: [Float]] = [
      "mlp.0.weight": Self.weights, "mlp.0.bias": [0, 1], "heads.value.weight": [1, -2],
      "heads.value.bias": [0],
    ]
    for parameter in network.parameters { parameter.set(values[parameter.name]!) }
  }

  /// What a round makes of the weights, its training one plain step, and how many steps it did.
  private func worth(
    _ criterion: Criterion, keeping count: Int = 2, round: Int = 0, seed: UInt64 = 1
  ) throws -> Saliency {
    let step = { (subnet: any SharingNetwork) in
      StepContext(
        subnet, task: 0, batch: batch, rate: Self.rate, clipping: Clipping(.norm, limit: 0),
        draws: nil)
    }
    let work = IterativePruning.Work(
      train: { _, subnet in
        _ = try StepSettings().method(for: subnet, optimizer: SGD(momentum: 0)).step(step(subnet))
        return (1, 0.5)
      },
      measure: { _, subnet in
        try Saliency(
          measuring: criterion, of: subnet, on: [batch], threads: { 1 }, onBatch: { _ in })
      })
    let done = try IterativePruning(
      network, from: Weights(of: network.parameters), source: "θ⁰",
      settings: pruningSettings { $0.criterion = criterion }, seed: seed, work: work
    ).round(round, (network.allAlive, nil), keeping: count, RoundMemory().store)
    return try #require(done.saliency)
  }

  /// What criteria make of W, and the two weights that are worth most.
  @Test(
    arguments: [
      // One step of rate 0.01: W − 0.04a.
      (.magnitude, [0.96, 0.42, -0.92, 0.66], [0, 2]),
      (.change, [-0.04, -0.08, 0.08, 0.16], [2, 3]),
      // −4a ∘ W; the sign counts, and of equal ones the later stays.
      (.movement, [-4, -4, -8, 8], [1, 3]),
      // The same without the sign.
      (.snip, [4, 4, 8, -8], [2, 3]),
      // Hg = 2a (a · 4a) = 200a.
      (.grasp, [200, 200, 400, -400], [1, 2]),
      // |W| with every x = 1: what reaches the output is |head|, here once and twice.
      (.synflow, [1, 0.5, 2, 1], [2, 3]),
    ] as [(Criterion, [Float], [Int])])
  func byHand(criterion: Criterion, expected: [Float], kept: [Int]) throws {
    let worth = try worth(criterion)
    try #require(worth.values.count == 1)
    for (own, value) in zip(worth.values[0], expected) {
      #expect(abs(own - value) < (criterion == .grasp ? 0.2 : 1e-5), "\(worth.values[0])")
    }
    guard criterion != .grasp else { return }
    let masks = try Pruner.keep(2, of: worth, masks: network.allAlive, scope: .global)
    #expect(Array(masks.entries[0].mask.aliveIndices) == kept)
  }

  /// Scores start at W / 1000, so that of three weights to keep the first of the smaller ones is not
  /// alive: the prediction is −1, ∂L/∂y = 2, and scores move against 2a ∘ W, the dead one too.
  @Test func learnedScores() throws {
    let worth = try worth(.scores, keeping: 3)
    let expected: [Float] = [0.001 - 0.02, 0.0005 - 0.02, 0.001 - 0.04, 0.0005 + 0.04]
    for (own, value) in zip(worth.values[0], expected) { #expect(abs(own - value) < 1e-6) }
    let masks = try Pruner.keep(2, of: worth, masks: network.allAlive, scope: .global)
    #expect(Array(masks.entries[0].mask.aliveIndices) == [0, 3])
    #expect(network.parameters.first { $0.name == "mlp.0.weight" }!.elements == Self.weights)
  }

  /// Chance depends on the seed and the round, and on nothing that is learned.
  @Test func random() throws {
    let first = try worth(.random).values
    for parameter in network.prunable { parameter.set(parameter.elements.map { 3 * $0 }) }
    #expect(try worth(.random).values == first)
    var stream = RandomStream(seed: 1, "random masks", "value", "round 1")
    #expect(first == [(0..<4).map { _ in stream.uniform() }])
    #expect(try worth(.random, round: 1).values != first)
    #expect(try worth(.random, seed: 2).values != first)
  }

  /// A weight that never had a gradient is worth nothing, whatever the sign of zero.
  @Test(arguments: [Criterion.snip, .grasp, .movement]) func deadUnits(criterion: Criterion) throws
  {
    network.parameters.first { $0.name == "mlp.0.bias" }!.set([0, -1])
    let worth = try worth(criterion)
    #expect(worth.values[0][2...] == [0, 0])
    #expect(worth.values[0][..<2].allSatisfy { $0 != 0 })
    let masks = try Pruner.keep(1, of: worth, masks: network.allAlive, scope: .global)
    // Movement is negative for the unit that lives, and less than nothing.
    let best = worth.values[0][..<2].allSatisfy { $0 < 0 } && criterion != .snip ? 3 : 1
    #expect(Array(masks.entries[0].mask.aliveIndices) == [best])
  }

  /// A gradient that is no number names the tensor, and nothing is chosen.
  @Test(arguments: [Criterion.snip, .grasp, .movement, .change, .magnitude])
  func gradientsThatAreNoNumbers(criterion: Criterion) throws {
    network.parameters.first { $0.name == "heads.value.weight" }!.set([1e30, 1e30])
    let worth = try worth(criterion)
    let error = #expect(throws: Failure.self) {
      try Pruner.keep(2, of: worth, masks: network.allAlive, scope: .global)
    }
    #expect(error?.kind == .badData)
    #expect(error?.message.contains("weight 0 of tensor mlp.0.weight is ") == true)
    #expect(error?.message.contains("a lower lr or clip helps") == true)
  }
}
