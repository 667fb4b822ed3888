import Batches
import Layers
import Tensors

/// A shared encoder and one of its own for each task (Liu and Huang 2018, section 3, "SR"; Chen et
/// al. 2018, "PSP" and "SSP"): what a task reads for itself need not pass through what all share.
///
/// The shared one has the parameters of hard sharing, `lstm` or `mlp`; task t's own are `lstm.TASK`.
/// Tickets are subnets of what is shared: nothing is pruned of a task's own encoder.
public final class SharedPrivate: SharingNetwork {
  /// How the two encoders stand to each other.
  public enum Form: Sendable {
    /// Side by side over the input layer; heads read both, [shared | private].
    case sideBySide
    /// The task's own reads the shared one's states, and heads read its.
    case stacked
  }

  public let tasks: [TaskShape]
  private let form: Form
  private let input: InputLayer
  private let shared: any LayerStack
  private let privates: [any LayerStack]
  private let heads: [TaskHead]

  /// A network of `shape` for `tasks`, initialised under `seed`; without one parameters are zero,
  /// to be loaded. Every encoder has the layers and units of `shape`.
  public init(_ shape: NetworkShape, tasks: [TaskShape], form: Form, seed: UInt64?) {
    self.tasks = tasks
    self.form = form
    input = InputLayer(shape, seed: seed)
    let shared = shape.makeEncoder(seed: seed)
    self.shared = shared
    let states = shared.stateWidth
    privates = tasks.map {
      shape.makeEncoder(
        of: $0.name, inputs: form == .stacked ? states : nil, isPrunable: false, seed: seed)
    }
    heads = tasks.map {
      TaskHead($0, shape, inputs: form == .stacked ? states : 2 * states, seed: seed)
    }
  }

  public var parameters: [Parameter] {
    input.parameters + shared.parameters + privates.flatMap(\.parameters)
      + heads.flatMap(\.parameters)
  }

  public var parts: NetworkParts {
    NetworkParts(
      words: input.wordTable, encoders: shared.weights + privates.flatMap(\.weights),
      heads: heads.flatMap(\.weights))
  }

  public func parameters(of task: Int) -> [Parameter] {
    input.parameters + shared.parameters + privates[task].parameters + heads[task].parameters
  }

  public func activate(tasks: [Int]) {}

  public func output(
    of task: Int, _ batch: Batch, draws: StepDraws?, on tape: Tape
  ) -> TaskOutput {
    let features = input(batch.inputs, draws: draws, on: tape)
    let (common, own, read) = tape.part("BiLSTM") {
      let common = shared(features, packing: batch.packing, on: tape)
      switch form {
      case .sideBySide:
        let own = privates[task](features, packing: batch.packing, on: tape)
        let both = SideBySide()([common, own], on: tape)
        return (common, own, both)
      case .stacked:
        let own = privates[task](common, packing: batch.packing, on: tape)
        return (common, own, own)
      }
    }
    return TaskOutput(
      scores: heads[task](read, batch.packing, draws, on: tape),
      states: States(shared: common, private: own))
  }

  public func head(of task: Int) -> any Head { heads[task].head }
}
