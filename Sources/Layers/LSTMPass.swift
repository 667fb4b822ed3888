import CKernels
import Tensors

/// A direction's way over a batch with all weights, dead ones as zeros; token-major.
///
/// Notation: Z [N, 4H] pre-activations, then activated gates, then
/// their gradients, in one buffer; C, tanh C [N, H] cells.
final class LSTMPass: DirectionPass {
  private let direction: BiLSTM.Direction
  private let batch: Batch
  private let input: Tensor, output: Tensor
  private let column: Int, hidden: Int
  private let z: Tensor, cells: Tensor, squashed: Tensor
  /// b_ih + b_hh, [4H].
  private let bias: Tensor
  private var packedInput: PackedWeights, packedHidden: PackedWeights
  /// Gradient of the hidden state before the step under way, and of its cell; [B, H].
  private var dHidden: Tensor?, dCell: Tensor?
  /// The state each token's step started from, [N, H].
  private var previous: Tensor?
  private(set) var inputGradient: Tensor?

  /// Takes the memory of the pass. States go to `output`'s columns from
  /// `column` on.
  init(
    _ direction: BiLSTM.Direction, _ input: Tensor, _ output: Tensor, column: Int,
    _ batch: Batch, on tape: Tape
  ) {
    self.direction = direction
    self.batch = batch
    self.input = input
    self.output = output
    self.column = column
    hidden = direction.hiddenWeight.width
    z = tape.tensor([batch.tokenCount, 4 * hidden])
    bias = tape.tensor([4 * hidden])
    bias.pointer.update(
      from: direction.inputBias.effectiveValues(in: tape.workspace).pointer, count: bias.count)
    tk_add(
      bias.count, direction.hiddenBias.effectiveValues(in: tape.workspace).pointer, bias.pointer)
    cells = tape.tensor([batch.tokenCount, hidden])
    squashed = tape.tensor([batch.tokenCount, hidden])
    packedInput = PackedWeights(direction.inputWeight, for: .forward, in: tape.workspace)
    packedHidden = PackedWeights(direction.hiddenWeight, for: .forward, in: tape.workspace)
  }

  /// The time steps in the order of this direction.
  private var order: [Int] {
    let steps = Array(batch.stepSizes.indices)
    return direction.isReverse ? steps.reversed() : steps
  }

  /// The step before `t` in this direction, and how many of step t's sentences it holds.
  private func before(_ t: Int) -> (step: Int, rows: Int) {
    let step = direction.isReverse ? t + 1 : t - 1
    guard batch.stepSizes.indices.contains(step) else { return (t, 0) }
    return (step, min(batch.stepSizes[t], batch.stepSizes[step]))
  }

  func run() {
    packedInput.pack()
    packedHidden.pack()
    let wide = 4 * hidden
    let ldh = 2 * hidden
    for row in 0..<batch.tokenCount {
      (z.pointer + row * wide).update(from: bias.pointer, count: wide)
    }
    packedInput.multiply(
      input.pointer, lda: input.shape[1], rows: batch.tokenCount, into: z.pointer, ldc: wide,
      accumulate: true)
    for t in order {
      let start = batch.stepOffsets[t]
      let (step, rows) = before(t)
      let prior = batch.stepOffsets[step]
      packedHidden.multiply(
        output.pointer + prior * ldh + column, lda: ldh, rows: rows, into: z.pointer + start * wide,
        ldc: wide, accumulate: true)
      tk_lstm_forward(
        batch.stepSizes[t], hidden, z.pointer + start * wide, cells.pointer + prior * hidden, rows,
        cells.pointer + start * hidden, squashed.pointer + start * hidden,
        output.pointer + start * ldh + column, ldh)
    }
  }

  func prepareBackward(on tape: Tape) {
    packedInput = PackedWeights(direction.inputWeight, for: .backward, in: tape.workspace)
    packedHidden = PackedWeights(direction.hiddenWeight, for: .backward, in: tape.workspace)
    dHidden = tape.tensor([batch.sentenceCount, hidden])
    dCell = tape.tensor([batch.sentenceCount, hidden])
    previous = tape.tensor([batch.tokenCount, hidden])
    inputGradient = tape.tensor(input.shape)
  }

  func runBackward(_ gradient: Tensor) {
    guard let dHidden, let dCell, let previous, let inputGradient else { preconditionFailure() }
    packedInput.pack()
    packedHidden.pack()
    let wide = 4 * hidden
    let ldh = 2 * hidden
    var next = 0
    for t in order.reversed() {
      let start = batch.stepOffsets[t]
      let (step, rows) = before(t)
      let prior = batch.stepOffsets[step]
      tk_lstm_backward(
        batch.stepSizes[t], hidden, z.pointer + start * wide, cells.pointer + prior * hidden, rows,
        squashed.pointer + start * hidden, gradient.pointer + start * ldh + column, ldh,
        dHidden.pointer, next, dCell.pointer)
      packedHidden.multiply(
        z.pointer + start * wide, lda: wide, rows: rows, into: dHidden.pointer, ldc: hidden,
        accumulate: false)
      next = rows
      // Sentences without a step before this one started from zero.
      for row in 0..<batch.stepSizes[t] {
        let state = previous.pointer + (start + row) * hidden
        if row < rows {
          state.update(from: output.pointer + (prior + row) * ldh + column, count: hidden)
        } else {
          state.update(repeating: 0, count: hidden)
        }
      }
    }
    let n = batch.tokenCount
    Products.addTransposed(
      z.pointer, lda: wide, input.pointer, ldb: input.shape[1], rows: n,
      toGradientOf: direction.inputWeight)
    Products.addTransposed(
      z.pointer, lda: wide, previous.pointer, ldb: hidden, rows: n,
      toGradientOf: direction.hiddenWeight)
    Products.addColumnSums(z.pointer, rows: n, toGradientOf: direction.inputBias)
    Products.addColumnSums(z.pointer, rows: n, toGradientOf: direction.hiddenBias)
    packedInput.multiply(
      z.pointer, lda: wide, rows: n, into: inputGradient.pointer, ldc: input.shape[1],
      accumulate: false)
  }
}
