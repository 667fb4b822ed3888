import Tensors

/// A task's hidden layer below its scores: [N, D] → [N, H], max(X·Wᵀ + b, 0) (Ruder et al. 2019,
/// "MLP 100 with ReLU").
public final class HiddenLayer {
  /// The affine map.
  public let linear: Linear

  /// A layer of `outputs` units over `inputs` numbers, Xavier-uniform weights and zero bias.
  public init(_ name: String, inputs: Int, outputs: Int, seed: UInt64?) {
    linear = Linear(name, inputs: inputs, outputs: outputs, seed: seed)
  }

  /// The parameters, in the order of the weights file.
  public var parameters: [Parameter] { [linear.weight, linear.bias] }

  /// The units' outputs for every row of `x`.
  public func callAsFunction(_ x: Variable, on tape: Tape) -> Variable {
    ReLU()(linear(x, on: tape), on: tape)
  }
}
