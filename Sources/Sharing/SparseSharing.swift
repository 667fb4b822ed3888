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
/// cover any parameters of the encoder; those that a task reads and has no mask for are its as a
/// whole, those that it does not read are dead for it. Nothing is copied: the masks are put on the
/// one network's parameters when a task is activated.
public final class SparseSharing: SharingNetwork {
  private let network: any SharingNetwork
  private let subnets: [[(parameter: Parameter, alive: AliveWeights)]]
  /// What any task has a mask for.
  private let masked: [Parameter]
  /// What several tasks together have, by the tasks, made when first asked for.
  private var unions: [Set<Int>: [(parameter: Parameter, alive: AliveWeights)]] = [:]

  /// The subnets of `network` that `masks`, one set a task, select; a set may lack the tensors that
  /// its task does not read.
  ///
  /// - Throws: `Failure` of kind `badData` if a mask's tensor is not in the network or has
  ///   another shape.
  public init(
    _ network: any SharingNetwork, masks: [MaskSet], execution: MaskedExecution = .auto
  ) throws {
    precondition(masks.count == network.tasks.count)
    self.network = network
    let byName = Dictionary(uniqueKeysWithValues: network.parameters.map { ($0.name, $0) })
    let given = try zip(network.tasks, masks).map { task, set in
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
    let masked = network.parameters.filter { p in
      let masks = given.compactMap { $0.first { $0.parameter === p }?.mask }
      // Of a table without dead weights steps move the rows they read, as they do without masks.
      let isWhole = p.isEmbedding && masks.allSatisfy { $0.aliveCount == $0.count }
      return !masks.isEmpty && !(isWhole && masks.count == given.count)
    }
    self.masked = masked
    // What a task does not read is dead for it, so that other tasks alone decide what becomes of it.
    let alive = given.enumerated().map { task, given in
      let read = Set(network.parameters(of: task).map(ObjectIdentifier.init))
      return masked.compactMap { parameter in
        read.contains(ObjectIdentifier(parameter))
          ? given.first { $0.parameter === parameter }
          : (parameter, BitMask(repeating: false, count: parameter.elementCount))
      }
    }
    func isSparse(_ parameter: Parameter, _ mask: BitMask) -> Bool {
      parameter.sparseUse.map { execution.isSparse(density: mask.density, $0) } ?? false
    }
    for parameter in masked {
      let own = alive.compactMap { $0.first { $0.parameter === parameter }?.mask }
      let isAlwaysSparse =
        own.count == alive.count && own.allSatisfy { isSparse(parameter, $0) }
      parameter.store(only: isAlwaysSparse ? own.dropFirst().reduce(own[0], |) : nil)
    }
    subnets = alive.map {
      $0.map { parameter, mask in
        (parameter, AliveWeights(mask, of: parameter, isSparse: isSparse(parameter, mask)))
      }
    }
  }

  public var tasks: [TaskShape] { network.tasks }
  public var parameters: [Parameter] { network.parameters }
  public var parts: NetworkParts { network.parts }
  public func parameters(of task: Int) -> [Parameter] { network.parameters(of: task) }

  public func activate(tasks: [Int]) {
    network.activate(tasks: tasks)
    for parameter in masked { parameter.alive = nil }
    for (parameter, alive) in tasks.count == 1 ? subnets[tasks[0]] : union(of: Set(tasks)) {
      parameter.alive = alive
    }
  }

  /// What is alive for one of `tasks` or more; a parameter that one of them reads as a whole is alive
  /// as a whole.
  private func union(of tasks: Set<Int>) -> [(parameter: Parameter, alive: AliveWeights)] {
    if let known = unions[tasks] { return known }
    let union = masked.compactMap { parameter in
      let masks = tasks.compactMap { task in
        subnets[task].first { $0.parameter === parameter }?.alive.mask
      }
      return masks.count < tasks.count
        ? nil : (parameter, AliveWeights(masks.dropFirst().reduce(masks[0], |), of: parameter))
    }
    unions[tasks] = union
    return union
  }

  public func output(
    of task: Int, _ batch: Batch, draws: StepDraws?, on tape: Tape
  ) -> TaskOutput {
    network.output(of: task, batch, draws: draws, on: tape)
  }

  public func head(of task: Int) -> any Head { network.head(of: task) }
}
