import Batches
import Layers
import Tensors

/// One task of a network by itself: what is trained where a task is alone, as in pruning.
public final class OneTask: SharingNetwork {
  private let network: any SharingNetwork
  private let task: Int

  /// Task `task` of `network`.
  public init(_ task: Int, of network: any SharingNetwork) {
    self.network = network
    self.task = task
  }

  public var tasks: [TaskShape] { [network.tasks[task]] }
  public var parameters: [Parameter] { network.parameters(of: task) }
  public var parts: NetworkParts { network.parts }
  public func parameters(of _: Int) -> [Parameter] { network.parameters(of: task) }
  public func activate(tasks _: [Int]) { network.activate(task: task) }

  public func output(
    of _: Int, _ batch: Batch, draws: StepDraws?, on tape: Tape
  ) -> TaskOutput {
    network.output(of: task, batch, draws: draws, on: tape)
  }

  public func head(of _: Int) -> any Head { network.head(of: task) }
}
