import Batches
import Layers
import Tensors
import Testing

@Suite struct TextPoolingTests {
  @Test(arguments: TextPooling.allCases, GradientTests.lengths)
  func gradients(pooling: TextPooling, lengths: [Int]) {
    let packing = FiniteDifferences.batch(lengths: lengths).packing
    FiniteDifferences(
      inputs: [FiniteDifferences.tensor([packing.rowCount, 6], "x")], parameters: []
    ) { pooling($0[0], packing: packing, hidden: 3, on: $1) }.check(step: 1e-3)
  }

  /// Texts of 3 and 2 tokens with states of one unit a direction.
  @Test func values() {
    // Rows: first tokens, second tokens, third token of the first text.
    let states: [Float] = [1, 10, 2, 20, 5, -40, 4, 8, 3, 30]
    let packing = Packing(stepSizes: [2, 2, 1])
    func pooled(_ pooling: TextPooling) -> [Float] {
      let tape = Tape(isRecording: false)
      let x = tape.variable(Tensor([5, 2], states, in: tape.workspace))
      return pooling(x, packing: packing, hidden: 1, on: tape).value.values
    }
    #expect(pooled(.mean) == [3, 0, 3, 14])
    #expect(pooled(.max) == [5, 30, 4, 20])
    // The forward direction ends at the last token, the backward one at the first.
    #expect(pooled(.last) == [3, 10, 4, 20])
  }

  /// With layers side by side either direction of each ends where it ends.
  @Test func layersSideBySide() {
    let tape = Tape(isRecording: false)
    // Two tokens; forward and backward of the first layer, then of the second.
    let x = tape.variable(Tensor([2, 4], [1, 2, 3, 4, 5, 6, 7, 8], in: tape.workspace))
    let packing = Packing(stepSizes: [1, 1])
    #expect(
      TextPooling.last(x, packing: packing, hidden: 1, on: tape).value.values == [5, 2, 7, 4])
  }

  /// A token that is not the maximum gets no gradient; of equal ones the first does.
  @Test func gradientOfTheMaximum() {
    let tape = Tape()
    let x = tape.variable(Tensor([3, 1], [7, 7, 2], in: tape.workspace))
    let y = TextPooling.max(x, packing: Packing(stepSizes: [1, 1, 1]), hidden: 1, on: tape)
    tape.backward(from: y)
    #expect(x.gradient?.values == [1, 0, 0])
  }
}
