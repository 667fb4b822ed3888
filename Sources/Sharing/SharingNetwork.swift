import Basics
import Layers
import Masks
import Tensors

/// A network for M tasks that share parameters in some way: what every architecture provides and
/// the one training loop uses.
///
/// A task is named by its index in `tasks`. Before a step or an evaluation of a task the loop
/// calls `activate`, which puts the task's masks, if any, on the parameters.
public protocol SharingNetwork: AnyObject {
  /// The tasks.
  var tasks: [TaskShape] { get }
  /// All parameters, in the order of the weights file.
  var parameters: [Parameter] { get }
  /// The parameters that a step of `task` reads and moves.
  func parameters(of task: Int) -> [Parameter]
  /// Puts the masks of `task`'s subnet on the parameters.
  func activate(task: Int)
  /// The embedding rows that a step on `batch` reads.
  func rowsRead(by batch: Batch) -> [(embedding: Parameter, rows: [Int32])]
  /// The scores [N, C] of `task`'s labels. `chance` is nil in evaluation: no dropout then.
  func scores(of task: Int, _ batch: Batch, chance: Chance?, on tape: Tape) -> Variable
  /// What turns `task`'s scores into a loss and labels.
  func head(of task: Int) -> any Head
  /// Adds the gradient of the architecture's penalty Ω to that of the loss of a step of `task`, on
  /// up to two threads, and gives Ω.
  func penalise(task: Int, threads: Int) -> Double
}

extension SharingNetwork {
  /// Most architectures have no penalty.
  public func penalise(task: Int, threads: Int) -> Double { 0 }

  /// The prunable parameters, in the order of the tickets' tensors.
  public var prunable: [Parameter] { parameters.filter(\.isPrunable) }

  /// The masks of a network of which nothing is pruned.
  public var allAlive: MaskSet {
    MaskSet(
      prunable.map {
        MaskSet.Entry(
          name: $0.name, shape: $0.shape, mask: BitMask(repeating: true, count: $0.elementCount))
      })
  }
}
