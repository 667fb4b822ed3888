import Batches
import Layers
import Sharing
import Tensors

/// An architecture that the package does not have: tasks of a group share an encoder, groups share the
/// input layer only (Standley et al. 2020 ask which groups are best).
final class GroupedSharing: SharingNetwork {
  let tasks: [TaskShape]
  private let groups: [String]
  private let input: InputLayer
  private let encoders: [String: any LayerStack]
  private let heads: [TaskHead]

  /// A network for `tasks`, each in the group that `groups` names, initialised under `seed`.
  init(_ shape: NetworkShape, tasks: [TaskShape], groups: [String], seed: UInt64?) {
    self.tasks = tasks
    self.groups = groups
    input = InputLayer(shape, seed: seed)
    let encoders = Dictionary(
      uniqueKeysWithValues: Set(groups).map { ($0, shape.makeEncoder(of: $0, seed: seed)) })
    self.encoders = encoders
    heads = zip(tasks, groups).map { task, group in
      TaskHead(task, shape, inputs: encoders[group]!.stateWidth, seed: seed)
    }
  }

  private var stacks: [any LayerStack] { encoders.sorted { $0.key < $1.key }.map(\.value) }

  var parameters: [Parameter] {
    input.parameters + stacks.flatMap(\.parameters) + heads.flatMap(\.parameters)
  }

  var parts: NetworkParts {
    NetworkParts(
      words: input.wordTable, encoders: stacks.flatMap(\.weights), heads: heads.flatMap(\.weights))
  }

  func parameters(of task: Int) -> [Parameter] {
    input.parameters + encoders[groups[task]]!.parameters + heads[task].parameters
  }

  func activate(tasks: [Int]) {}

  func output(of task: Int, _ batch: Batch, draws: StepDraws?, on tape: Tape) -> TaskOutput {
    let features = input(batch.inputs, draws: draws, on: tape)
    let states = encoders[groups[task]]!(features, packing: batch.packing, on: tape)
    return TaskOutput(scores: heads[task](states, batch.packing, draws, on: tape))
  }

  func head(of task: Int) -> any Head { heads[task].head }
}
