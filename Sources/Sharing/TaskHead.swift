import Batches
import Layers
import Tensors

/// A task's own layers: one vector a text if its labels belong to texts, a hidden layer if the
/// network has one, a linear map to its labels, then softmax or CRF, or the value itself.
public final class TaskHead {
  private let shape: NetworkShape
  private let level: LabelLevel
  private let hidden: HiddenLayer?
  private let linear: Linear
  /// What turns scores into a loss and labels.
  public let head: any Head

  /// The head of `task` over `inputs` numbers a token.
  public init(_ task: TaskShape, _ shape: NetworkShape, inputs: Int, seed: UInt64?) {
    let name = "heads.\(task.name)"
    self.shape = shape
    level = task.level
    hidden =
      shape.headHidden == 0
      ? nil
      : HiddenLayer("\(name).hidden", inputs: inputs, outputs: shape.headHidden, seed: seed)
    linear = Linear(
      name, inputs: hidden == nil ? inputs : shape.headHidden, outputs: task.classes, seed: seed)
    head =
      switch (task.kind, task.head, task.level) {
      case (.regression, _, _): RegressionHead()
      case (.classification, .crf, .token): CRFHead(name, classes: task.classes, seed: seed)
      case (.classification, _, _): SoftmaxHead()
      }
  }

  /// The parameters, in the order of the weights file.
  public var parameters: [Parameter] {
    (hidden?.parameters ?? []) + [linear.weight, linear.bias] + head.parameters
  }

  /// The weight matrices.
  public var weights: [Parameter] { [hidden?.linear.weight, linear.weight].compactMap(\.self) }

  /// The scores of the task's labels, after dropout: [N, D] → [N, C], or [B, C] for texts.
  public func callAsFunction(
    _ states: Variable, _ packing: Packing, _ draws: StepDraws?, on tape: Tape
  ) -> Variable {
    tape.part("heads") {
      let rows =
        level == .text ? shape.pooled(states, packing, on: tape) : states
      let features = shape.dropout("output dropout", draws)(rows, on: tape)
      return linear(hidden.map { $0(features, on: tape) } ?? features, on: tape)
    }
  }
}
