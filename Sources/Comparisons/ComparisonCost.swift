import Basics
import Figures
import Recipes
import Scoring

/// What an architecture cost, a mean over the runs of a variation.
struct ComparisonCost: Encodable, Sendable {
  let sharing: String
  let variation: ComparisonVariation
  /// Prunable weights of all the architecture's networks together.
  let parameters: Double
  /// Seconds of its own training, of the warm-up it goes on from, and of its tickets' pruning.
  let training: Double, warmup: Double, pruning: Double
  /// How often pruning passed through a task's training data, a mean over tasks.
  let pruningEpochs: Double
  /// Of its own training; nil if it took no time.
  let tokensPerSecond: Double?
  /// Processor seconds a token of its own training; nil if they were not measured.
  let processorPerToken: Double?
  /// The same relative to the baseline's: what runs beside it does not change it.
  var relative: Double?

  /// The numbers by their names in CSV and JSON.
  var numbers: [(String, Double?)] {
    [
      ("parameters", parameters), ("seconds", training + warmup),
      ("train_seconds", training), ("warmup_seconds", warmup), ("prune_seconds", pruning),
      ("prune_epochs", pruningEpochs),
      ("tokens_per_second", tokensPerSecond), ("relative_cost", relative),
    ]
  }

  /// The costs by variation, then architecture.
  static func of(
    _ efforts: [ComparisonEffort], _ variations: [ComparisonVariation], sharings: [String],
    baseline: String
  ) -> [ComparisonCost] {
    variations.indices.flatMap { index in
      var costs = sharings.compactMap { sharing in
        ComparisonCost(
          efforts.filter { $0.variation == index && $0.sharing == sharing }, variations[index])
      }
      let reference = costs.first { $0.sharing == baseline }?.processorPerToken
      for i in costs.indices {
        if let reference, let own = costs[i].processorPerToken {
          costs[i].relative = own / reference
        }
      }
      return costs
    }
  }

  /// Nil if there are no `efforts`.
  private init?(_ efforts: [ComparisonEffort], _ variation: ComparisonVariation) {
    guard let first = efforts.first else { return nil }
    func mean(_ part: (ComparisonEffort) -> Double) -> Double {
      efforts.reduce(0) { $0 + part($1) } / Double(efforts.count)
    }
    sharing = first.sharing
    self.variation = variation
    parameters = mean { Double($0.parameters) }
    training = mean(\.train)
    warmup = mean(\.warmup)
    pruning = mean(\.prune)
    pruningEpochs = mean(\.pruneEpochs)
    let tokens = mean(\.tokens)
    tokensPerSecond = training > 0 && tokens > 0 ? tokens / training : nil
    let isMeasured = tokens > 0 && efforts.allSatisfy { $0.processor > 0 }
    processorPerToken = isMeasured ? mean(\.processor) / tokens : nil
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: StringKey.self)
    try container.encode(sharing, forKey: StringKey(stringValue: "sharing"))
    try container.encode(
      RecipeValue.mapping(variation.values), forKey: StringKey(stringValue: "variation"))
    for (name, value) in numbers {
      try container.encode(value, forKey: StringKey(stringValue: name))
    }
  }
}

extension ComparisonRow {
  /// Whether it is about all domains: the only one, or the in-domain average.
  var isOverall: Bool { source == nil || source == ComparisonTable.inDomain }
}
