import Basics
import Layers
import Tensors

/// Hard sharing (Caruana 1997): one encoder for all tasks, a head for each. With one task it is
/// the single-task network.
public final class HardSharing: SharingNetwork {
  public let tasks: [TaskShape]
  private let encoder: Encoder
  private let heads: [TaskHead]

  /// A network of `shape` for `tasks`, initialised under `seed`. A parameter's start depends on
  /// the seed and its name only, not on which other tasks there are. Without a seed parameters are
  /// zero, to be loaded.
  public init(_ shape: NetworkShape, tasks: [TaskShape], seed: UInt64?) {
    self.tasks = tasks
    encoder = Encoder(shape, seed: seed)
    heads = tasks.map { TaskHead($0, inputs: 2 * shape.hidden, seed: seed) }
  }

  public var parameters: [Parameter] { encoder.parameters + heads.flatMap(\.parameters) }

  public func parameters(of task: Int) -> [Parameter] {
    encoder.parameters + heads[task].parameters
  }

  public func activate(task: Int) {}

  public func rowsRead(by batch: Batch) -> [(embedding: Parameter, rows: [Int32])] {
    encoder.rowsRead(by: batch)
  }

  public func scores(
    of task: Int, _ batch: Batch, chance: Chance?, on tape: Tape
  ) -> Variable {
    let states = encoder(batch, chance: chance, on: tape)
    return tape.part("heads") { heads[task].linear(states, on: tape) }
  }

  public func head(of task: Int) -> any Head { heads[task].head }
}
