import Foundation
import Tensors

/// What makes drawn actions of a policy more or less probable (Chen et al. 2018, equation 2), and
/// keeps it undecided if asked to: −Σ_r w_r log π_r(a_r) − β Σ_r h_r H(π_r) over rows r of scores
/// [N, A], π_r being the softmax over the first `allowed` actions of the row.
public struct ActionLoss: Sendable {
  /// One row: what was drawn, and what it counts for.
  public struct Row: Sendable {
    let action: Int, allowed: Int
    let weight: Double, entropyWeight: Double

    /// Action `action` of the first `allowed` ones, weighted with w and βh.
    public init(action: Int, allowed: Int, weight: Double, entropyWeight: Double) {
      precondition(0 <= action && action < allowed)
      self.action = action
      self.allowed = allowed
      self.weight = weight
      self.entropyWeight = entropyWeight
    }
  }

  private let rows: [Row]

  /// The loss of `rows`, one for each row of the scores.
  public init(_ rows: [Row]) { self.rows = rows }

  /// The loss [1], and the entropy H(π_r) of every row, in nats.
  public func callAsFunction(
    _ scores: Variable, on tape: Tape
  ) -> (loss: Variable, entropies: [Double]) {
    let width = scores.value.shape[1]
    let slopes = Tensor(scores.value.shape, filledWith: 0, in: tape.workspace)
    var total = 0.0
    var entropies: [Double] = []
    for (index, row) in rows.enumerated() {
      let logs = Self.logSoftmax(scores.value.pointer + index * width, count: row.allowed)
      let entropy = -logs.reduce(0) { $0 + exp($1) * $1 }
      entropies.append(entropy)
      total -= row.weight * logs[row.action] + row.entropyWeight * entropy
      for (action, log) in logs.enumerated() {
        let isDrawn: Double = action == row.action ? 1 : 0
        slopes.pointer[index * width + action] = Float(
          row.weight * (exp(log) - isDrawn) + row.entropyWeight * exp(log) * (log + entropy))
      }
    }
    let loss = tape.record(Tensor([1], [Float(total)], in: tape.workspace)) { gradient in
      for i in 0..<slopes.count { slopes.pointer[i] *= gradient.pointer[0] }
      tape.add(slopes, to: scores)
    }
    return (loss, entropies)
  }

  /// log softmax of the first `count` of `scores`.
  public static func logSoftmax(_ scores: UnsafePointer<Float>, count: Int) -> [Double] {
    let values = (0..<count).map { Double(scores[$0]) }
    let most = values.max()!
    let norm = most + log(values.reduce(0) { $0 + exp($1 - most) })
    return values.map { $0 - norm }
  }
}
