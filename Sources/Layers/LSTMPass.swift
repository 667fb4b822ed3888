import Batches
import CKernels
import Tensors

/// One direction of one LSTM or BiLSTM layer over one packing, forward and backward.
///
/// Two passes run side by side, one a direction: all memory is taken before they start, and they
/// write to different places. Notation: Z [N, 4H] pre-activations, then activated gates, then
/// their gradients, in one buffer; C, tanh C [N, H] cells.
final class LSTMPass {
  private let direction: BiLSTM.Direction
  private let packing: Packing
  private let input: Tensor, output: Tensor
  private let column: Int, hidden: Int
  private let z: Tensor, cells: Tensor, squashed: Tensor
  /// b_ih + b_hh, [4H].
  private let bias: Tensor
  private let inputProduct: any WeightProduct
  private var hiddenProduct: any WeightProduct
  private var products: BackwardProducts?
  /// Gradient of the hidden state before the step under way, and of its cell; [B, H].
  private var dHidden: Tensor?, dCell: Tensor?
  /// The state each token's step started from, [N, H].
  private var previous: Tensor?
  /// The gradient of the layer's input that this direction contributes, [N, D].
  private(set) var inputGradient: Tensor?

  /// Takes the memory of the pass. States go to `output`'s columns from
  /// `column` on.
  init(
    _ direction: BiLSTM.Direction, _ input: Tensor, _ output: Tensor, column: Int,
    _ packing: Packing, on tape: Tape
  ) {
    self.direction = direction
    self.packing = packing
    self.input = input
    self.output = output
    self.column = column
    hidden = direction.hiddenWeight.width
    z = tape.tensor([packing.rowCount, 4 * hidden])
    bias = tape.tensor([4 * hidden])
    bias.pointer.update(
      from: direction.inputBias.effectiveValues(in: tape.workspace).pointer, count: bias.count)
    tk_add(
      bias.count, direction.hiddenBias.effectiveValues(in: tape.workspace).pointer, bias.pointer)
    cells = tape.tensor([packing.rowCount, hidden])
    squashed = tape.tensor([packing.rowCount, hidden])
    inputProduct = direction.inputWeight.product(
      .forward, rows: packing.rowCount, in: tape.workspace)
    hiddenProduct = direction.hiddenWeight.product(
      .forwardStep, rows: packing.sentenceCount, in: tape.workspace)
  }

  /// The time steps in the order of this direction.
  private var order: [Int] {
    let steps = Array(packing.stepSizes.indices)
    return direction.isReverse ? steps.reversed() : steps
  }

  /// The step before `t` in this direction, and how many of step t's sentences it holds.
  private func before(_ t: Int) -> (step: Int, rows: Int) {
    let step = direction.isReverse ? t + 1 : t - 1
    guard packing.stepSizes.indices.contains(step) else { return (t, 0) }
    return (step, min(packing.stepSizes[t], packing.stepSizes[step]))
  }

  /// Computes states, cells and gates.
  func run() {
    inputProduct.prepare()
    hiddenProduct.prepare()
    let wide = 4 * hidden
    let ldh = output.shape[1]
    inputProduct.multiply(
      input.pointer, lda: input.shape[1], rows: packing.rowCount, into: z.pointer, ldc: wide,
      accumulate: false)
    for t in order {
      let start = packing.stepOffsets[t]
      let (step, rows) = before(t)
      let prior = packing.stepOffsets[step]
      hiddenProduct.multiply(
        output.pointer + prior * ldh + column, lda: ldh, rows: rows, into: z.pointer + start * wide,
        ldc: wide, accumulate: true)
      tk_lstm_forward(
        packing.stepSizes[t], hidden, z.pointer + start * wide, cells.pointer + prior * hidden,
        rows,
        bias.pointer, cells.pointer + start * hidden, squashed.pointer + start * hidden,
        output.pointer + start * ldh + column, ldh)
    }
  }

  /// Takes the memory of the way back.
  func prepareBackward(on tape: Tape) {
    hiddenProduct = direction.hiddenWeight.product(
      .backwardStep, rows: packing.sentenceCount, in: tape.workspace)
    products = BackwardProducts(
      [direction.inputWeight, direction.hiddenWeight], rows: packing.rowCount, in: tape.workspace)
    dHidden = tape.tensor([packing.sentenceCount, hidden])
    dCell = tape.tensor([packing.sentenceCount, hidden])
    previous = tape.tensor([packing.rowCount, hidden])
    inputGradient = tape.tensor(input.shape)
  }

  /// Adds to the parameters' gradients and computes `inputGradient`.
  func runBackward(_ gradient: Tensor) {
    guard let dHidden, let dCell, let previous, let inputGradient, let products else {
      preconditionFailure()
    }
    hiddenProduct.prepare()
    let wide = 4 * hidden
    let ldh = output.shape[1]
    var next = 0
    for t in order.reversed() {
      let start = packing.stepOffsets[t]
      let (step, rows) = before(t)
      let prior = packing.stepOffsets[step]
      tk_lstm_backward(
        packing.stepSizes[t], hidden, z.pointer + start * wide, cells.pointer + prior * hidden,
        rows,
        squashed.pointer + start * hidden, gradient.pointer + start * ldh + column, ldh,
        dHidden.pointer, next, dCell.pointer)
      hiddenProduct.multiply(
        z.pointer + start * wide, lda: wide, rows: rows, into: dHidden.pointer, ldc: hidden,
        accumulate: false)
      next = rows
      // Sentences without a step before this one started from zero.
      for row in 0..<packing.stepSizes[t] {
        let state = previous.pointer + (start + row) * hidden
        if row < rows {
          state.update(from: output.pointer + (prior + row) * ldh + column, count: hidden)
        } else {
          state.update(repeating: 0, count: hidden)
        }
      }
    }
    let n = packing.rowCount
    products.run(
      dz: z.pointer, inputs: [UnsafePointer(input.pointer), UnsafePointer(previous.pointer)],
      rows: n, dx: inputGradient.pointer)
    bias.pointer.update(repeating: 0, count: wide)
    tk_column_sums(n, wide, z.pointer, bias.pointer)
    Products.add(bias, toGradientOf: direction.inputBias)
    Products.add(bias, toGradientOf: direction.hiddenBias)
  }
}
