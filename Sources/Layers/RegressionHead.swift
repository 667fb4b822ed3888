import Batches
import Tensors

/// A value a row: the score [B, 1] is the prediction, the loss the mean over the batch of its
/// squared difference from the gold value, in the file's own units.
public struct RegressionHead: Head {
  public let parameters: [Parameter] = []

  /// A head without parameters of its own.
  public init() {}

  public func loss(_ scores: Variable, batch: Batch, on tape: Tape) -> Variable {
    let count = scores.value.count
    precondition(batch.values.count == count, "a loss needs a gold value for every score")
    let difference = tape.tensor(scores.value.shape)
    var total = 0.0
    for i in 0..<count {
      difference.pointer[i] = scores.value.pointer[i] - batch.values[i]
      total += Double(difference.pointer[i]) * Double(difference.pointer[i])
    }
    let loss = Tensor([1], [Float(total / Double(count))], in: tape.workspace)
    return tape.record(loss) { gradient in
      let scale = 2 * gradient.pointer[0] / Float(count)
      for i in 0..<count { difference.pointer[i] *= scale }
      tape.add(difference, to: scores)
    }
  }

  public func decode(_ scores: Tensor, batch: Batch) -> [Int32] {
    preconditionFailure("values have no labels")
  }
}
