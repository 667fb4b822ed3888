import Masks
import Training

/// The rounds of a task's pruning in memory: for a pruning whose process lives as long as it takes.
public final class RoundMemory {
  /// The rounds finished so far, in order.
  public private(set) var results: [RoundResult] = []
  /// The tickets by round, with the dev scores that were known when they were made.
  public private(set) var tickets: [Int: (masks: MaskSet, score: Double?)] = [:]
  /// What the network held after rounds that the next one went on from.
  public private(set) var weights: [Int: Weights] = [:]

  /// No rounds.
  public init() {}

  /// What the pruning loop keeps its rounds in and, where there are some already, goes on from.
  public var store: IterativePruning.Store {
    IterativePruning.Store(
      results: results, next: tickets[results.count],
      saveTicket: { self.tickets[$0] = ($1, $2) },
      saveResult: { self.results.append($0) },
      weights: { round in
        guard let weights = self.weights[round] else {
          preconditionFailure("the weights after round \(round) were not kept")
        }
        return weights
      },
      saveWeights: { self.weights[$0] = $1 })
  }
}
