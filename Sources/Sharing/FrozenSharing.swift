import Batches
import Layers
import Tensors

/// A network of which steps read some parameters without moving them, whatever task they are of.
public final class FrozenSharing: SharingNetwork {
  private let network: any SharingNetwork
  private let frozen: [Parameter]

  /// The network `network`, of whose parameters `frozen` stay as they are.
  public init(_ network: any SharingNetwork, frozen: [Parameter]) {
    self.network = network
    self.frozen = frozen
  }

  public var tasks: [TaskShape] { network.tasks }
  public var parameters: [Parameter] { network.parameters }
  public var parts: NetworkParts { network.parts }
  public func parameters(of task: Int) -> [Parameter] { network.parameters(of: task) }

  public func activate(tasks: [Int]) {
    network.activate(tasks: tasks)
    for parameter in frozen { parameter.isFrozen = true }
  }

  public func output(
    of task: Int, _ batch: Batch, draws: StepDraws?, on tape: Tape
  ) -> TaskOutput {
    network.output(of: task, batch, draws: draws, on: tape)
  }

  public func head(of task: Int) -> any Head { network.head(of: task) }
}
