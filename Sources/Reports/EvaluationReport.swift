import Basics
import Corpora
import Figures
import Foundation
import Recipes
import Runs
import Scoring
import Sharing
import Training

/// Scores of trained networks, beside those that need no network.
public struct EvaluationReport: Sendable {
  /// Predictions to be made: by an architecture or a baseline, for a task.
  struct Asked {
    let sharing: String, domain: String?
    let data: TaskData
  }

  /// What was predicted for one task.
  public struct Predicted: Sendable {
    /// The architecture or the baseline.
    public let sharing: String
    /// The domain whose files alone these are; nil for all files of the task.
    public let domain: String?
    /// The corpus with the task's gold labels; those of one task are the same for all architectures.
    public let data: TaskData
    /// A label, as files write it, or a value for every token, text or vector of the corpus.
    public let predictions: Predictions
    /// Prunable weights of all the architecture's networks, and those that the task uses.
    let parameters: (all: Int, task: Int)

    init(_ asked: Asked, _ predictions: Predictions, parameters: (all: Int, task: Int)) {
      (sharing, domain, data) = (asked.sharing, asked.domain, asked.data)
      self.predictions = predictions
      self.parameters = parameters
    }
  }

  /// The scores: by split, then architecture, then task, and of networks by domain behind that of
  /// all a task's files.
  public let results: [Result]
  /// What the scores were computed from, in their order; nil where the scores were kept.
  let predicted: [Predicted]?
  /// Labels of the evaluated files that training never saw, as warnings.
  public let warnings: [String]

  private init(_ predicted: [Predicted], on split: String, warnings: [String]) throws {
    self.predicted = predicted
    self.warnings = warnings
    results = try predicted.map {
      Result(
        try Score($0.predictions, for: $0.data), sharing: $0.sharing, split: split,
        domain: $0.domain, parameters: $0.parameters)
    }
  }

  private init(_ kept: KeptScores) {
    (results, warnings) = (kept.results, kept.warnings)
    predicted = nil
  }

  /// Evaluates the finished architectures `names` (all if empty) of `run` on `split`.
  ///
  /// Scores, and what networks predict, are kept in the run's folder `results`, if that can be written
  /// to, and computed again only when something that they depend on has changed. Only this, the
  /// report, comparisons and `data check` open test files.
  public static func evaluate(
    _ run: RunDirectory, names: [String] = [], split: RunData.Split, jobs: Int
  ) throws -> EvaluationReport {
    let networks = try TrainedNetworks(run)
    let architectures = try finished(names, networks)
    func kept() throws -> KeptResult<KeptScores> {
      try KeptScores.kept(of: run, architectures, on: split)
    }
    // Test files are checked, and bound, by whoever computes.
    if let found = try kept().read(), found.fit(run.recipe, architectures, split) {
      return EvaluationReport(found)
    }
    try run.checkData()
    if split == .test { try openTestData(run) }
    // What an unfinished run's warm-up does is not kept.
    guard !architectures.isEmpty else {
      return try compute(networks, architectures, split, jobs: jobs)
    }
    var report: EvaluationReport?
    let scores = try kept().write {
      let computed = try compute(networks, architectures, split, jobs: jobs)
      report = computed
      return KeptScores(results: computed.results, warnings: computed.warnings)
    }
    return report ?? EvaluationReport(scores)
  }

  /// Binds the run to its test files, or checks them.
  private static func openTestData(_ run: RunDirectory) throws {
    // Files that cannot be read do not bind the run: they can still be exchanged.
    if !run.started.contains(.evaluation) && run.recipe.taskWithoutTest == nil {
      _ = try RunData(run.recipe).corpora(.test)
    }
    try run.openTestData()
  }

