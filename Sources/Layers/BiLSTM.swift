import Basics
import Batches
import Masks
import Tensors

/// A stack of bidirectional LSTM layers over packed sentences: [N, D] → [N, 2H].
///
/// Parameters have PyTorch's names, shapes and gate order (i, f, g, o), two biases included, so
/// that the weights load into `torch.nn.LSTM` as they are. Output columns 0..<H are the forward
/// direction, H..<2H the backward one.
public final class BiLSTM: LayerStack {
  /// One direction of one layer.
  public final class Direction {
    /// W_ih [4H, D] and W_hh [4H, H].
    public let inputWeight: Parameter, hiddenWeight: Parameter
    /// b_ih [4H] and b_hh [4H].
    public let inputBias: Parameter, hiddenBias: Parameter
    /// Whether time runs from the last token to the first.
    public let isReverse: Bool

    init(
      _ name: String, layer: Int, isReverse: Bool, inputs: Int, hidden: Int, isPrunable: Bool,
      seed: UInt64?
    ) {
      let suffix = "l\(layer)" + (isReverse ? "_reverse" : "")
      self.isReverse = isReverse
      let place = TensorPlace(
        module: name, cell: .init(layer: layer, direction: isReverse ? .backward : .forward))
      inputWeight = Parameter(
        "\(name).weight_ih_\(suffix)", [4 * hidden, inputs], isPrunable: isPrunable,
        sparseUse: .tokens, place: place)
      hiddenWeight = Parameter(
        "\(name).weight_hh_\(suffix)", [4 * hidden, hidden], isPrunable: isPrunable,
        sparseUse: .steps, place: place)
      inputBias = Parameter("\(name).bias_ih_\(suffix)", [4 * hidden])
      hiddenBias = Parameter("\(name).bias_hh_\(suffix)", [4 * hidden])
      for parameter in parameters {
        Initialisation.uniform(parameter, within: 1 / Float(hidden).squareRoot(), seed: seed)
      }
    }

    /// The parameters, in PyTorch's order.
    public var parameters: [Parameter] { [inputWeight, hiddenWeight, inputBias, hiddenBias] }
  }

  /// The layers, each a forward and a backward direction.
  public let layers: [(forward: Direction, backward: Direction)]

  /// A stack of `layers` layers of `hidden` units a direction, uniform in ±1/√H.
  ///
  /// - Parameter isPrunable: whether tickets may hold its weights; not if one task alone reads them.
  public init(
    _ name: String, inputs: Int, hidden: Int, layers: Int, isPrunable: Bool = true, seed: UInt64?
  ) {
    self.layers = (0..<layers).map { layer in
      func direction(_ isReverse: Bool) -> Direction {
        Direction(
          name, layer: layer, isReverse: isReverse, inputs: layer == 0 ? inputs : 2 * hidden,
          hidden: hidden, isPrunable: isPrunable, seed: seed)
      }
      return (direction(false), direction(true))
    }
  }

  public var depth: Int { layers.count }
  /// 2H.
  public var stateWidth: Int { 2 * layers[0].forward.hiddenWeight.width }

  public func parameters(ofLayer index: Int) -> [Parameter] {
    layers[index].forward.parameters + layers[index].backward.parameters
  }

  public func inputWeights(ofLayer index: Int) -> [Parameter] {
    [layers[index].forward.inputWeight, layers[index].backward.inputWeight]
  }

  /// The states of layer `index` (from 0) over its input `x`.
  public func layer(_ index: Int, _ x: Variable, packing: Packing, on tape: Tape) -> Variable {
    let (forward, backward) = layers[index]
    let hidden = forward.hiddenWeight.width
    let output = tape.tensor([packing.rowCount, 2 * hidden])
    let passes = [(forward, 0), (backward, hidden)].map { direction, column in
      LSTMPass(direction, x.value, output, column: column, packing, on: tape)
    }
    Parallel.both(threads: tape.threads, { passes[0].run() }, { passes[1].run() })
    return tape.record(output) { gradient in
      for pass in passes { pass.prepareBackward(on: tape) }
      Parallel.both(
        threads: tape.threads, { passes[0].runBackward(gradient) },
        { passes[1].runBackward(gradient) })
      for pass in passes { tape.add(pass.inputGradient!, to: x) }
    }
  }
}
