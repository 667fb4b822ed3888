import Batches
import Layers
import Tensors
import Testing

@Suite struct CharacterBiLSTMTests {
  private static let alphabet = 7

  /// Forms of the given lengths.
  private func forms(_ lengths: [Int]) -> Inputs {
    let starts = lengths.reduce(into: [0]) { $0.append($0.last! + $1) }
    let characters = (0..<starts.last!).map { Int32(($0 * 5 + $0 / 3) % Self.alphabet) }
    return Inputs(formStarts: starts.map { Int32($0) }, characters: characters)
  }

  private func layer(hidden: Int = 3) -> CharacterBiLSTM {
    CharacterBiLSTM(alphabet: Self.alphabet, dimension: 4, hidden: hidden, seed: 2)
  }

  @Test(arguments: [[1], [1, 1, 1], [3, 3, 3], [2, 5, 1, 3], [0, 2, 0, 1], [0]])
  func gradients(lengths: [Int]) {
    let layer = layer()
    FiniteDifferences(inputs: [], parameters: layer.parameters) { layer(forms(lengths), on: $1) }
      .check()
  }

  /// A form's features are the same whatever forms stand around it, in the order given.
  @Test(arguments: [1, 8, 16, 17]) func formsDoNotDependOnOneAnother(hidden: Int) {
    let layer = layer(hidden: hidden)
    for count in [1, 2, 63, 64, 65] {
      let lengths = (0..<count).map { $0 * 7 % 5 + ($0 % 11 == 3 ? 0 : 1) }
      let whole = forms(lengths)
      let features = layer(whole, on: Tape()).value
      #expect(features.shape == [count, 2 * hidden])
      for form in lengths.indices {
        let range = whole.formStarts[form]..<whole.formStarts[form + 1]
        let alone = Inputs(
          formStarts: [0, Int32(range.count)],
          characters: range.map { whole.characters[Int($0)] })
        let expected = layer(alone, on: Tape()).value.values
        let found = features.values[(form * 2 * hidden)...].prefix(2 * hidden)
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "form \(form)")
        #expect(lengths[form] > 0 || found.allSatisfy { $0 == 0 })
      }
    }
  }

  @Test func aBatchWithoutFormsHasNoFeatures() {
    #expect(layer()(forms([]), on: Tape()).value.shape == [0, 6])
  }

  @Test func isIndependentOfThreads() {
    let layer = layer(hidden: 17)
    let results = [1, 2].map { threads -> [[Float]] in
      for parameter in layer.parameters { parameter.clearGradient() }
      let tape = Tape(threads: threads)
      let y = layer(forms([4, 1, 6, 6, 2]), on: tape)
      tape.backward(from: y)
      return [y.value.values] + layer.parameters.map { Array($0.gradient) }
    }
    #expect(results[0] == results[1])
  }

  @Test func parametersHavePyTorchsNames() {
    let names = layer().parameters.map(\.name)
    #expect(names.count == 9 && names[0] == "characters.weight")
    #expect(names[1] == "char_lstm.weight_ih_l0" && names[8] == "char_lstm.bias_hh_l0_reverse")
  }

  /// Without a seed nothing is drawn.
  @Test func withoutASeedWeightsAreZero() {
    let layer = CharacterBiLSTM(alphabet: 3, dimension: 2, hidden: 2, seed: nil)
    #expect(layer.parameters.allSatisfy { $0.values.allSatisfy { $0 == 0 } })
  }
}
