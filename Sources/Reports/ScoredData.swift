import Basics
import Corpora
import Recipes
import Runs
import Scoring
import Sharing
import Training

/// Labelled data that the networks of a run are scored on.
struct ScoredData {
  /// The tasks, as indices of the recipe's.
  let tasks: [Int]
  /// All data of each of them, and those of its united domains one by one.
  private let parts: [(whole: TaskData, domains: [(domain: String, data: TaskData)])]

  /// The `corpora` of `split` that `source` has read.
  init(
    _ source: RunData, _ corpora: [Corpus], of split: RunData.Split, _ vocabulary: Vocabulary
  ) throws {
    tasks = source.taskIndices
    parts = Array(
      zip(
        try source.tasks(corpora, vocabulary),
        try source.domains(corpora, of: split, vocabulary))
    ).map { ($0, $1) }
  }

  /// What baselines are asked for: by baseline, then task.
  var askedOfBaselines: [EvaluationReport.Asked] {
    served.map { .init(sharing: $0.baseline.rawValue, domain: nil, data: parts[$0.place].whole) }
  }

  /// What the architecture is asked for: by task, all its data before those of its domains.
  func asked(of architecture: Architecture) -> [EvaluationReport.Asked] {
    tasks.indices.flatMap { asked(of: architecture, at: $0) }
  }

  private func asked(of architecture: Architecture, at place: Int) -> [EvaluationReport.Asked] {
    let (whole, domains) = parts[place]
    return [.init(sharing: architecture.name, domain: nil, data: whole)]
      + domains.map { .init(sharing: architecture.name, domain: $0.domain, data: $0.data) }
  }

  private var served: [(baseline: Baseline, place: Int)] {
    Baseline.allCases.flatMap { baseline in
      parts.indices.filter { Baseline.serving(parts[$0].whole.task).contains(baseline) }
        .map { (baseline, $0) }
    }
  }

  /// What the baselines predict, counted in the tasks' `training` data.
  func baselines(_ training: [TaskData]) throws -> [EvaluationReport.Predicted] {
    try zip(served, askedOfBaselines).map { served, asked in
      EvaluationReport.Predicted(
        asked, try served.baseline.predictions(asked.data, training: training[served.place]),
        parameters: (0, 0))
    }
  }

  /// What the networks of `architecture` predict.
  func predicted(
    by architecture: Architecture, of networks: TrainedNetworks, jobs: Int
  ) throws -> [EvaluationReport.Predicted] {
    try tasks.indices.flatMap { place in
      let (network, own) = try networks.network(architecture, task: tasks[place])
      let evaluation = Evaluation(network, threads: { jobs })
      let parameters = try networks.parameters(architecture, task: tasks[place])
      return try asked(of: architecture, at: place).map {
        let predictions = evaluation.predictions(of: own, $0.data)
        try predictions.requireNumbers(of: $0)
        return EvaluationReport.Predicted($0, predictions, parameters: parameters)
      }
    }
  }

  /// What the warm-up's network predicts, called `warm-up`.
  func predictedByWarmUp(
    of networks: TrainedNetworks, jobs: Int
  ) throws -> [EvaluationReport.Predicted] {
    let network = try networks.warmedUp()
    let evaluation = Evaluation(network, threads: { jobs })
    return try tasks.indices.map { place in
      let asked = EvaluationReport.Asked(
        sharing: "warm-up", domain: nil, data: parts[place].whole)
      let predictions = evaluation.predictions(of: tasks[place], asked.data)
      try predictions.requireNumbers(of: asked)
      return EvaluationReport.Predicted(
        asked, predictions, parameters: network.sizes(of: tasks[place]))
    }
  }

  /// What to tell the user about labels that the tasks' `training` data lack, and about cut texts.
  func warnings(_ split: String, _ training: [TaskData]) throws -> [String] {
    try zip(parts, training).flatMap { part, training in
      [
        try UnseenLabels(part.whole, training: training).warning(split: split),
        part.whole.cutTexts(split: split),
      ].compactMap(\.self)
    }
  }
}

extension Predictions {
  /// Checks that the values predicted for what is `asked` are numbers.
  ///
  /// - Throws: `Failure` of kind `badData` naming network and task if they are not.
  fileprivate func requireNumbers(of asked: EvaluationReport.Asked) throws {
    guard case .values(let values) = self, !values.allSatisfy(\.isFinite) else { return }
    throw Failure(
      .badData,
      "\(asked.sharing): predicts values that are no numbers for task \(asked.data.task.name); "
        + "train it again with a lower learning rate")
  }
}
