/// What one round of pruning came to.
public struct RoundResult: Sendable, Codable, Equatable {
  /// The round; 0 has the start, round i the ticket after i prunings.
  public let round: Int
  /// Alive weights of its ticket.
  public let alive: Int
  /// Dev score of the best epoch of what was trained under its ticket; nil if nothing was.
  public let score: Double?
  /// Which epoch that was; 0 if the ticket was not trained in its own round.
  public let bestEpoch: Int

  /// A round's outcome.
  public init(round: Int, alive: Int, score: Double?, bestEpoch: Int) {
    self.round = round
    self.alive = alive
    self.score = score
    self.bestEpoch = bestEpoch
  }
}

/// Which round's ticket becomes the task's.
public enum RoundChoice: String, Sendable, CaseIterable, Codable {
  /// The pruned round with the best dev score; of equal ones, and where none has one, the sparser.
  case best
  /// The last one.
  case last

  /// The chosen one of `results`; the unpruned round 0 is a reference, never chosen.
  public func choose(_ results: [RoundResult]) -> RoundResult? {
    let pruned = results.filter { $0.round > 0 }
    switch self {
    case .last: return pruned.max { $0.round < $1.round }
    case .best:
      return pruned.max { ($0.score ?? -.infinity, $0.round) < ($1.score ?? -.infinity, $1.round) }
    }
  }
}
