import Figures
import Pruning
import Runs

/// One round of a task's pruning, and how fast its training went.
///
/// The times are those of `metrics/`: what a round came to is the same whenever and wherever
/// it is done, how long it took is not.
struct RoundSummary: Encodable {
  let round: Int, alive: Int, density: Double
  /// Dev score of what was trained under its ticket; null if nothing was.
  @OrNull var score: Double?
  let bestEpoch: Int
  /// Mean seconds of the round's epochs, evaluation not counted, and training tokens a second;
  /// nil if the metrics have been removed.
  let secondsPerEpoch: Double?, tokensPerSecond: Double?

  private enum CodingKeys: String, CodingKey {
    case round, alive, density, score, bestEpoch
    case secondsPerEpoch = "seconds_per_epoch"
    case tokensPerSecond = "tokens_per_second"
  }

  /// What `result`, of a network with `prunable` weights, came to, and the times of its epochs
  /// in `metrics`, the lines of its task.
  init(_ result: RoundResult, prunable: Int, metrics: [MetricsLine]) {
    round = result.round
    alive = result.alive
    density = Double(result.alive) / Double(prunable)
    score = result.score
    bestEpoch = result.bestEpoch
    let epochs = metrics.filter { $0.round == result.round }
    let seconds = epochs.reduce(0) { $0 + $1.measured("seconds") }
    let tokens = epochs.reduce(0) { $0 + $1.measured("tokens") }
    secondsPerEpoch = seconds > 0 ? seconds / Double(epochs.count) : nil
    tokensPerSecond = seconds > 0 ? tokens / seconds : nil
  }

  /// The head of a table of rounds.
  static let head = ["round", "alive", "density", "dev", "best epoch", "s/epoch", "tokens/s"]

  /// A row of the table; the round whose ticket is kept is marked.
  func row(isKept: Bool) -> [String] {
    [
      "\(round)" + (isKept ? " *" : ""), "\(alive)", fixed(density, 4), score.map(percent) ?? "-",
      "\(bestEpoch)", secondsPerEpoch.map { fixed($0, 2) } ?? "-",
      tokensPerSecond.map { fixed($0, 0) } ?? "-",
    ]
  }
}
