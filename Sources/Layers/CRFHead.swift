import Basics
import Batches
import CKernels
import Foundation
import Tensors

/// A linear-chain conditional random field over a task's scores (Lafferty et al. 2001).
///
/// A labelling's score is start + Σ emissions + Σ transitions + end. The loss is the negative
/// log-likelihood, by the forward algorithm in log space, averaged over the batch's sentences;
/// decoding is Viterbi's.
public struct CRFHead: Head {
  /// Score of going from label i to label j: [C, C].
  public let transitions: Parameter
  /// Score of starting and of ending in a label: [C].
  public let start: Parameter, end: Parameter

  public var parameters: [Parameter] { [transitions, start, end] }

  /// A CRF over `classes` labels, uniform in ±0.1.
  public init(_ name: String, classes: Int, seed: UInt64?) {
    transitions = Parameter("\(name).transitions", [classes, classes])
    start = Parameter("\(name).start", [classes])
    end = Parameter("\(name).end", [classes])
    for parameter in parameters { Initialisation.uniform(parameter, within: 0.1, seed: seed) }
  }

  public func loss(_ scores: Variable, batch: Batch, on tape: Tape) -> Variable {
    let classes = scores.value.shape[1]
    requireKnown(batch.labels, count: scores.value.shape[0], classes: classes)
    let marginals = Tensor(scores.value.shape, filledWith: 0, in: tape.workspace)
    // Expected minus observed counts, summed over the sentences.
    let dTransitions = Tensor([classes, classes], filledWith: 0, in: tape.workspace)
    let dStart = Tensor([classes], filledWith: 0, in: tape.workspace)
    let dEnd = Tensor([classes], filledWith: 0, in: tape.workspace)
    var total = 0.0
    for sentence in 0..<batch.sentenceCount {
      let rows = batch.packing.rows(of: sentence)
      total += forwardBackward(
        rows, scores.value, batch.labels, marginals, dTransitions, dStart, dEnd, on: tape)
    }
    let count = Float(batch.sentenceCount)
    let loss = Tensor([1], [Float(total / Double(count))], in: tape.workspace)
    return tape.record(loss) { gradient in
      let scale = gradient.pointer[0] / count
      for i in 0..<marginals.count { marginals.pointer[i] *= scale }
      tape.add(marginals, to: scores)
      for (parameter, sums) in [(transitions, dTransitions), (start, dStart), (end, dEnd)] {
        // Sentences of one token have no transition: no gradient, so no momentum either.
        if parameter === transitions && batch.packing.stepSizes.count == 1 { continue }
        if !parameter.hasGradient { parameter.gradient.update(repeating: 0) }
        parameter.hasGradient = true
        for i in 0..<sums.count { parameter.gradient[i] += sums.pointer[i] * scale }
      }
    }
  }

  /// Adds one sentence's expected minus observed counts to the sums and gives its loss.
  private func forwardBackward(
    _ rows: [Int], _ scores: Tensor, _ labels: [Int32], _ marginals: Tensor,
    _ dTransitions: Tensor, _ dStart: Tensor, _ dEnd: Tensor, on tape: Tape
  ) -> Double {
    let c = scores.shape[1]
    let length = rows.count
    let from = transitions.values.baseAddress!
    let into = tape.tensor([c, c])  // transposed: scores into a label are contiguous
    for i in 0..<c { for j in 0..<c { into.pointer[j * c + i] = from[i * c + j] } }
    let alpha = tape.tensor([length, c])
    let beta = tape.tensor([length, c])
    for (t, row) in rows.enumerated() {
      let emission = scores.pointer + row * c
      let here = alpha.pointer + t * c
      for j in 0..<c {
        here[j] =
          emission[j]
          + (t == 0
            ? start.values[j]
            : tk_log_sum_exp(c, alpha.pointer + (t - 1) * c, into.pointer + j * c))
      }
    }
    let norm = tk_log_sum_exp(c, alpha.pointer + (length - 1) * c, end.values.baseAddress!)
    (beta.pointer + (length - 1) * c).update(from: end.values.baseAddress!, count: c)
    let ahead = tape.tensor([c])  // emission plus beta of the next position
    let pair = tape.tensor([c])
    for t in stride(from: length - 2, through: 0, by: -1) {
      let next = beta.pointer + (t + 1) * c
      let emission = scores.pointer + rows[t + 1] * c
      for j in 0..<c { ahead.pointer[j] = emission[j] + next[j] }
      for i in 0..<c {
        beta.pointer[t * c + i] = tk_log_sum_exp(c, from + i * c, ahead.pointer)
        let base = alpha.pointer[t * c + i] - norm
        for j in 0..<c { pair.pointer[j] = base + from[i * c + j] + ahead.pointer[j] }
        tk_exp(c, pair.pointer, pair.pointer)
        tk_add(c, pair.pointer, dTransitions.pointer + i * c)
      }
    }
    var gold = 0.0
    for (t, row) in rows.enumerated() {
      let out = marginals.pointer + row * c
      let label = Int(labels[row])
      for j in 0..<c { out[j] = alpha.pointer[t * c + j] + beta.pointer[t * c + j] - norm }
      tk_exp(c, out, out)
      if t == 0 { tk_add(c, out, dStart.pointer) }
      if t == length - 1 { tk_add(c, out, dEnd.pointer) }
      out[label] -= 1
      gold += Double(scores.pointer[row * c + label])
      if t > 0 {
        let edge = Int(labels[rows[t - 1]]) * c + label
        gold += Double(from[edge])
        dTransitions.pointer[edge] -= 1
      }
    }
    let first = Int(labels[rows[0]])
    let last = Int(labels[rows[length - 1]])
    dStart.pointer[first] -= 1
    dEnd.pointer[last] -= 1
    return Double(norm) - gold - Double(start.values[first] + end.values[last])
  }

  public func decode(_ scores: Tensor, batch: Batch) -> [Int32] {
    var labels = [Int32](repeating: 0, count: scores.shape[0])
    for sentence in 0..<batch.sentenceCount {
      let rows = batch.packing.rows(of: sentence)
      for (row, label) in zip(rows, viterbi(rows, scores)) { labels[row] = label }
    }
    return labels
  }

  private func viterbi(_ rows: [Int], _ scores: Tensor) -> [Int32] {
    let c = scores.shape[1]
    var best = (0..<c).map { start.values[$0] + scores.pointer[rows[0] * c + $0] }
    var back: [[Int32]] = []
    for row in rows.dropFirst() {
      var next = [Float](repeating: -.infinity, count: c)
      var choice = [Int32](repeating: 0, count: c)
      for i in 0..<c {
        for j in 0..<c where best[i] + transitions.values[i * c + j] > next[j] {
          next[j] = best[i] + transitions.values[i * c + j]
          choice[j] = Int32(i)
        }
      }
      for j in 0..<c { next[j] += scores.pointer[row * c + j] }
      best = next
      back.append(choice)
    }
    for j in 0..<c { best[j] += end.values[j] }
    var label = Int32(best.indices.reduce(0) { best[$1] > best[$0] ? $1 : $0 })
    var path = [label]
    for choice in back.reversed() {
      label = choice[Int(label)]
      path.append(label)
    }
    return path.reversed()
  }
}
