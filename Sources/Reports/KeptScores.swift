import Basics
import Figures
import Foundation
import Recipes
import Runs
import Scoring
import Sharing

/// The scores of some networks and the baselines on a split, as they are kept in `RUN/results`: while
/// nothing changes, neither data nor predictions need to be read.
struct KeptScores: Codable {
  /// Raise it where scores of the same predictions change, or this type does.
  private static let format = 1

  let results: [EvaluationReport.Result]
  /// What to tell the user about the data.
  let warnings: [String]

  /// Where the scores of `architectures` of `run` on `split` are kept, and what they are computed
  /// from: all data that the run is checked against among them.
  static func kept(
    of run: RunDirectory, _ architectures: [Architecture], on split: RunData.Split
  ) throws -> KeptResult<KeptScores> {
    let recipe = run.recipe
    let digests = try split == .test ? run.testDigests() : nil
    let files = recipe.trainingData.union(recipe.evaluationData(split)).sorted()
    let parts = try ([nil] + architectures).flatMap { try run.files(of: $0) }
    let own = Dictionary(parts.map { ($0.name, $0.path) }) { first, _ in first }
    return KeptResult(
      try run.path("results", "\(split.rawValue)-scores.json"),
      settings: """
        scores \(format)
        \(split.rawValue) \(architectures.map(\.name).joined(separator: ","))
        \(try jsonText(recipe))
        \(try jsonText(run.data))
        \(try jsonText(digests))
        """,
      inputs: files.map { ($0, $0) } + own.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
  }

  /// Whether they can be those of `architectures` on `split`: a file says so, which may come from
  /// anywhere.
  func fit(_ recipe: Recipe, _ architectures: [Architecture], _ split: RunData.Split) -> Bool {
    let names = Set(architectures.map(\.name) + Baseline.allCases.map(\.rawValue))
    let tasks = Set(recipe.tasks.map(\.name))
    return results.allSatisfy {
      names.contains($0.sharing) && tasks.contains($0.task) && $0.split == split.rawValue
        && (-1...1).contains($0.value)
    }
  }
}
