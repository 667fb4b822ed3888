import Basics
import Corpora
import Figures
import Foundation
import Recipes
import Runs
import Scoring
import Training

/// Scores of trained networks, beside those that need no network.
public struct EvaluationReport: Codable, Sendable {
  /// The scores: by split, then architecture, then task, and of networks by domain behind that of
  /// all a task's files.
  public let results: [Result]
  /// Labels of the evaluated files that training never saw, as warnings.
  public let warnings: [String]

  /// Evaluates the finished architectures `names` (all if empty) of `run` on `split`.
  ///
  /// Only this, the report, comparisons and `data check` open test files.
  public static func evaluate(
    _ run: RunDirectory, names: [String] = [], split: RunData.Split, jobs: Int
  ) throws -> EvaluationReport {
    let networks = try TrainedNetworks(run)
    let recipe = run.recipe
    try run.checkData()
    let architectures =
      names.isEmpty ? networks.architectures : try names.map { try networks.architecture($0) }
    guard !architectures.isEmpty else {
      throw Failure(
        .missingInput, "\(run.path): nothing is trained yet; run 'tickets train \(run.path)' first")
    }
    let source = try RunData(recipe)
    var corpora: [Corpus]?
    if split == .test {
      // Files that cannot be read do not bind the run: they can still be exchanged.
      if !run.started.contains(.evaluation) && recipe.taskWithoutTest == nil {
        corpora = try source.corpora(.test)
      }
      try run.openTestData()
    }
    let read = try corpora ?? source.corpora(split)
    let data = try source.tasks(read, networks.vocabulary)
    let domains = try source.domains(read, of: split, networks.vocabulary)
    let trainingCorpora = try source.corpora(.train)
    let training = try source.tasks(trainingCorpora, networks.vocabulary)
    var results: [Result] = []
    for baseline in Baseline.allCases {
      for (task, train) in zip(data, training)
      where Baseline.serving(task.task).contains(baseline) {
        results.append(
          Result(
            try baseline.score(task, training: train), sharing: baseline.rawValue,
            split: split.rawValue, parameters: (0, 0)))
      }
    }
    for architecture in architectures {
      for (index, task) in data.enumerated() {
        let (network, own) = try networks.network(architecture, task: index)
        let evaluation = Evaluation(network, threads: { jobs })
        let parameters = try networks.parameters(architecture, task: index)
        let whole: (domain: String?, data: TaskData) = (nil, task)
        for (domain, data) in [whole] + domains[index].map({ ($0.domain, $0.data) }) {
          results.append(
            Result(
              try evaluation.score(of: own, data), sharing: architecture.name,
              split: split.rawValue, domain: domain, parameters: parameters))
        }
      }
    }
    let warnings = try zip(data, training).flatMap { task, train in
      [
        try UnseenLabels(task, training: train).warning(split: split.rawValue),
        task.cutTexts(split: split.rawValue),
      ].compactMap(\.self)
    }
    let shared = SharedSentences(read, with: trainingCorpora, of: "train")
    return EvaluationReport(
      results: results,
      warnings: warnings + [shared.note(of: split.rawValue)].compactMap(\.self))
  }

  var hasDomains: Bool { results.contains { $0.domain != nil } }

  /// A table: a row per architecture, and below it one per united domain, a column per task, mean
  /// and parameters; for values their error beside the rank correlation, in their own units.
  public var text: String { results.scoreTable("").text }
}
