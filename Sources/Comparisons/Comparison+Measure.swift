import Basics
import Corpora
import Masks
import Recipes
import Reports
import Runs
import Scoring
import Sharing
import Tensors
import Training

extension Comparison {
  /// Scores every network of the finished runs: on the test files of its own run, and with domains on
  /// those of all others that are finished. What is kept of a cell is not measured again.
  func measure(_ split: RunData.Split, jobs: Int) throws -> ComparisonMeasurements {
    let parts = try measure(cells.indices.map(measuring), split, jobs: jobs)
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

  /// Measures, and keeps, what is trained in the run in `folder`, a name in the comparison's folder, and
  /// what is scored on its data, as soon as nothing that this needs is missing: so that whoever opens
  /// the comparison need not.
  ///
  /// - Throws: `Failure` of kind `missingInput` if there is no such run, and what reading data and
  ///   networks throws.
  package func keepScores(ofRun folder: String, jobs: Int) throws {
    guard let run = cells.firstIndex(where: { $0.folder == folder }) else {
      throw Failure(.missingInput, "\(path)/\(folder): is no run of the comparison")
    }
    let asked = Set(peers(of: run)).union(cells.indices.filter { homes[$0].contains(run) }).sorted()
      .map(measuring)
    // What is not complete would be measured again.
    let complete = asked.filter {
      $0.places.count == cells[$0.index].compared.count
        && $0.targets.count == peers(of: $0.index).count
    }
    _ = try measure(complete, try split(), jobs: jobs)
  }

  private func measure(
    _ asked: [CellMeasuring], _ split: RunData.Split, jobs: Int
  ) throws -> [ComparisonMeasurements] {
    var found: [ComparisonMeasurements?] = try Parallel.map(asked.count, jobs: jobs) {
      [self] place, _ in
      try Interrupt.check()
      let measuring = asked[place]
      guard !measuring.places.isEmpty else { return ComparisonMeasurements(split: split) }
      return try readKept(measuring, split)
    }
    let open = found.indices.filter { found[$0] == nil }
    try openData(split, for: open.map { asked[$0] })
    let measured = try Parallel.map(open.count, jobs: jobs) { [self] place, circumstances in
      try Interrupt.check()
      let measuring = asked[open[place]]
      return try kept(measuring, split).write {
        try measure(measuring, split, circumstances.threads)
      }
    }
    for (place, measured) in zip(open, measured) { found[place] = measured }
    return found.map { $0! }
  }

  /// Records the test files of the finished runs that are `measured`, or checks them, before anything
  /// is scored on them; they are opened here and nowhere earlier.
  private func openData(_ split: RunData.Split, for measured: [CellMeasuring]) throws {
    let runs = measured.flatMap { measuring in
      measuring.targets + measuring.places.map { homes[measuring.index][$0] }
    }
    for index in Set(runs).sorted() where !trained(in: index).isEmpty {
      let run = try RunDirectory.open(folder(cells[index]), forWork: false)
      try run.checkData()
      if split == .test {
        if !run.started.contains(.evaluation) { _ = try RunData(run.recipe).corpora(.test) }
        try run.openTestData()
      }
    }
  }

  private func measure(
    _ measuring: CellMeasuring, _ split: RunData.Split, _ threads: @escaping @Sendable () -> Int
  ) throws -> ComparisonMeasurements {
    let (index, places) = (measuring.index, measuring.places)
    let cell = cells[index]
    var found = ComparisonMeasurements(split: split)
    let targets = measuring.targets.map { cells[$0] }
    var opened: [Int: RunDirectory] = [:]
    func run(at place: Int) throws -> RunDirectory {
      let home = homes[index][place]
      let run = try opened[home] ?? RunDirectory.open(folder(cells[home]), forWork: false)
      opened[home] = run
      return run
    }
    // Runs that train for one another have the same vocabulary.
    let vocabulary = try run(at: places[0]).readVocabulary()
    let read = try targets.map { target in
      let source = try RunData(target.recipe)
      let corpora = try source.corpora(split)
      return (
        tasks: try source.tasks(corpora, vocabulary),
        domains: try source.domains(corpora, of: split, vocabulary)
      )
    }
    let data = read.map(\.tasks)
    let hasCommonSentences = hasCommonSentences(cell)
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
      let run = try run(at: place)
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
              hasCommonSentences ? score.sentences : []))
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
    if let (sparse, _) = ticketed(in: index), cell.recipe.tasks.count > 1,
      let place = places.first(where: { cell.compared[$0] == sparse })
    {
      let overlap = try run(at: place).overlap().overlap
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
