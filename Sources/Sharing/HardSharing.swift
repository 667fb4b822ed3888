import Batches
import Layers
import Tensors

/// Hard sharing (Caruana 1997): one encoder for all tasks, a head for each. With one task it is
/// the single-task network.
///
/// A task may be predicted from an inner layer: then it is low supervision, or hierarchical
/// sharing (Søgaard and Goldberg 2016), where tasks share the layers up to the lower one's.
public final class HardSharing: SharingNetwork {
  public let tasks: [TaskShape]
  private let shape: NetworkShape
  private let input: InputLayer
  private let encoder: any LayerStack
  private let heads: [TaskHead]
  /// How many layers each task passes through.
  private let depths: [Int]
  /// How many layers all of them pass through.
  private var sharedDepth: Int { depths.min()! }

  /// A network of `shape` for `tasks`, initialised under `seed`. A parameter's start depends on
  /// the seed and its name only, not on which other tasks there are. Without a seed parameters are
  /// zero, to be loaded.
  ///
  /// - Parameter depths: the layer, from 1, that each task is predicted from; nil for the last.
  public init(_ shape: NetworkShape, tasks: [TaskShape], depths: [Int]? = nil, seed: UInt64?) {
    self.tasks = tasks
    self.shape = shape
    self.depths = depths ?? tasks.map { _ in shape.layers }
    precondition(self.depths.count == tasks.count)
    precondition(self.depths.allSatisfy { (1...shape.layers).contains($0) })
    input = InputLayer(shape, seed: seed)
    let encoder = shape.makeEncoder(seed: seed)
    self.encoder = encoder
    heads = tasks.map { TaskHead($0, shape, inputs: encoder.stateWidth, seed: seed) }
  }

  public var parameters: [Parameter] {
    input.parameters + encoder.parameters + heads.flatMap(\.parameters)
  }

  public var parts: NetworkParts {
    NetworkParts(
      words: input.wordTable, encoders: encoder.weights, heads: heads.flatMap(\.weights))
  }

  public func parameters(of task: Int) -> [Parameter] {
    input.parameters + (0..<depths[task]).flatMap(encoder.parameters(ofLayer:))
      + heads[task].parameters
  }

  public func activate(tasks: [Int]) {}

  public func output(
    of task: Int, _ batch: Batch, draws: StepDraws?, on tape: Tape
  ) -> TaskOutput {
    let features = input(batch.inputs, draws: draws, on: tape)
    func states(of layers: Range<Int>, over input: Variable) -> Variable {
      tape.part("BiLSTM") {
        layers.reduce(input) { encoder.layer($1, $0, packing: batch.packing, on: tape) }
      }
    }
    let shared = states(of: 0..<sharedDepth, over: features)
    let own = states(of: sharedDepth..<depths[task], over: shared)
    return TaskOutput(
      scores: heads[task](own, batch.packing, draws, on: tape), states: States(shared: shared))
  }

  public func head(of task: Int) -> any Head { heads[task].head }
}
