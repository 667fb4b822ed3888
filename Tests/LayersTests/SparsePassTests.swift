import Basics
import Layers
import Masks
import Tensors
import Testing

/// BiLSTMs whose masked weights are multiplied sparsely.
@Suite struct SparsePassTests {
  /// How the alive weights are stored and multiplied.
  enum Form: CaseIterable {
    case dense, sparse, compact
  }

  /// A BiLSTM of which `density` is alive; dead weights are not zero unless they are not stored.
  private func network(_ form: Form, hidden: Int, layers: Int, density: Float) -> BiLSTM {
    let lstm = BiLSTM("lstm", inputs: 5, hidden: hidden, layers: layers, seed: 1)
    for parameter in lstm.parameters where parameter.isPrunable {
      var stream = RandomStream(seed: 6, parameter.name)
      let mask = BitMask((0..<parameter.count).map { _ in stream.uniform() < density })
      let other = BitMask((0..<parameter.count).map { _ in stream.uniform() < 0.2 })
      if form == .compact { parameter.store(only: mask | other) }
      parameter.alive = AliveWeights(mask, of: parameter, isSparse: form != .dense)
    }
    return lstm
  }

  @Test(arguments: [[1], [3], [4, 3, 1], [3, 3, 2, 1]], [1, 2, 3])
  func gradients(lengths: [Int], layers: Int) {
    for (form, hidden) in [(Form.sparse, 1), (.sparse, 4), (.compact, 3)] {
      let batch = FiniteDifferences.batch(lengths: lengths)
      let lstm = network(form, hidden: hidden, layers: layers, density: 0.5)
      FiniteDifferences(
        inputs: [FiniteDifferences.tensor([batch.tokenCount, 5], "x")], parameters: lstm.parameters
      ) { lstm($0[0], packing: batch.packing, on: $1) }.check()
    }
  }

  /// Sentences of 1 to 6 tokens, as many as named, longest first.
  private static func lengths(_ count: Int) -> [Int] {
    (0..<count).map { 6 - 5 * $0 / count }
  }

  /// States, gradients of inputs and of alive weights are those of the dense products.
  @Test(arguments: [1, 2, 15, 16, 17, 31, 32, 33, 70], [0, 0.1, 0.6, 1] as [Float])
  func agreesWithDense(sentences: Int, density: Float) {
    let batch = FiniteDifferences.batch(lengths: Self.lengths(sentences))
    for threads in [1, 2] {
      let results = Form.allCases.map { form -> [[Float]] in
        let lstm = network(form, hidden: 9, layers: 2, density: density)
        let tape = Tape(threads: threads)
        let x = tape.variable(FiniteDifferences.tensor([batch.tokenCount, 5], "x"))
        let y = lstm(x, packing: batch.packing, on: tape)
        tape.backward(
          from: y, gradient: FiniteDifferences.tensor([batch.tokenCount, 18], "dy"))
        let alive = lstm.parameters.map { parameter -> [Float] in
          let all = parameter.spread(parameter.gradient)
          return parameter.mask.map { $0.aliveIndices.map { all[$0] } } ?? all
        }
        return [y.value.values, x.gradient!.values] + alive
      }
      for other in results.dropFirst() {
        for (a, b) in zip(results[0], other) {
          #expect(a.count == b.count)
          #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 2e-5 * max(1, abs($0)) })
        }
      }
      #expect(results[1] == results[2])
    }
  }

  /// Elements keep their values whatever is stored of them, unless they are set or moved.
  @Test func compactParametersKeepTheirElements() {
    let parameter = Parameter("w", [5, 13])
    let start = (0..<65).map { Float($0 + 1) }
    parameter.set(start)
    for mask in [BitMask((0..<65).map { $0 % 3 == 0 }), BitMask(repeating: false, count: 65)] {
      parameter.store(only: mask)
      #expect(parameter.count == mask.aliveCount)
      #expect(parameter.elements == start)
      for i in 0..<parameter.count { parameter.values[i] = -1 }
      let moved = start.enumerated().map { mask[$0.offset] ? -1 : $0.element }
      #expect(parameter.elements == moved)
      parameter.store(only: nil)
      #expect(parameter.elements == moved)
      parameter.store(only: mask)
      parameter.set(start)
      #expect(parameter.elements == start)
    }
  }
}
