import Basics
import Corpora
import Figures
import Foundation
import Masks
import Recipes
import Reports
import Runs
import Scoring
import Sharing
import Tensors
import Training

/// What was measured once: by one network, on one task, in one run.
package struct ComparisonScore: Sendable {
  /// The index of the variation in the plan.
  let variation: Int
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
  let variation: Int
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
package struct ComparisonMeasurements: Sendable {
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

extension Comparison {
  /// Records the test files of all finished runs, or checks them, before anything is scored on them; they are
  /// opened here and nowhere earlier.
  func openData(_ split: RunData.Split) throws {
    for (index, cell) in cells.enumerated() where !trained(in: index).isEmpty && isFinished(index) {
      let run = try RunDirectory.open(folder(cell), forWork: false)
      try run.checkData()
      if split == .test {
        if !run.started.contains(.evaluation) { _ = try RunData(run.recipe).corpora(.test) }
        try run.openTestData()
      }
    }
  }

  /// Scores every network of the finished runs: on the test files of its own run, and with domains on
  /// those of all others that are finished.
  func measure(_ split: RunData.Split, jobs: Int) throws -> ComparisonMeasurements {
    let parts = try Parallel.map(cells.count, jobs: jobs) { [self] index, circumstances in
      try Interrupt.check()
      return try measure(index, split, circumstances.threads)
    }
    var all = ComparisonMeasurements(split: split)
    for part in parts {
      all.scores += part.scores
      all.others += part.others
      all.efforts += part.efforts
    }
    all.warnings = ComparisonMeasurements.merged(
      zip(cells, parts).map { (label: $0.label, seed: $0.seed, warnings: $1.warnings) })
    return all
  }

  private func measure(
    _ index: Int, _ split: RunData.Split, _ threads: @escaping @Sendable () -> Int
  ) throws -> ComparisonMeasurements {
    let cell = cells[index]
    var found = ComparisonMeasurements(split: split)
    let places = cell.compared.indices.filter { isMeasurable(index, $0) }
    guard let first = places.first else { return found }
    // Test files of runs that are not finished stay closed.
    let targets = cells.indices.filter(isFinished).map { cells[$0] }.filter {
      $0.variation == cell.variation && $0.seed == cell.seed && $0.compared == cell.compared
    }
    // Runs that train for one another have the same vocabulary.
    let vocabulary = try RunDirectory.open(folder(home(of: index, first)), forWork: false)
      .readVocabulary()
    let read = try targets.map { target in
      let source = try RunData(target.recipe)
      let corpora = try source.corpora(split)
      return (
        tasks: try source.tasks(corpora, vocabulary),
        domains: try source.domains(corpora, of: split, vocabulary)
      )
    }
    let data = read.map(\.tasks)
    // The built-in corpus is another one for every seed: there are no common sentences.
    let isBuiltIn = cell.recipe.usesBuiltInCorpus && plan.seeds > 1
    func measured(
      _ sharing: String, _ task: String, on domain: String?, _ metric: String, _ value: Double,
      _ sentences: [SentenceCounts] = []
    ) -> ComparisonScore {
      ComparisonScore(
        variation: cell.variation, seed: cell.seed, sharing: sharing, task: task,
        source: cell.domain, domain: domain, metric: metric, value: value, sentences: sentences)
    }
    for place in places {
      let variant = cell.compared[place]
      let architecture = variant.architecture
      let run = try RunDirectory.open(folder(home(of: index, place)), forWork: false)
      let networks = try TrainedNetworks(run)
      let units = cell.recipe.trainingUnits(of: architecture)
      for (index, task) in cell.recipe.tasks.enumerated() {
        let (network, own) = try networks.network(architecture, task: index)
        let evaluation = Evaluation(network, threads: threads)
        // United domains one by one, called as they would be as tasks of their own.
        for (domain, data) in read.flatMap({ $0.domains[index] }) {
          let score = try evaluation.score(of: own, data)
          found.others.append(
            measured(
              variant.name, "\(task.name)-\(domain)", on: nil, score.metric.rawValue, score.value))
        }
        for (target, data) in zip(targets, data) {
          let score = try evaluation.score(of: own, data[index])
          found.scores.append(
            measured(
              variant.name, task.name, on: target.domain, score.metric.rawValue, score.value,
              isBuiltIn ? [] : score.sentences))
          if let error = score.meanSquaredError {
            found.others.append(
              measured(variant.name, task.name, on: target.domain, "mse", error))
          }
        }
      }
      found.efforts.append(
        ComparisonEffort(
          units[0], try MetricsLog.read(run.metrics), tasks: cell.recipe.tasks.count,
          variation: cell.variation, sharing: variant.name,
          parameters: try networks.parameters(architecture, task: 0).all))
      let whole = try networks.network(architecture, task: 0).network
      if let ratio = SluiceReport(whole, sharing: architecture.name)?.auxiliaryRatio {
        found.others.append(
          measured(
            variant.name, cell.recipe.tasks[0].name, on: cell.domain, "alpha_ratio", ratio))
      }
    }
    if let (sparse, home) = ticketed(in: index), cell.recipe.tasks.count > 1,
      places.contains(where: { cell.compared[$0] == sparse })
    {
      let overlap = try RunDirectory.open(folder(home), forWork: false).overlap().overlap
      for (metric, value) in [("overlap", overlap.all), ("overlap_z", overlap.expected.z)] {
        guard let value else { continue }
        found.others.append(
          measured(sparse.name, ComparisonTable.all, on: cell.domain, metric, value))
      }
    }
    let source = try RunData(cell.recipe)
    let training = try source.tasks(source.corpora(.train), vocabulary)
    for (target, data) in zip(targets, data) {
      for (task, train) in zip(data, training) {
        let unseen = try UnseenLabels(task, training: train)
        if let warning = unseen.warning(split: split.rawValue, domain: target.domain) {
          found.warnings.append(warning)
        }
      }
    }
    return found
  }
}

extension Comparison {
  /// What of cell `index` has tickets, the shared network of all tasks before networks of one, and
  /// the cell in whose run these are; nil if nothing has.
  func ticketed(in index: Int) -> (variant: ComparisonVariant, home: ComparisonCell)? {
    let compared = cells[index].compared
    let places = compared.indices.filter { compared[$0].architecture.needsTickets }
    let shared = places.first { !compared[$0].architecture.trainsTasksAlone }
    return (shared ?? places.first).map { (compared[$0], home(of: index, $0)) }
  }
}

extension ComparisonEffort {
  fileprivate init(
    _ unit: TrainingUnit, _ metrics: [MetricsLine], tasks: Int, variation: Int, sharing: String,
    parameters: Int
  ) {
    func sum(_ stages: String..., upTo epoch: Int = .max, of name: String) -> Double {
      metrics.filter { stages.contains($0.stage) && $0.epoch <= epoch }.compactMap {
        $0.values[name]
      }
      .filter { (0..<1e12).contains($0) }.reduce(0, +)
    }
    let name = unit.architecture.name
    let (stage, after) = ("train/\(name)", "fine-tune/\(name)")
    // A run that an older version began has epochs without processor times.
    let isMeasured = metrics.allSatisfy {
      $0.stage != stage || $0.values["processor_seconds"] != nil
    }
    self.init(
      variation: variation, sharing: sharing, parameters: parameters,
      train: sum(stage, after, of: "seconds"),
      warmup: sum("warmup", upTo: unit.warmupEpochs ?? 0, of: "seconds"),
      prune: unit.start == .tickets ? sum("prune", of: "seconds") : 0,
      pruneEpochs: unit.start == .tickets
        ? metrics.filter { $0.stage == "prune" }
          .map { $0.values[MetricsLine.passes] ?? 1 }.filter { (0..<1e12).contains($0) }
          .reduce(0, +) / Double(tasks) : 0,
      tokens: sum(stage, after, of: "tokens"),
      processor: isMeasured ? sum(stage, after, of: "processor_seconds") : 0)
  }
}
