import CKernels
import Tensors

/// A direction's way over a batch with the alive weights only; feature-major.
///
/// Arrays have a row for each feature and a column for each token, in the batch's order; a row's
/// stride is an odd number of cache lines, so that the rows of a feature's neighbours fall into
/// different cache sets. Steps hand on states in arrays just wide enough for 32 sentences at
/// most; longer batches are worked on 32 sentences at a time. Notation as in `LSTMPass`.
final class SparsePass: DirectionPass {
  private static let chunk = 32

  private let direction: BiLSTM.Direction
  private let weights: (input: AliveWeights, hidden: AliveWeights)
  private let batch: Batch
  private let input: Tensor, output: Tensor
  private let column: Int, hidden: Int, stride: Int
  private let inputForward: SparseMatrix, hiddenForward: SparseMatrix
  private let bias: Tensor
  private let x: Tensor, z: Tensor, states: Tensor
  /// State and cell before each token's step and tanh of the cell after it; only for training.
  private let kept: (state: Tensor, cell: Tensor, squashed: Tensor)?
  /// What a step hands to the next, [H, up to 32].
  private let state: Tensor, cell: Tensor
  private var back: Back?
  var inputGradient: Tensor? { back?.inputGradient }

  /// Memory and matrices of the way back.
  private struct Back {
    let inputBackward: SparseMatrix, hiddenBackward: SparseMatrix
    let inputGradients: SparseMatrix, hiddenGradients: SparseMatrix
    let dx: Tensor, dStates: Tensor, dz: Tensor, inputGradient: Tensor
    /// What products on the way back start from, one a row.
    let zeros: Tensor
  }

  /// Takes the memory of the pass. States go to `output`'s columns from `column` on.
  init(
    _ direction: BiLSTM.Direction, _ weights: (input: AliveWeights, hidden: AliveWeights),
    _ input: Tensor, _ output: Tensor, column: Int, _ batch: Batch, on tape: Tape
  ) {
    self.direction = direction
    self.weights = weights
    self.batch = batch
    self.input = input
    self.output = output
    self.column = column
    let hidden = direction.hiddenWeight.width
    self.hidden = hidden
    let stride = ((batch.tokenCount + 15) / 16 | 1) * 16
    self.stride = stride
    inputForward = weights.input.matrix(.forward, isRecurrent: false)
    hiddenForward = weights.hidden.matrix(.forward, isRecurrent: true)
    bias = tape.tensor([4 * hidden])
    bias.pointer.update(
      from: direction.inputBias.effectiveValues(in: tape.workspace).pointer, count: bias.count)
    tk_add(
      bias.count, direction.hiddenBias.effectiveValues(in: tape.workspace).pointer, bias.pointer)
    x = tape.tensor([input.shape[1], stride])
    z = tape.tensor([4 * hidden, stride])
    states = tape.tensor([hidden, stride])
    kept =
      tape.isRecording
      ? (
        tape.tensor([hidden, stride]), tape.tensor([hidden, stride]),
        tape.tensor([hidden, stride])
      ) : nil
    state = tape.tensor([hidden, Self.chunk])
    cell = tape.tensor([hidden, Self.chunk])
  }

  func run() {
    let n = batch.tokenCount
    inputForward.fetch(from: direction.inputWeight.values.baseAddress!)
    hiddenForward.fetch(from: direction.hiddenWeight.values.baseAddress!)
    tk_transpose(n, input.shape[1], input.pointer, input.shape[1], x.pointer, stride)
    inputForward.multiply(
      x.pointer, ldb: stride, tokens: n, into: z.pointer, ldc: stride, initial: bias.pointer)
    forEachChunk(forwards: true) { place, count, units, isFirst in
      if !isFirst {
        hiddenForward.multiply(
          state.pointer, ldb: 16 * units, tokens: count, into: z.pointer + place, ldc: stride)
      }
      tk_lstm_forward_lanes(
        hidden, count, z.pointer + place, stride, units, lanes(place), states.pointer + place)
    }
    tk_transpose_back(
      n, hidden, states.pointer, stride, output.pointer + column, 2 * hidden)
  }

