import Basics
import Batches
import Layers
import Masks
import Tensors

/// Sparse sharing (Sun et al. 2020): one set of weights θ, task t reads and moves the subnet M_t ∘
/// θ.
///
/// Where products with the masks of all tasks are executed sparsely, the network stores the
/// weights that are in some mask side by side, so that a step costs what its alive weights cost.
///
/// A weight in several masks is shared by those tasks; a weight in no mask is dead. Masks may
/// cover any parameters of the encoder; those without a mask are shared by all tasks. Nothing is
/// copied: the masks are put on the one network's parameters when a task is activated.
public final class SparseSharing: SharingNetwork {
  private let network: any SharingNetwork
  private let subnets: [[(parameter: Parameter, alive: AliveWeights)]]
  /// What any task has a mask for.
  private let masked: [Parameter]

  /// The subnets of `network` that `masks`, one set a task, select.
  ///
  /// - Throws: `Failure` of kind `badData` if a mask's tensor is not in the network or has
  ///   another shape.
  public init(
    _ network: any SharingNetwork, masks: [MaskSet], execution: MaskedExecution = .auto
  ) throws {
    precondition(masks.count == network.tasks.count)
    self.network = network
    let byName = Dictionary(uniqueKeysWithValues: network.parameters.map { ($0.name, $0) })
    let masked = try zip(network.tasks, masks).map { task, set in
      try set.entries.map { entry in
        guard let parameter = byName[entry.name], parameter.shape == entry.shape else {
          throw Failure(
            .badData,
            "ticket of task \(task.name): the network has no tensor \(entry.name) "
              + "of shape \(entry.shape); the ticket belongs to another network")
        }
        return (parameter: parameter, mask: entry.mask)
      }
    }
    self.masked = network.parameters.filter { p in masked.contains { $0.contains { $0.0 === p } } }
    func isSparse(_ parameter: Parameter, _ mask: BitMask) -> Bool {
      parameter.sparseUse.map { execution.isSparse(density: mask.density, $0) } ?? false
    }
    for parameter in self.masked {
      let own = masked.compactMap { $0.first { $0.parameter === parameter }?.mask }
      let isAlwaysSparse =
        own.count == masked.count && own.allSatisfy { isSparse(parameter, $0) }
      parameter.store(only: isAlwaysSparse ? own.dropFirst().reduce(own[0], |) : nil)
    }
    subnets = masked.map {
      $0.map { parameter, mask in
        (parameter, AliveWeights(mask, of: parameter, isSparse: isSparse(parameter, mask)))
      }
    }
  }

  public var tasks: [TaskShape] { network.tasks }
  public var parameters: [Parameter] { network.parameters }
  public var parts: NetworkParts { network.parts }
  public func parameters(of task: Int) -> [Parameter] { network.parameters(of: task) }

  public func activate(task: Int) {
    network.activate(task: task)
    for parameter in masked { parameter.alive = nil }
    for (parameter, alive) in subnets[task] { parameter.alive = alive }
  }

  public func output(
    of task: Int, _ batch: Batch, draws: StepDraws?, on tape: Tape
  ) -> TaskOutput {
    network.output(of: task, batch, draws: draws, on: tape)
  }

  public func head(of task: Int) -> any Head { network.head(of: task) }
}
