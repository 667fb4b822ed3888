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
  public func parameters(of _: Int) -> [Parameter] { network.parameters(of: task) }
  public func activate(task _: Int) { network.activate(task: task) }

  public func rowsRead(by batch: Batch) -> [(embedding: Parameter, rows: [Int32])] {
    network.rowsRead(by: batch)
  }

  public func scores(
    of _: Int, _ batch: Batch, chance: Chance?, on tape: Tape
  ) -> Variable {
    network.scores(of: task, batch, chance: chance, on: tape)
  }

  public func head(of _: Int) -> any Head { network.head(of: task) }

  public func penalise(task _: Int, threads: Int) -> Double {
    network.penalise(task: task, threads: threads)
  }
}