  func prepareBackward(on tape: Tape) {
    back = Back(
      inputBackward: weights.input.matrix(.backward, isRecurrent: false),
      hiddenBackward: weights.hidden.matrix(.backward, isRecurrent: true),
      inputGradients: weights.input.matrix(.gradient, isRecurrent: false),
      hiddenGradients: weights.hidden.matrix(.gradient, isRecurrent: false),
      dx: tape.tensor(x.shape), dStates: tape.tensor(states.shape),
      dz: tape.tensor([4 * hidden, Self.chunk]), inputGradient: tape.tensor(input.shape),
      zeros: Tensor([max(hidden, input.shape[1])], filledWith: 0, in: tape.workspace))
  }

  func runBackward(_ gradient: Tensor) {
    guard let back, let kept else { preconditionFailure() }
    let n = batch.tokenCount
    back.inputBackward.fetch(from: direction.inputWeight.values.baseAddress!)
    back.hiddenBackward.fetch(from: direction.hiddenWeight.values.baseAddress!)
    tk_transpose(
      n, hidden, gradient.pointer + column, 2 * hidden, back.dStates.pointer, stride)
    forEachChunk(forwards: false) { place, count, units, isFirst in
      if !isFirst {
        back.hiddenBackward.multiply(
          back.dz.pointer, ldb: 16 * units, tokens: 16 * units, into: state.pointer,
          ldc: 16 * units, initial: back.zeros.pointer)
      }
      tk_lstm_backward_lanes(
        hidden, count, z.pointer + place, stride, units, lanes(place),
        back.dStates.pointer + place, back.dz.pointer)
    }
    // Gradients sum whole units of tokens.
    for row in 0..<hidden where n < stride {
      (kept.state.pointer + row * stride + n).update(repeating: 0, count: stride - n)
    }
    addGradient(back.inputGradients, x, to: direction.inputWeight)
    addGradient(back.hiddenGradients, kept.state, to: direction.hiddenWeight)
    bias.pointer.update(repeating: 0, count: bias.count)
    tk_row_sums(4 * hidden, n, z.pointer, stride, bias.pointer)
    Products.add(bias, toGradientOf: direction.inputBias)
    Products.add(bias, toGradientOf: direction.hiddenBias)
    back.inputBackward.multiply(
      z.pointer, ldb: stride, tokens: n, into: back.dx.pointer, ldc: stride,
      initial: back.zeros.pointer)
    tk_transpose_back(
      n, input.shape[1], back.dx.pointer, stride, back.inputGradient.pointer, input.shape[1])
  }

  private func addGradient(_ matrix: SparseMatrix, _ x: Tensor, to parameter: Parameter) {
    matrix.addGradient(
      z.pointer, ldz: stride, x.pointer, ldx: stride, tokens: batch.tokenCount,
      to: parameter.gradient.baseAddress!, accumulate: parameter.hasGradient)
    parameter.hasGradient = true
  }

  /// What a step at column `place` reads and keeps.
  private func lanes(_ place: Int) -> tk_lanes {
    tk_lanes(
      h: state.pointer, c: cell.pointer, h_prev: kept.map { $0.state.pointer + place },
      c_prev: kept.map { $0.cell.pointer + place }, tanh_c: kept.map { $0.squashed.pointer + place }
    )
  }

  /// Calls `step` for every time step of every chunk of sentences, in or against the order of
  /// this direction: with the column of its first token, its number of sentences, the units of
  /// 16 that the chunk's states take, and whether it is the chunk's first.
  private func forEachChunk(
    forwards: Bool, _ step: (_ place: Int, _ count: Int, _ units: Int, _ isFirst: Bool) -> Void
  ) {
    let steps = batch.stepSizes.count
    for start in Swift.stride(from: 0, to: batch.sentenceCount, by: Self.chunk) {
      let units = (min(Self.chunk, batch.sentenceCount - start) + 15) / 16
      state.pointer.update(repeating: 0, count: state.count)
      cell.pointer.update(repeating: 0, count: cell.count)
      var isFirst = true
      for i in 0..<steps {
        let t = forwards == direction.isReverse ? steps - 1 - i : i
        let count = min(batch.stepSizes[t] - start, Self.chunk)
        guard count > 0 else { continue }
        step(batch.stepOffsets[t] + start, count, units, isFirst)
        isFirst = false
      }
    }
  }
}
