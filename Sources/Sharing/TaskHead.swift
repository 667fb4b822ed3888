import Layers
import Tensors

/// A task's own layers: linear map to its labels, then softmax or CRF.
public final class TaskHead {
  /// [N, 2H] → [N, C].
  public let linear: Linear
  /// What turns scores into a loss and labels.
  public let head: any Head

  /// The head of `task` over `inputs` numbers a token.
  public init(_ task: TaskShape, inputs: Int, seed: UInt64?) {
    let name = "heads.\(task.name)"
    linear = Linear(name, inputs: inputs, outputs: task.classes, seed: seed)
    head =
      switch task.head {
      case .softmax: SoftmaxHead()
      case .crf: CRFHead(name, classes: task.classes, seed: seed)
      }
  }

  /// The parameters, in the order of the weights file.
  public var parameters: [Parameter] { [linear.weight, linear.bias] + head.parameters }
}
