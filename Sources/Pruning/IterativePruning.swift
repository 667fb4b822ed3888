import Basics
import Masks
import Sharing
import Tensors
import Training

/// Iterative pruning of one task: train or measure, remove the weights that are worth least, put
/// the rest where they start, and again; at first by magnitude and rewinding (Sun et al. 2020).
public struct IterativePruning {
  /// Where a task's rounds are kept, so that an interrupted pruning goes on.
  public struct Store {
    /// The rounds finished so far, in order.
    public var results: [RoundResult]
    /// The ticket of the round to do next, and the dev score it has already; nil at the very start.
    public var next: (masks: MaskSet, score: Double?)?
    /// Keeps the ticket of `round`, before the round that made it counts as finished.
    public var saveTicket: (_ round: Int, _ masks: MaskSet, _ score: Double?) throws -> Void
    /// Keeps a finished round.
    public var saveResult: (RoundResult) throws -> Void
    /// What the network held when `round` was done, where the next one goes on from it.
    public var weights: (_ round: Int) throws -> Weights
    /// Keeps that, before the round counts as finished.
    public var saveWeights: (_ round: Int, _ weights: Weights) throws -> Void

    /// A store that has finished `results` and goes on with `next`.
    public init(
      results: [RoundResult], next: (masks: MaskSet, score: Double?)?,
      saveTicket: @escaping (Int, MaskSet, Double?) throws -> Void,
      saveResult: @escaping (RoundResult) throws -> Void,
      weights: @escaping (Int) throws -> Weights,
      saveWeights: @escaping (Int, Weights) throws -> Void
    ) {
      self.results = results
      self.next = next
      self.saveTicket = saveTicket
      self.saveResult = saveResult
      self.weights = weights
      self.saveWeights = saveWeights
    }
  }

  /// How a round's work is done.
  public struct Work {
    /// Trains a round's subnet, leaving its best dev epoch in the network; gives that epoch and its
    /// dev score.
    public var train: (_ round: Int, _ subnet: any SharingNetwork) throws -> Trained
    /// Measures what the weights of a round's subnet are worth.
    public var measure: (_ round: Int, _ subnet: any SharingNetwork) throws -> Saliency

    /// An epoch, from 1, and its dev score.
    public typealias Trained = (epoch: Int, score: Double)

    /// Work by `train` and `measure`.
    public init(
      train: @escaping (Int, any SharingNetwork) throws -> Trained,
      measure: @escaping (Int, any SharingNetwork) throws -> Saliency
    ) {
      self.train = train
      self.measure = measure
    }
  }

  private let network: any SharingNetwork
  private let theta0: Weights
  private let source: String
  private let settings: PruningSettings
  private let seed: UInt64
  private let execution: MaskedExecution
  private let work: Work

  /// Pruning of `network`, which has one task, under `settings`.
  ///
  /// - Parameters:
  ///   - theta0: the weights that rounds start from; `source` names them in errors.
  ///   - execution: of the rounds' subnets.
  public init(
    _ network: any SharingNetwork, from theta0: Weights, source: String,
    settings: PruningSettings, seed: UInt64, execution: MaskedExecution = .auto, work: Work
  ) {
    precondition(network.tasks.count == 1)
    self.network = network
    self.theta0 = theta0
    self.source = source
    self.settings = settings
    self.seed = seed
    self.execution = execution
    self.work = work
  }

  /// Does the rounds that `store` lacks and gives the results of all.
  ///
  /// - Parameters:
  ///   - alive: alive weights in every round.
  ///   - start: the masks of round 0.
  public func run(_ alive: [Int], start: MaskSet, store: Store) throws -> [RoundResult] {
    var results = store.results
    var next = store.next ?? (start, nil)
    for round in results.count..<max(alive.count, results.count) {
      let masks = next.masks
      if round == 0 { try store.saveTicket(0, masks, nil) }
      let following = round + 1 < alive.count ? alive[round + 1] : nil
      let done = try self.round(round, next, keeping: following, store)
      if let following {
        guard let saliency = done.saliency else {
          preconditionFailure("round \(round) is not the last and gave no scores")
        }
        next = (
          try Pruner.keep(following, of: saliency, masks: masks, scope: settings.scope),
          done.nextScore
        )
        try store.saveTicket(round + 1, next.masks, next.score)
      }
      try store.saveResult(done.result)
      results.append(done.result)
    }
    return results
  }

  /// What one round came to, what weights are worth after it, nil if nothing was done, and the dev
  /// score that the next ticket has already.
  public typealias Done = (result: RoundResult, saliency: Saliency?, nextScore: Double?)

  /// Does round `round`, whose ticket is `ticket`; keeps nothing but weights that the next round
  /// starts from.
  ///
  /// - Parameter following: the alive weights of the next round; nil in the last.
  public func round(
    _ round: Int, _ ticket: (masks: MaskSet, score: Double?), keeping following: Int?,
    _ store: Store
  ) throws -> Done {
    let masks = ticket.masks
    func result(_ trained: Work.Trained?) -> RoundResult {
      RoundResult(
        round: round, alive: masks.aliveCount, score: trained?.score ?? ticket.score,
        bestEpoch: trained?.epoch ?? 0)
    }
    guard round <= settings.lastAtWork else { return (result(nil), nil, nil) }
    let carried = settings.carriesWeights && round > 0 ? try store.weights(round - 1) : nil
    try Pruner.rewind(
      network.parameters, to: carried ?? theta0, masks: masks,
      from: carried == nil ? source : "round \(round - 1)")
    if settings.criterion.isMeasured {
      let subnet = try SparseSharing(network, masks: [masks], execution: execution)
      return (result(nil), try work.measure(round, subnet), nil)
    }
    let subnet = try trainable(masks, keeping: following)
    let scored = subnet as? ScoredSharing
    // Movement and learned scores are of one training, however often weights go in it.
    if settings.schedule == .gradual, let carried, let scored {
      try carried.load(into: scored.scored.map(\.score), from: "round \(round - 1)")
      try scored.choose()
    }
    let trained = try work.train(round, subnet)
    guard following != nil else { return (result(trained), nil, nil) }
    if settings.carriesWeights { try store.saveWeights(round, Weights(of: subnet.parameters)) }
    let saliency = Saliency(
      settings.criterion, of: network.prunable, since: theta0,
      scores: scored?.scored.map(\.score.elements) ?? [],
      chance: RandomStream(
        seed: seed, "random masks", network.tasks[0].name, "round \(round + 1)"))
    return settings.criterion.looksAhead
      ? (result(nil), saliency, trained.score) : (result(trained), saliency, nil)
  }

  /// The subnet of `masks` as the criterion wants it trained.
  private func trainable(
    _ masks: MaskSet, keeping following: Int?
  ) throws -> any SharingNetwork {
    guard settings.criterion != .scores else {
      guard let following else { preconditionFailure("the last ticket has its scores already") }
      let alive = masks.entries.map(\.mask)
      return try ScoredSharing(network) { [settings] scores in
        try scores.withPointers {
          try settings.scope.select(following, of: $0, alive: alive, by: Criterion.scores.order)
        }
      }
    }
    let subnet = try SparseSharing(network, masks: [masks], execution: execution)
    return settings.criterion == .movement ? ScoredSharing(subnet) : subnet
  }
}
