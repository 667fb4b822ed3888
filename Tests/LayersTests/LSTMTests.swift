import Batches
import Layers
import Tensors
import Testing

/// LSTMs of one direction, against differences and against the forward half of BiLSTMs.
@Suite struct LSTMTests {
  @Test(arguments: GradientTests.lengths, [1, 2, 3]) func gradients(lengths: [Int], layers: Int) {
    for hidden in [1, 3, 5] {
      let batch = FiniteDifferences.batch(lengths: lengths)
      let lstm = LSTM("lstm", inputs: 4, hidden: hidden, layers: layers, seed: 1)
      FiniteDifferences(
        inputs: [FiniteDifferences.tensor([batch.tokenCount, 4], "x")], parameters: lstm.parameters
      ) { lstm($0[0], packing: batch.packing, on: $1) }.check()
    }
  }

  /// The forward half of a BiLSTM of one layer with the same weights, bit for bit.
  @Test(arguments: GradientTests.lengths, [1, 5, 16, 50])
  func isHalfOfABiLSTM(lengths: [Int], hidden: Int) {
    let packing = FiniteDifferences.batch(lengths: lengths).packing
    let lstm = LSTM("lstm", inputs: 4, hidden: hidden, layers: 1, seed: 1)
    let both = BiLSTM("lstm", inputs: 4, hidden: hidden, layers: 1, seed: 1)
    #expect(lstm.parameters.map(\.name) == both.layers[0].forward.parameters.map(\.name))
    let x = FiniteDifferences.tensor([packing.rowCount, 4], "x")
    let tape = Tape(isRecording: false)
    let half = lstm(tape.variable(x), packing: packing, on: tape).value
    let whole = both(tape.variable(x), packing: packing, on: tape).value
    #expect(half.shape == [packing.rowCount, hidden])
    for row in 0..<packing.rowCount {
      for unit in 0..<hidden {
        #expect(half.values[row * hidden + unit] == whole.values[row * 2 * hidden + unit])
      }
    }
  }

  /// Where a text ends is its last token's state; a layer more stands beside it.
  @Test func lastState() {
    let packing = Packing(stepSizes: [2, 1])
    let tape = Tape(isRecording: false)
    let x = tape.variable(
      Tensor([3, 4], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], in: tape.workspace))
    let y = TextPooling.last(x, packing: packing, hidden: 2, directions: .forward, on: tape)
    #expect(y.value.values == [9, 10, 11, 12, 5, 6, 7, 8])
  }
}

/// The loss that makes actions more or less probable.
@Suite struct ActionLossTests {
  private static let rows = [
    ActionLoss.Row(action: 2, allowed: 3, weight: 0.7, entropyWeight: 0.3),
    ActionLoss.Row(action: 3, allowed: 4, weight: -0.2, entropyWeight: 0),
    ActionLoss.Row(action: 0, allowed: 4, weight: 0, entropyWeight: 0.5),
    ActionLoss.Row(action: 0, allowed: 1, weight: 1, entropyWeight: 1),
  ]

  @Test func gradients() {
    FiniteDifferences(inputs: [FiniteDifferences.tensor([4, 4], "scores")], parameters: []) {
      ActionLoss(Self.rows)($0[0], on: $1).loss
    }.check()
  }

  /// Scores 0 and log 3 are probabilities ¼ and ¾; what is not allowed has none.
  @Test func byHand() {
    let tape = Tape()
    let log3 = Float(1.0986123)
    let scores = tape.variable(Tensor([1, 3], [0, log3, 9], in: tape.workspace))
    let row = ActionLoss.Row(action: 1, allowed: 2, weight: 2, entropyWeight: 10)
    let (loss, entropies) = ActionLoss([row])(scores, on: tape)
    // H = ¼ log 4 + ¾ log 4/3.
    let entropy = 0.25 * 1.3862943611 + 0.75 * 0.2876820724
    #expect(abs(entropies[0] - entropy) < 1e-6)
    #expect(abs(Double(loss.value.values[0]) - (2 * 0.2876820724 - 10 * entropy)) < 1e-5)
    tape.backward(from: loss)
    #expect(scores.gradient!.values[2] == 0)
    #expect(abs(scores.gradient!.values[0] + scores.gradient!.values[1]) < 1e-6)
  }
}
