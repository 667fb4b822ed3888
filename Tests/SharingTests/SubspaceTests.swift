import Basics
import Layers
import Sharing
import Tensors
import Testing

/// What belongs to which subspace, and the penalty between subspaces against plain loops.
@Suite struct SubspaceTests {
  private func sluice(
    _ layers: Int, tasks: Int = 2, _ change: (inout SluiceSettings) -> Void = { _ in }
  ) throws -> SluiceNetwork {
    try SluiceNetwork(
      Small.shape(layers: layers), tasks: Small.tasks(tasks), settings: Small.plainSluice(change),
      seed: 1)
  }

  /// Ω as its documentation has it: a matrix [4H, D], the first half of every gate's units.
  private func halves(_ matrix: Parameter) -> [[[Double]]] {
    let (hidden, width) = (matrix.shape[0] / 4, matrix.width)
    return [0, 1].map { subspace in
      (0..<4 * hidden).filter { $0 % hidden / (hidden / 2) == subspace }.map { row in
        (0..<width).map { Double(matrix.values[row * width + $0]) }
      }
    }
  }

  private func matrices(_ network: any SharingNetwork, of prefix: String = "lstm.") -> [Parameter] {
    network.parameters.filter { $0.name.hasPrefix(prefix) && $0.name.contains("weight_ih") }
  }

  @Test(arguments: [1, 2, 3], [2, 3]) func orthogonality(layers: Int, tasks: Int) throws {
    let network = try sluice(layers, tasks: tasks) { $0.orthogonality = 0.25 }
    var expected = 0.0
    for matrix in matrices(network) {
      let halves = halves(matrix)
      for a in halves[0] {
        for b in halves[1] {
          let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
          expected += product * product
        }
      }
    }
    #expect(matrices(network).count == 2 * layers * tasks)
    for task in 0..<tasks {
      #expect(abs(Step(network, task).penalty - 0.25 * expected) < 1e-5 * expected)
    }
  }

  @Test(arguments: [1, 2, 3]) func groupLasso(layers: Int) throws {
    let network = try sluice(layers) {
      $0.flow = .withinTask
      $0.groupLasso = 0.25
    }
    for task in 0..<2 {
      // A step of a task has the penalty over the network that it reads.
      let expected = matrices(network, of: "lstm.t\(task).").flatMap(halves).reduce(0) {
        sum, half in
        sum + half.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
      #expect(abs(Step(network, task).penalty - 0.25 * expected) < 1e-5 * expected)
    }
  }

  /// A subspace without weights has no slope, not one that is not a number.
  @Test func groupLassoOfNothing() throws {
    let network = try sluice(1) {
      $0.flow = .withinTask
      $0.groupLasso = 1
    }
    for matrix in matrices(network) { matrix.set([Float](repeating: 0, count: matrix.count)) }
    let step = Step(network, 0)
    #expect(step.penalty == 0)
    #expect(step.gradients.values.joined().allSatisfy { $0.isFinite })
  }

  /// The penalty is that of the architecture's own settings only.
  @Test func whoIsPenalised() throws {
    let expected = [
      "hard": false, "hierarchical": false, "shared-private": false, "cross-stitch": false,
      "sluice": true,
      "group-lasso": true, "domain-adaptation": false,
    ]
    for (name, isPenalised) in expected {
      let network = try Small.network(name, Small.shape(layers: 2), Small.tasks(2))
      #expect((Step(network, 0).penalty > 0) == isPenalised, "\(name)")
    }
    // The group lasso is that of networks between which nothing flows.
    for flow in SluiceSettings.Flow.allCases {
      let network = try sluice(1) {
        $0.flow = flow
        $0.groupLasso = 1
      }
      #expect((Step(network, 0).penalty > 0) == (flow == .withinTask))
    }
    let one = try Small.network("sluice", Small.shape(layers: 2), Small.tasks(2)) {
      $0.sluice.subspaces = 1
    }
    #expect(Step(one, 0).penalty == 0)
  }

  /// Without anything into the first subspace of a task's second layer's input, the second layer
  /// cannot notice the weights that read the first half of either direction's units — and notices
  /// all others.
  @Test(arguments: [0, 1]) func subspaceIsAHalfOfEitherDirection(subspace: Int) throws {
    let network = try sluice(2)
    let alpha = network.parameter("stitch.alpha_l0")
    for column in 0..<4 { alpha.values[subspace * 4 + column] = 0 }
    let gradients = Step(network, 0, isTraining: false).gradients
    for name in ["lstm.t0.weight_ih_l1", "lstm.t0.weight_ih_l1_reverse"] {
      let gradient = gradients[name]!
      let dead = (0..<8).filter { column in
        stride(from: column, to: gradient.count, by: 8).allSatisfy { gradient[$0] == 0 }
      }
      #expect(dead == (subspace == 0 ? [0, 1, 4, 5] : [2, 3, 6, 7]))
    }
    // The other task's layer reads everything.
    let other = Step(network, 1, isTraining: false).gradients["lstm.t1.weight_ih_l1"]!
    #expect((0..<8).allSatisfy { other[$0] != 0 })
  }

  /// Evaluation has neither noise nor dropout.
  @Test(arguments: ArchitectureGradientTests.names) func evaluationIsWithoutNoise(
    name: String
  ) throws {
    var quiet = Small.shape(layers: 2)
    quiet.inputNoise = 0
    quiet.dropout = 0
    quiet.wordDropout = 0
    let noisy = try Small.network(name, Small.shape(layers: 2), Small.tasks(2))
    let plain = try Small.network(name, quiet, Small.tasks(2))
    #expect(Step(noisy, 1, isTraining: false).scores == Step(plain, 1).scores)
    #expect(Step(noisy, 1).scores != Step(plain, 1).scores)
  }

  /// A weights file may hold α of zeros: then nothing is read, and nothing breaks.
  @Test(arguments: SluiceSettings.Flow.allCases) func alphaOfZeros(
    flow: SluiceSettings.Flow
  ) throws {
    let network = try sluice(2) { $0.flow = flow }
    for k in 0..<2 {
      let alpha = network.parameter("stitch.alpha_l\(k)")
      alpha.set([Float](repeating: 0, count: alpha.count))
    }
    let scores = Step(network, 0, isTraining: false).scores
    // Nothing tells one token from another.
    #expect(scores.indices.allSatisfy { scores[$0] == scores[$0 % 3] })
  }
}
