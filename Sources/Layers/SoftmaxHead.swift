import CKernels
import Foundation
import Tensors

/// How a task's scores [N, C] become a loss and labels.
public protocol Head {
  /// Parameters beyond those of the linear layer that gives the scores.
  var parameters: [Parameter] { get }
  /// The loss of `scores` against the batch's gold labels, a scalar; every label must be known.
  func loss(_ scores: Variable, batch: Batch, on tape: Tape) -> Variable
  /// The best label of every token, in the batch's order.
  func decode(_ scores: Tensor, batch: Batch) -> [Int32]
}

/// Independent labels: cross entropy averaged over the batch's tokens, decoding by maximum.
public struct SoftmaxHead: Head {
  public let parameters: [Parameter] = []

  /// A head without parameters of its own.
  public init() {}

  public func loss(_ scores: Variable, batch: Batch, on tape: Tape) -> Variable {
    let n = scores.value.shape[0]
    let classes = scores.value.shape[1]
    let difference = tape.tensor([n, classes])
    let zeros = [Float](repeating: 0, count: classes)
    var total = 0.0
    for i in 0..<n {
      let row = scores.value.pointer + i * classes
      let out = difference.pointer + i * classes
      let label = Int(batch.labels[i])
      let norm = tk_log_sum_exp(classes, row, zeros)
      total += Double(norm - row[label])
      for j in 0..<classes { out[j] = row[j] - norm }
      tk_exp(classes, out, out)
      out[label] -= 1
    }
    let loss = Tensor([1], [Float(total / Double(n))], in: tape.workspace)
    return tape.record(loss) { gradient in
      let scale = gradient.pointer[0] / Float(n)
      for i in 0..<difference.count { difference.pointer[i] *= scale }
      tape.add(difference, to: scores)
    }
  }

  public func decode(_ scores: Tensor, batch: Batch) -> [Int32] {
    let classes = scores.shape[1]
    return (0..<scores.shape[0]).map { i in
      let row = scores.pointer + i * classes
      var best = 0
      for j in 1..<max(classes, 1) where row[j] > row[best] { best = j }
      return Int32(best)
    }
  }
}
