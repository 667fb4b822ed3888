import Layers
import Tensors

/// A task's own layers: a hidden layer if the network has one, a linear map to its labels, then
/// softmax or CRF.
final class TaskHead {
  private let hidden: HiddenLayer?
  private let linear: Linear
  /// What turns scores into a loss and labels.
  let head: any Head

  /// The head of `task` over `inputs` numbers a token.
  init(_ task: TaskShape, _ shape: NetworkShape, inputs: Int, seed: UInt64?) {
    let name = "heads.\(task.name)"
    hidden =
      shape.headHidden == 0
      ? nil
      : HiddenLayer("\(name).hidden", inputs: inputs, outputs: shape.headHidden, seed: seed)
    linear = Linear(
      name, inputs: hidden == nil ? inputs : shape.headHidden, outputs: task.classes, seed: seed)
    head =
      switch task.head {
      case .softmax: SoftmaxHead()
      case .crf: CRFHead(name, classes: task.classes, seed: seed)
      }
  }

  /// The parameters, in the order of the weights file.
  var parameters: [Parameter] {
    (hidden?.parameters ?? []) + [linear.weight, linear.bias] + head.parameters
  }

  /// The scores of the task's labels: [N, D] → [N, C].
  func callAsFunction(_ states: Variable, on tape: Tape) -> Variable {
    linear(hidden.map { $0(states, on: tape) } ?? states, on: tape)
  }
}
