import Batches
import Tensors

/// Which ways layers read sentences.
public enum Directions: String, Sendable, CaseIterable, Codable {
  /// Forward and backward: a BiLSTM.
  case both
  /// From the first token on: an LSTM.
  case forward

  /// How many there are.
  public var count: Int { self == .both ? 2 : 1 }
}

/// A stack of LSTM layers that read from the first token on, over packed sentences: [N, D] → [N, H].
///
/// Parameters have PyTorch's names, shapes and gate order, as those of `BiLSTM`.
public final class LSTM: LayerStack {
  private let layers: [BiLSTM.Direction]

  /// A stack of `layers` layers of `hidden` units, uniform in ±1/√H.
  ///
  /// - Parameter isPrunable: whether tickets may hold its weights.
  public init(
    _ name: String, inputs: Int, hidden: Int, layers: Int, isPrunable: Bool = true, seed: UInt64?
  ) {
    self.layers = (0..<layers).map { layer in
      BiLSTM.Direction(
        name, layer: layer, isReverse: false, inputs: layer == 0 ? inputs : hidden, hidden: hidden,
        isPrunable: isPrunable, seed: seed)
    }
  }

  public var depth: Int { layers.count }
  /// H.
  public var stateWidth: Int { layers[0].hiddenWeight.width }

  public func parameters(ofLayer index: Int) -> [Parameter] { layers[index].parameters }

  public func inputWeights(ofLayer index: Int) -> [Parameter] { [layers[index].inputWeight] }

  public func layer(_ index: Int, _ x: Variable, packing: Packing, on tape: Tape) -> Variable {
    let output = tape.tensor([packing.rowCount, stateWidth])
    let pass = LSTMPass(layers[index], x.value, output, column: 0, packing, on: tape)
    pass.run()
    return tape.record(output) { gradient in
      pass.prepareBackward(on: tape)
      pass.runBackward(gradient)
      tape.add(pass.inputGradient!, to: x)
    }
  }
}
