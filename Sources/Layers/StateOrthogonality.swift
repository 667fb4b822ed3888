import CKernels
import Tensors

/// How far two kinds of states of the same rows are from being orthogonal: ‖SᵀP‖_F² (Liu and Huang
/// 2018, equation 13).
public struct StateOrthogonality: Sendable {
  /// The measure; it has nothing to set.
  public init() {}

  /// ‖SᵀP‖_F², a scalar, of S [B, D] and P [B, E]; its gradient goes to both.
  public func callAsFunction(_ s: Variable, _ p: Variable, on tape: Tape) -> Variable {
    let (b, d, e) = (s.value.shape[0], s.value.shape[1], p.value.shape[1])
    precondition(p.value.shape[0] == b)
    let products = tape.tensor([d, e])
    Products.multiply(
      m: d, n: e, k: b, s.value.pointer, (1, d), p.value.pointer, (e, 1), into: products.pointer,
      ldc: e)
    let square = tk_sum_squares(products.count, products.pointer, nil)
    return tape.record(Tensor([1], [Float(square)], in: tape.workspace)) { gradient in
      tk_scale(products.count, 2 * gradient.pointer[0], products.pointer)
      let (ds, dp) = (tape.tensor([b, d]), tape.tensor([b, e]))
      Products.multiply(
        m: b, n: d, k: e, p.value.pointer, (e, 1), products.pointer, (1, e), into: ds.pointer,
        ldc: d)
      Products.multiply(
        m: b, n: e, k: d, s.value.pointer, (d, 1), products.pointer, (e, 1), into: dp.pointer,
        ldc: e)
      tape.add(ds, to: s)
      tape.add(dp, to: p)
    }
  }
}
