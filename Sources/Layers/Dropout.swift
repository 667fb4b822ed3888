import CKernels
import Tensors

/// One use of dropout: every number is zeroed with probability `rate`, the others divided by
/// 1 − rate. What is zeroed depends on `key` and the number's place alone.
public struct Dropout: Sendable {
  /// Where nothing is dropped, as in evaluation.
  public static let none = Dropout(rate: 0, key: 0)

  let rate: Float
  let key: UInt64

  /// Drops numbers with probability `rate` as `key` selects them.
  public init(rate: Float, key: UInt64) {
    self.rate = rate
    self.key = key
  }

  /// What is left of x.
  public func callAsFunction(_ x: Variable, on tape: Tape) -> Variable {
    guard rate > 0 else { return x }
    let y = tape.tensor(x.value.shape)
    apply(to: x.value, into: y, threads: tape.threads)
    return tape.record(y) { gradient in
      let dx = tape.tensor(x.value.shape)
      apply(to: gradient, into: dx, threads: tape.threads)
      tape.add(dx, to: x)
    }
  }

  private func apply(to x: Tensor, into y: Tensor, threads: Int) {
    let half = x.count / 128 * 64
    Parallel.both(
      threads: threads, { tk_dropout(half, x.pointer, y.pointer, 0, key, rate) },
      { tk_dropout(x.count - half, x.pointer + half, y.pointer + half, half, key, rate) })
  }
}
