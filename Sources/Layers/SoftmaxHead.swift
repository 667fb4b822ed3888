import Batches
import CKernels
import Tensors

/// How a task's scores become a loss and labels: a row a token [N, C], or a row a text [B, C].
public protocol Head {
  /// Parameters beyond those of the linear layer that gives the scores.
  var parameters: [Parameter] { get }
  /// The loss of `scores` against the batch's gold labels or values, a scalar; every label must be
  /// known.
  func loss(_ scores: Variable, batch: Batch, on tape: Tape) -> Variable
  /// The best label of every row of the scores; regression has none.
  func decode(_ scores: Tensor, batch: Batch) -> [Int32]
}

extension Head {
  /// Stops where a gold label is none of the scores': no kernel ever indexes by such a label.
  func requireKnown(_ labels: [Int32], count: Int, classes: Int) {
    precondition(
      labels.count == count && labels.allSatisfy { 0 <= $0 && $0 < classes },
      "a loss needs a known label for every row of its scores")
  }
}

/// Independent labels: cross entropy averaged over the rows, tokens or texts; decoding by maximum.
public struct SoftmaxHead: Head {
  public let parameters: [Parameter] = []

  /// A head without parameters of its own.
  public init() {}

  public func loss(_ scores: Variable, batch: Batch, on tape: Tape) -> Variable {
    let n = scores.value.shape[0]
    let classes = scores.value.shape[1]
    requireKnown(batch.labels, count: n, classes: classes)
    let difference = tape.tensor([n, classes])
    let total = tk_softmax_loss(
      n, classes, scores.value.pointer, batch.labels, difference.pointer)
    let loss = Tensor([1], [Float(total / Double(n))], in: tape.workspace)
    return tape.record(loss) { gradient in
      tk_scale(difference.count, gradient.pointer[0] / Float(n), difference.pointer)
      tape.add(difference, to: scores)
    }
  }

  public func decode(_ scores: Tensor, batch: Batch) -> [Int32] {
    let n = scores.shape[0]
    return Array(unsafeUninitializedCapacity: n) { labels, count in
      tk_best_labels(n, scores.shape[1], scores.pointer, labels.baseAddress)
      count = n
    }
  }
}
