import Basics
import Layers
import Tensors
import Testing

/// What is made of a network's layers, by its definition.
@Suite struct LayerMixtureTests {
  private func layers(_ count: Int) -> [Tensor] {
    (0..<count).map { FiniteDifferences.tensor([5, 6], "layer \($0)") }
  }

  @Test(arguments: LayerMixture.Kind.allCases, [1, 2, 3])
  func definition(kind: LayerMixture.Kind, count: Int) {
    let mixture = LayerMixture("beta", kind, start: [0.5, -2, 0.25].suffix(count))
    let beta = mixture.beta.map { Array($0.values) }
    #expect((beta != nil) == (kind == .mixture))
    let layers = layers(count)
    let tape = Tape()
    let result = mixture(layers.map(tape.variable), on: tape).value
    #expect(result.shape == [5, kind == .concatenation ? count * 6 : 6])
    for token in 0..<5 {
      for column in 0..<result.shape[1] {
        func element(_ layer: Int, _ column: Int) -> Float {
          layers[layer].pointer[token * 6 + column]
        }
        let expected: Float =
          switch kind {
          case .mixture: (0..<count).reduce(0) { $0 + beta![$1] * element($1, column) }
          case .skip: (0..<count).reduce(0) { $0 + element($1, column) }
          case .concatenation: element(column / 6, column % 6)
          case .last: element(count - 1, column)
          }
        #expect(abs(result.pointer[token * result.shape[1] + column] - expected) < 1e-5)
      }
    }
  }

  @Test(arguments: LayerMixture.Kind.allCases) func gradients(kind: LayerMixture.Kind) {
    let mixture = LayerMixture("beta", kind, start: [0.5, -2, 0])
    let layers = layers(3)
    // The last layer alone leaves nothing to differentiate.
    guard kind != .last else { return }
    FiniteDifferences(inputs: layers, parameters: [mixture.beta].compactMap { $0 }) {
      mixture($0, on: $1)
    }.check()
  }

  /// Sums do not depend on the threads, for any number of tokens.
  @Test(arguments: [1, 2, 3, 64, 65]) func threads(tokens: Int) {
    let layers = (0..<3).map { FiniteDifferences.tensor([tokens, 6], "layer \($0)") }
    let results = [1, 2].map { threads in
      let mixture = LayerMixture("beta", .mixture, start: [0.5, -2, 0.25])
      let tape = Tape(threads: threads)
      let inputs = layers.map(tape.variable)
      let result = mixture(inputs, on: tape)
      let upstream = FiniteDifferences.tensor([tokens, 6], "upstream")
      let value = Array(result.value.values)
      tape.backward(from: result, gradient: upstream)
      return value + inputs.flatMap { Array($0.gradient!.values) }
        + Array(mixture.beta!.gradient)
    }
    #expect(results[0] == results[1])
  }
}
