import Batches
import Tensors

/// A stack of fully connected layers over feature vectors: [N, D] → [N, H], each max(X·Wᵀ + b, 0).
///
/// Its weight matrices are pruned as those of a BiLSTM are, and multiplied sparsely where that
/// pays. Names are those of a `torch.nn.ModuleList` of `torch.nn.Linear`.
public final class FullyConnected: LayerStack {
  /// One layer.
  private struct Layer {
    /// W [H, D].
    let weight: Parameter
    /// b [H].
    let bias: Parameter
  }

  private let layers: [Layer]

  /// A stack of `layers` layers of `hidden` units, Xavier-uniform weights and zero bias.
  ///
  /// - Parameter isPrunable: whether pruning may remove its weights.
  public init(
    _ name: String, inputs: Int, hidden: Int, layers: Int, isPrunable: Bool = true, seed: UInt64?
  ) {
    self.layers = (0..<layers).map { index in
      let layer = Layer(
        weight: Parameter(
          "\(name).\(index).weight", [hidden, index == 0 ? inputs : hidden], isPrunable: isPrunable,
          sparseUse: .tokens),
        bias: Parameter("\(name).\(index).bias", [hidden]))
      Initialisation.xavier(layer.weight, seed: seed)
      return layer
    }
  }

  public var depth: Int { layers.count }
  public var stateWidth: Int { layers[0].weight.shape[0] }

  public func parameters(ofLayer index: Int) -> [Parameter] {
    [layers[index].weight, layers[index].bias]
  }

  public func inputWeights(ofLayer index: Int) -> [Parameter] { [layers[index].weight] }

  public func layer(_ index: Int, _ x: Variable, packing: Packing, on tape: Tape) -> Variable {
    ReLU()(affine(layers[index], x, on: tape), on: tape)
  }

  /// X·Wᵀ + b over the alive weights.
  private func affine(_ layer: Layer, _ x: Variable, on tape: Tape) -> Variable {
    let (weight, bias) = (layer.weight, layer.bias)
    let (rows, units, inputs) = (x.value.shape[0], weight.shape[0], weight.width)
    let y = tape.tensor([rows, units])
    let start = bias.effectiveValues(in: tape.workspace)
    for row in 0..<rows {
      (y.pointer + row * units).update(from: start.pointer, count: units)
    }
    let product = weight.product(.forward, rows: rows, in: tape.workspace)
    product.prepare()
    product.multiply(
      x.value.pointer, lda: inputs, rows: rows, into: y.pointer, ldc: units, accumulate: true)
    return tape.record(y) { gradient in
      let dx = tape.tensor(x.value.shape)
      BackwardProducts([weight], rows: rows, in: tape.workspace).run(
        dz: gradient.pointer, inputs: [UnsafePointer(x.value.pointer)], rows: rows, dx: dx.pointer)
      Products.addColumnSums(gradient.pointer, rows: rows, toGradientOf: bias)
      tape.add(dx, to: x)
    }
  }
}
