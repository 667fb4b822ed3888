import CKernels
import Tensors

/// A number times every number of a tensor: what gives a loss its weight.
public struct Scaling: Sendable {
  private let factor: Float

  /// Multiplication by `factor`.
  public init(_ factor: Float) { self.factor = factor }

  /// factor · x, a tensor of x's shape.
  public func callAsFunction(_ x: Variable, on tape: Tape) -> Variable {
    let y = tape.tensor(x.value.shape)
    y.pointer.update(from: x.value.pointer, count: y.count)
    tk_scale(y.count, factor, y.pointer)
    return tape.record(y) { [factor] gradient in
      // Nothing else reads the gradient of the result, so x may take it over.
      tk_scale(gradient.count, factor, gradient.pointer)
      tape.add(gradient, to: x)
    }
  }
}
