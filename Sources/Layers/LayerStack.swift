import Batches
import Tensors

/// Layers one upon the other, what every encoder is made of: [N, D] → [N, S], whatever its rows
/// are.
public protocol LayerStack: AnyObject {
  /// K, how many layers there are.
  var depth: Int { get }
  /// S, how many numbers a state has.
  var stateWidth: Int { get }
  /// The parameters of layer `index` (from 0), in PyTorch's order.
  func parameters(ofLayer index: Int) -> [Parameter]
  /// The matrices that layer `index` multiplies its input with.
  func inputWeights(ofLayer index: Int) -> [Parameter]
  /// The states of layer `index` over its input `x`.
  func layer(_ index: Int, _ x: Variable, packing: Packing, on tape: Tape) -> Variable
}

extension LayerStack {
  /// All parameters, in PyTorch's order.
  public var parameters: [Parameter] { (0..<depth).flatMap(parameters(ofLayer:)) }

  /// The top layer's states over `x`.
  public func callAsFunction(_ x: Variable, packing: Packing, on tape: Tape) -> Variable {
    (0..<depth).reduce(x) { layer($1, $0, packing: packing, on: tape) }
  }

  /// The weight matrices.
  public var weights: [Parameter] { parameters.filter { $0.shape.count == 2 } }
}
