import Batches
import CKernels
import Tensors

/// One vector a text out of the states of its tokens: [N, D] → [B, D].
public enum TextPooling: String, Sendable, CaseIterable, Codable {
  /// The average over the tokens (Chen et al. 2018, section 3.1).
  case mean
  /// The maximum over the tokens, number by number; of equal ones the first token's.
  case max
  /// Where each direction ends: the forward half of the last token's state beside the backward
  /// half of the first token's, if there is one.
  case last

  /// The vectors of the sentences of `packing`, in its order.
  ///
  /// - Parameters:
  ///   - hidden: H, the units of a direction.
  ///   - directions: which there are; D is 2H or H, or that times the layers side by side.
  public func callAsFunction(
    _ states: Variable, packing: Packing, hidden: Int, directions: Directions = .both,
    on tape: Tape
  ) -> Variable {
    switch self {
    case .mean: mean(states, packing, tape)
    case .max: maximum(states, packing, tape)
    case .last: last(states, packing, hidden, directions, tape)
    }
  }

  private func mean(_ states: Variable, _ packing: Packing, _ tape: Tape) -> Variable {
    let width = states.value.shape[1]
    let scales = packing.lengths.map { 1 / Float($0) }
    let result = Tensor([packing.sentenceCount, width], filledWith: 0, in: tape.workspace)
    // A step's rows are those of the first sentences: both sides lie side by side.
    for (step, size) in packing.stepSizes.enumerated() {
      let rows = states.value.pointer + packing.stepOffsets[step] * width
      tk_add(size * width, rows, result.pointer)
    }
    for (row, scale) in scales.enumerated() { tk_scale(width, scale, result.pointer + row * width) }
    return tape.record(result) { gradient in
      let share = tape.tensor(gradient.shape)
      share.pointer.update(from: gradient.pointer, count: gradient.count)
      for (row, scale) in scales.enumerated() {
        tk_scale(width, scale, share.pointer + row * width)
      }
      let dx = tape.tensor(states.value.shape)
      for (step, size) in packing.stepSizes.enumerated() {
        (dx.pointer + packing.stepOffsets[step] * width)
          .update(from: share.pointer, count: size * width)
      }
      tape.add(dx, to: states)
    }
  }

  private func maximum(_ states: Variable, _ packing: Packing, _ tape: Tape) -> Variable {
    let width = states.value.shape[1]
    let result = tape.tensor([packing.sentenceCount, width])
    let best = tape.integers(result.count)
    for (step, size) in packing.stepSizes.enumerated() {
      let rows = states.value.pointer + packing.stepOffsets[step] * width
      for i in 0..<size * width where step == 0 || rows[i] > result.pointer[i] {
        result.pointer[i] = rows[i]
        best.pointer[i] = Int32(step)
      }
    }
    return tape.record(result) { gradient in
      let dx = Tensor(states.value.shape, filledWith: 0, in: tape.workspace)
      for i in 0..<gradient.count {
        let start = packing.stepOffsets[Int(best.pointer[i])] * width
        dx.pointer[start + i] = gradient.pointer[i]
      }
      tape.add(dx, to: states)
    }
  }

  private func last(
    _ states: Variable, _ packing: Packing, _ hidden: Int, _ directions: Directions, _ tape: Tape
  ) -> Variable {
    let width = states.value.shape[1]
    let rows = packing.lastRows
    /// Calls `body` for every run of units of one direction: where it starts among the states and
    /// among the vectors.
    func forEachRun(_ body: (_ state: Int, _ vector: Int) -> Void) {
      for (index, row) in rows.enumerated() {
        for start in stride(from: 0, to: width, by: directions.count * hidden) {
          body(row * width + start, index * width + start)
          guard directions == .both else { continue }
          // A sentence's first token has the sentence's own number among the rows.
          body(index * width + start + hidden, index * width + start + hidden)
        }
      }
    }
    let result = tape.tensor([rows.count, width])
    forEachRun { state, vector in
      (result.pointer + vector).update(from: states.value.pointer + state, count: hidden)
    }
    return tape.record(result) { gradient in
      let dx = Tensor(states.value.shape, filledWith: 0, in: tape.workspace)
      forEachRun { state, vector in
        tk_add(hidden, gradient.pointer + vector, dx.pointer + state)
      }
      tape.add(dx, to: states)
    }
  }
}
