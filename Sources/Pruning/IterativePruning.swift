import Basics
import Masks
import Sharing
import Tensors
import Training

/// What one round of pruning came to.
public struct RoundResult: Sendable, Codable, Equatable {
  /// The round; 0 trains the start, round i the ticket after i prunings.
  public let round: Int
  /// Alive weights of its ticket.
  public let alive: Int
  /// Dev score of the best epoch, and which epoch that was.
  public let score: Double, bestEpoch: Int

  /// A round's outcome.
  public init(round: Int, alive: Int, score: Double, bestEpoch: Int) {
    self.round = round
    self.alive = alive
    self.score = score
    self.bestEpoch = bestEpoch
  }
}

/// Which round's ticket becomes the task's.
public enum RoundChoice: String, Sendable, CaseIterable, Codable {
  /// The pruned round with the best dev score; of equal ones the sparser.
  case best
  /// The last one.
  case last

  /// The chosen one of `results`; the unpruned round 0 is a reference, never chosen.
  public func choose(_ results: [RoundResult]) -> RoundResult? {
    let pruned = results.filter { $0.round > 0 }
    switch self {
    case .last: return pruned.max { $0.round < $1.round }
    case .best: return pruned.max { ($0.score, $0.round) < ($1.score, $1.round) }
    }
  }
}

/// Iterative magnitude pruning of one task (Sun et al. 2020): train, remove the smallest weights,
/// reset the rest to θ⁰, and again.
public struct IterativePruning {
  /// Where a task's rounds are kept, so that an interrupted pruning goes on.
  public struct Store {
    /// The rounds finished so far, in order.
    public var results: [RoundResult]
    /// The masks of the round to do next; nil at the very start.
    public var masks: MaskSet?
    /// Keeps the masks of `round`, before the round that made them counts as finished.
    public var saveMasks: (_ round: Int, _ masks: MaskSet) throws -> Void
    /// Keeps a finished round.
    public var saveResult: (RoundResult) throws -> Void

    /// A store that has finished `results` and goes on with `masks`.
    public init(
      results: [RoundResult], masks: MaskSet?,
      saveMasks: @escaping (Int, MaskSet) throws -> Void,
      saveResult: @escaping (RoundResult) throws -> Void
    ) {
      self.results = results
      self.masks = masks
      self.saveMasks = saveMasks
      self.saveResult = saveResult
    }
  }

  private let plan: PruningPlan
  private let settings: PruningSettings
  private let seed: UInt64
  private let execution: MaskedExecution

  /// Pruning by `plan` under `settings`, the rounds' subnets executed as `execution` says.
  public init(
    _ plan: PruningPlan, settings: PruningSettings, seed: UInt64,
    execution: MaskedExecution = .auto
  ) {
    self.plan = plan
    self.settings = settings
    self.seed = seed
    self.execution = execution
  }

  /// Does the rounds that `store` lacks and gives the results of all.
  ///
  /// - Parameters:
  ///   - network: a network with the one task.
  ///   - start: the masks of round 0.
  ///   - theta0: the weights every round starts from; `source` names them in errors.
  ///   - train: trains a round's subnet, leaving its best dev epoch in the network; gives that
  ///     epoch and its dev score.
  public func run(
    _ network: any SharingNetwork, start: MaskSet, theta0: Weights, source: String, store: Store,
    train: (_ round: Int, _ subnet: SparseSharing) throws -> (epoch: Int, score: Double)
  ) throws -> [RoundResult] {
    precondition(network.tasks.count == 1)
    var results = store.results
    var masks = store.masks ?? start
    for round in results.count..<max(plan.alive.count, results.count) {
      if round == 0 { try store.saveMasks(0, masks) }
      try Pruner.rewind(network.parameters, to: theta0, masks: masks, from: source)
      let subnet = try SparseSharing(network, masks: [masks], execution: execution)
      let (epoch, score) = try train(round, subnet)
      let result = RoundResult(
        round: round, alive: masks.aliveCount, score: score, bestEpoch: epoch)
      if round + 1 < plan.alive.count {
        let chance = RandomStream(
          seed: seed, "random masks", network.tasks[0].name, "round \(round + 1)")
        masks = try Pruner.keep(
          plan.alive[round + 1], of: network.prunable, masks: masks, settings: settings,
          chance: chance)
        try store.saveMasks(round + 1, masks)
      }
      try store.saveResult(result)
      results.append(result)
    }
    return results
  }
}
