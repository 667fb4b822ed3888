import CKernels
import Tensors

/// The gradient turned round on its way back: what is above learns to tell, what is below to hide
/// (Ganin and Lempitsky 2015).
public struct GradientReversal: Sendable {
  /// The reversal; it has nothing to set.
  public init() {}

  /// x itself; its gradient is the negative of the result's.
  public func callAsFunction(_ x: Variable, on tape: Tape) -> Variable {
    tape.record(x.value) { gradient in
      // Nothing else reads the gradient of the result, so x may take it over.
      tk_scale(gradient.count, -1, gradient.pointer)
      tape.add(gradient, to: x)
    }
  }
}