  /// Computes the scores of `architectures`, or of the warm-up where there are none, and of the
  /// baselines, from predictions that are kept.
  private static func compute(
    _ networks: TrainedNetworks, _ architectures: [Architecture], _ split: RunData.Split, jobs: Int
  ) throws -> EvaluationReport {
    let run = networks.run
    let recipe = run.recipe
    try run.checkData()
    if split == .test { try run.openTestData() }
    let source = try RunData(recipe)
    let read = try source.corpora(split)
    try networks.requireMemory(for: read, architectures)
    let data = try ScoredData(source, read, of: split, networks.vocabulary)
    let files = recipe.evaluationData(split)

    func keeping(
      _ name: String, reading files: Set<String>, and inputs: [(name: String, path: String)],
      _ asked: [Asked], _ compute: () throws -> KeptPredictions
    ) throws -> (predicted: [Predicted], warnings: [String]) {
      let kept = try KeptPredictions.kept(name, of: run, on: split, reading: files, and: inputs)
      if let found = kept.read(), let predicted = found.predicted(asked) {
        return (predicted, found.warnings)
      }
      let computed = try kept.write(compute)
      return (computed.predicted(asked)!, computed.warnings)
    }
    var (predicted, warnings) = try keeping(
      "baselines", reading: files.union(recipe.evaluationData(.train)),
      and: run.files(of: nil), data.askedOfBaselines
    ) {
      let learned = try source.corpora(.train)
      let training = try source.tasks(learned, networks.vocabulary)
      let shared = SharedSentences(read, with: learned, of: "train").note(of: split.rawValue)
      return KeptPredictions(
        try data.baselines(training),
        warnings: try data.warnings(split.rawValue, training) + [shared].compactMap(\.self))
    }
    if architectures.isEmpty {
      let base = "'tickets train \(run.path)'"
      warnings.append("nothing is trained yet; networks are scored after \(base)")
      if FileManager.default.fileExists(atPath: run.warmupWeights) {
        predicted += try data.predictedByWarmUp(of: networks, jobs: jobs)
      }
    }
    for architecture in architectures {
      predicted += try keeping(
        architecture.name, reading: files, and: run.files(of: architecture),
        data.asked(of: architecture)
      ) {
        KeptPredictions(try data.predicted(by: architecture, of: networks, jobs: jobs))
      }.predicted
    }
    return try EvaluationReport(predicted, on: split.rawValue, warnings: warnings)
  }

  /// What the scores of all finished architectures of `run` on `split` are computed from.
  static func predicted(
    _ run: RunDirectory, on split: RunData.Split, jobs: Int
  ) throws -> [Predicted] {
    let networks = try TrainedNetworks(run)
    return try compute(networks, networks.architectures, split, jobs: jobs).predicted ?? []
  }

  /// Evaluates the finished architectures `names` (all if empty) of `run` on other labelled files
  /// than its own; nothing is recorded or kept.
  ///
  /// - Parameters:
  ///   - files: files as the run's tasks read them, in which `{task}` and `{domain}` stand for names.
  ///   - tasks: the tasks to score; those whose labels the files have if empty.
  ///   - tokenFeatures: where the features of their tokens stand, if not where the run's pattern says.
  /// - Throws: `Failure` naming file and line for what cannot be read, of kind `usage` for an option.
  public static func evaluate(
    _ run: RunDirectory, names: [String] = [], on files: [String], tasks: [String] = [],
    tokenFeatures: String? = nil, jobs: Int
  ) throws -> EvaluationReport {
    let networks = try TrainedNetworks(run)
    try run.checkData()
    // They are read more than once.
    for file in files where !file.contains("{") { try Files.requireRegular(file) }
    let architectures = try finished(names, networks)
    let (source, left) = try RunData.scoring(
      run.recipe, on: files, tasks: tasks, tokenFeatures: tokenFeatures)
    let read = try source.corpora(.test)
    try networks.requireMemory(for: read, architectures)
    let data = try ScoredData(source, read, of: .test, networks.vocabulary)
    let whole = try RunData(run.recipe)
    let training = try whole.tasks(whole.corpora(.train), networks.vocabulary)
    let own = data.tasks.map { training[$0] }
    return try EvaluationReport(
      data.baselines(own)
        + architectures.flatMap { try data.predicted(by: $0, of: networks, jobs: jobs) },
      on: "on", warnings: left + data.warnings("given", own))
  }

  /// The architectures called `names`, or all that are trained.
  private static func finished(
    _ names: [String], _ networks: TrainedNetworks
  ) throws -> [Architecture] {
    let architectures =
      try names.isEmpty ? networks.architectures : names.map(networks.architecture)
    return architectures
  }

  var hasDomains: Bool { results.contains { $0.domain != nil } }

  /// A table: a row per architecture, and below it one per united domain, a column per task, mean
  /// and parameters; for values their error beside the rank correlation, in their own units.
  public var text: String { results.scoreTable("").text }
}
