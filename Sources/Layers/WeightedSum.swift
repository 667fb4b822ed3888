import CKernels
import Tensors

/// Sums of parts of activations, each times one number: what stitch units and layer mixtures do.
struct WeightedSum {
  /// `weight` times `width` columns of `source` from `from` on goes to the result's columns from
  /// `to` on.
  struct Term {
    let source: Variable
    let from: Int, to: Int, width: Int
    let weight: Float
    /// Which number of the parameter the weight is; nil if it is fixed.
    var entry: Int?
  }

  /// The sum of `terms` [N, `width`]. On the way back `deliver` gets the gradient of the loss with
  /// respect to every term's weight that has an entry.
  static func of(
    _ terms: [Term], width: Int, on tape: Tape,
    deliver: @escaping (_ entry: Int, _ gradient: Double) -> Void
  ) -> Variable {
    let n = terms[0].source.value.shape[0]
    let sum = tape.tensor([n, width])
    let threads = tape.threads
    forHalves(of: n, threads: threads) { rows, _ in
      (sum.pointer + rows.lowerBound * width).update(repeating: 0, count: rows.count * width)
      for term in terms where term.weight != 0 {
        term.add(term.weight, rows, from: term.source.value, to: sum)
      }
    }
    return tape.record(sum) { gradient in
      let targets = terms.map { tape.gradient(of: $0.source) }
      var slopes = [Double](repeating: 0, count: 2 * terms.count)
      slopes.withUnsafeMutableBufferPointer { slopes in
        nonisolated(unsafe) let slopes = slopes
        forHalves(of: n, threads: threads) { rows, half in
          for (index, term) in terms.enumerated() {
            if term.weight != 0 {
              term.addBack(term.weight, rows, from: gradient, to: targets[index])
            }
            guard term.entry != nil else { continue }
            slopes[half * terms.count + index] = term.slope(rows, gradient)
          }
        }
      }
      for (index, term) in terms.enumerated() {
        guard let entry = term.entry else { continue }
        deliver(entry, slopes[index] + slopes[terms.count + index])
      }
    }
  }

  /// Both halves of the rows, whatever the number of threads, so that sums do not depend on it.
  private static func forHalves(
    of count: Int, threads: Int, _ body: @escaping (_ rows: Range<Int>, _ half: Int) -> Void
  ) {
    Parallel.both(
      threads: threads, { body(0..<count / 2, 0) }, { body(count / 2..<count, 1) })
  }
}

extension WeightedSum.Term {
  fileprivate func add(_ factor: Float, _ rows: Range<Int>, from: Tensor, to sum: Tensor) {
    let (ldx, ldy) = (from.shape[1], sum.shape[1])
    tk_add_scaled(
      rows.count, width, factor, from.pointer + rows.lowerBound * ldx + self.from, ldx,
      sum.pointer + rows.lowerBound * ldy + to, ldy)
  }

  fileprivate func addBack(
    _ factor: Float, _ rows: Range<Int>, from gradient: Tensor, to target: Tensor
  ) {
    let (ldx, ldy) = (gradient.shape[1], target.shape[1])
    tk_add_scaled(
      rows.count, width, factor, gradient.pointer + rows.lowerBound * ldx + to, ldx,
      target.pointer + rows.lowerBound * ldy + from, ldy)
  }

  fileprivate func slope(_ rows: Range<Int>, _ gradient: Tensor) -> Double {
    let (ldx, ldy) = (source.value.shape[1], gradient.shape[1])
    return tk_dot_rows(
      rows.count, width, source.value.pointer + rows.lowerBound * ldx + from, ldx,
      gradient.pointer + rows.lowerBound * ldy + to, ldy)
  }
}
