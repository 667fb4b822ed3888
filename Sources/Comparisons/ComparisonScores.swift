import Basics
import Figures
import Runs
import Scoring

/// What was measured once: by one network, on one task, in one run.
package struct ComparisonScore: Sendable {
  /// The index of the variation in the plan.
  var variation: Int
  let seed: UInt64
  let sharing: String
  let task: String
  /// Where the network was trained, and on whose test files it was scored; nil without domains.
  let source: String?, domain: String?
  /// `f1`, `accuracy`, `spearman`; `mse`, `overlap`, `overlap_z`, `alpha_ratio` for what is no score.
  let metric: String
  let value: Double
  /// The counts behind a score; empty for what is no score.
  let sentences: [SentenceCounts]

  package init(
    variation: Int, seed: UInt64, sharing: String, task: String, source: String?, domain: String?,
    metric: String, value: Double, sentences: [SentenceCounts]
  ) {
    self.variation = variation
    self.seed = seed
    self.sharing = sharing
    self.task = task
    self.source = source
    self.domain = domain
    self.metric = metric
    self.value = value
    self.sentences = sentences
  }
}

/// What the training of one architecture in one run took.
package struct ComparisonEffort: Codable, Sendable {
  var variation: Int
  let sharing: String
  /// Prunable weights of all the architecture's networks together.
  let parameters: Int
  /// Seconds of its own training, of the warm-up it goes on from, and of its tickets' pruning.
  let train: Double, warmup: Double, prune: Double
  /// How often pruning passed through a task's training data, a mean over tasks.
  let pruneEpochs: Double
  /// Tokens of its own training.
  let tokens: Double
  /// Seconds that processors worked on its own training, whatever else they did beside; 0 if a
  /// version trained it that did not measure them.
  let processor: Double

  package init(
    variation: Int, sharing: String, parameters: Int, train: Double, warmup: Double,
    prune: Double, pruneEpochs: Double, tokens: Double, processor: Double
  ) {
    self.variation = variation
    self.sharing = sharing
    self.parameters = parameters
    self.train = train
    self.warmup = warmup
    self.prune = prune
    self.pruneEpochs = pruneEpochs
    self.tokens = tokens
    self.processor = processor
  }
}

/// Everything measured in the runs of a comparison.
package struct ComparisonMeasurements: Codable, Sendable {
  let split: RunData.Split
  package var scores: [ComparisonScore] = []
  /// Overlap ratios with their z among random masks, and α ratios.
  package var others: [ComparisonScore] = []
  package var efforts: [ComparisonEffort] = []
  var warnings: [String] = []

  /// Nothing measured yet on `split`.
  package init(split: RunData.Split) { self.split = split }

  /// What runs are warned of, each once, with the run that it is of or how many.
  package static func merged(
    _ runs: [(label: String, seed: UInt64, warnings: [String])]
  ) -> [String] {
    runs.flatMap(\.warnings).uniqued().map { warning in
      let own = runs.filter { $0.warnings.contains(warning) }
      guard own.count > 1 else { return "\(own[0].label): \(warning)" }
      let isBySeed = Set(own.map(\.seed)).count == own.count
      return "\(warning) (\(counted(own.count, isBySeed ? "seed" : "run")))"
    }
  }
}
