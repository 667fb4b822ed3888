import Basics
import Batches
import Layers
import Masks
import Tensors
import Testing

/// Fully connected layers over feature vectors, and the loss of values.
@Suite struct FullyConnectedTests {
  /// How the alive weights are stored and multiplied.
  enum Form: CaseIterable {
    case whole, dense, sparse, compact
  }

  private func stack(
    _ form: Form, hidden: Int, layers: Int, density: Float = 0.6
  ) -> FullyConnected {
    let stack = FullyConnected("mlp", inputs: 5, hidden: hidden, layers: layers, seed: 1)
    // A unit whose inputs are all zero must not stand at its kink.
    for parameter in stack.parameters where !parameter.isPrunable {
      var stream = RandomStream(seed: 8, parameter.name)
      parameter.set((0..<parameter.count).map { _ in stream.uniform(within: 0.5) })
    }
    for parameter in stack.weights where form != .whole {
      var stream = RandomStream(seed: 6, parameter.name)
      let mask = BitMask((0..<parameter.count).map { _ in stream.uniform() < density })
      let other = BitMask((0..<parameter.count).map { _ in stream.uniform() < 0.2 })
      if form == .compact { parameter.store(only: mask | other) }
      parameter.alive = AliveWeights(mask, of: parameter, isSparse: form != .dense)
    }
    return stack
  }

  private func packing(_ rows: Int) -> Packing { Packing(stepSizes: [rows]) }

  @Test(arguments: Form.allCases, [1, 2, 3]) func gradients(form: Form, layers: Int) {
    for (rows, hidden) in [(1, 3), (4, 4), (17, 2)] {
      let stack = stack(form, hidden: hidden, layers: layers)
      FiniteDifferences(
        inputs: [FiniteDifferences.tensor([rows, 5], "x \(rows)")], parameters: stack.parameters
      ) { stack($0[0], packing: packing(rows), on: $1) }.check(step: 3e-4, tolerance: 5e-3)
    }
  }

  /// States, gradients of inputs and of alive weights are those of the dense products.
  @Test(arguments: [1, 15, 16, 17, 33, 70], [0, 0.1, 0.6, 1] as [Float])
  func agreesWithDense(rows: Int, density: Float) {
    let results = [Form.dense, .sparse, .compact].map { form -> [[Float]] in
      let stack = stack(form, hidden: 9, layers: 2, density: density)
      let tape = Tape()
      let x = tape.variable(FiniteDifferences.tensor([rows, 5], "x"))
      let y = stack(x, packing: packing(rows), on: tape)
      tape.backward(from: y, gradient: FiniteDifferences.tensor([rows, 9], "dy"))
      let alive = stack.parameters.map { parameter -> [Float] in
        let all = parameter.spread(parameter.gradient)
        return parameter.mask.map { $0.aliveIndices.map { all[$0] } } ?? all
      }
      return [y.value.values, x.gradient!.values] + alive
    }
    for other in results.dropFirst() {
      for (a, b) in zip(results[0], other) {
        #expect(a.count == b.count)
        #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($0)) })
      }
    }
  }

  @Test func namesAndSizes() {
    let stack = FullyConnected("mlp", inputs: 5, hidden: 3, layers: 2, seed: 1)
    #expect(
      stack.parameters.map(\.name) == ["mlp.0.weight", "mlp.0.bias", "mlp.1.weight", "mlp.1.bias"])
    #expect(stack.parameters.map(\.shape) == [[3, 5], [3], [3, 3], [3]])
    #expect(stack.weights.map(\.name) == ["mlp.0.weight", "mlp.1.weight"])
    #expect(stack.depth == 2 && stack.stateWidth == 3)
  }

  @Test func regressionLoss() {
    let scores = FiniteDifferences.tensor([6, 1], "scores")
    let batch = Batch(
      sentences: Array(0..<6), packing: packing(6), inputs: Inputs(),
      values: [0.5, -2, 1, 0, 3, 0.25])
    FiniteDifferences(inputs: [scores], parameters: []) {
      RegressionHead().loss($0[0], batch: batch, on: $1)
    }.check()
  }
}
