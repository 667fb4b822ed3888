import Basics
import Figures
import Foundation
import Recipes
import Runs
import Scoring
import Tensors

/// How well a task that a run has never seen is learned from few examples with the run's shared
/// encoder, and without it (Liu and Huang 2018, Figure 5).
public struct AdaptationReport: Encodable, Sendable {
  /// Test scores of networks trained alike, one a draw.
  public struct Row: Encodable, Sendable {
    /// `adapted`, `frozen`, `ticket-TASK`, `frozen-ticket-TASK` or `scratch`.
    public let kind: String
    /// How many training examples were drawn; nil for all.
    public let examples: Int?
    /// From 0 to 1, by draw.
    public let values: [Double]
    /// Their mean.
    public let mean: Double
    /// Their standard deviation; nil for a single draw.
    public let deviation: Double?

    package init(kind: String, examples: Int?, values: [Double]) {
      self.kind = kind
      self.examples = examples
      self.values = values
      let summary = Summary(values)
      (mean, deviation) = (summary.mean, summary.deviation)
    }
  }

  /// The new task.
  public let task: String
  /// `f1` or `accuracy`.
  public let metric: String
  /// The architecture whose encoder was taken over.
  public let sharing: String
  /// The seeds of the draws.
  public let seeds: [UInt64]
  /// By number of examples, all last, then by kind.
  public let results: [Row]

  package init(task: String, metric: String, sharing: String, seeds: [UInt64], results: [Row]) {
    self.task = task
    self.metric = metric
    self.sharing = sharing
    self.seeds = seeds
    self.results = results
  }

  /// Scores every network of the finished `adaptation` on the test files, which are opened here and
  /// nowhere earlier. A score is kept in a file beside its network and not computed again.
  public static func measure(_ adaptation: Adaptation, jobs: Int) throws -> AdaptationReport {
    let cells = adaptation.cells
    let scores = try Parallel.map(cells.count, jobs: jobs) { index, circumstances in
      try Interrupt.check()
      return try score(adaptation, cells[index], jobs: circumstances.threads())
    }
    var rows: [Row] = []
    for examples in cells.map(\.examples).uniqued() {
      for kind in cells.filter({ $0.examples == examples }).map(\.kind.name).uniqued() {
        let own = zip(cells, scores).filter { $0.0.examples == examples && $0.0.kind.name == kind }
        rows.append(Row(kind: kind, examples: examples, values: own.map(\.1.value)))
      }
    }
    return AdaptationReport(
      task: scores[0].task, metric: scores[0].metric, sharing: adaptation.sharing.name,
      seeds: cells.map(\.recipe.seed).uniqued(), results: rows)
  }

  /// The test score of the network of `cell`.
  private static func score(
    _ adaptation: Adaptation, _ cell: AdaptationCell, jobs: Int
  ) throws -> EvaluationReport.Result {
    let folder = adaptation.folder(cell)
    let path = adaptation.result(cell)
    let run = try RunDirectory.open(folder, forWork: false)
    if FileManager.default.fileExists(atPath: path) {
      // It stands for the files that it was measured on.
      try run.openTestData()
      let data = try SealedJSON.read(path, limit: 1 << 26)
      guard let result = try? JSONDecoder().decode(EvaluationReport.Result.self, from: data) else {
        throw Failure(.badData, "\(path): is damaged; remove it to have it measured again")
      }
      return result
    }
    let name = adaptation.architecture.name
    let report = try EvaluationReport.evaluate(run, names: [name], split: .test, jobs: jobs)
    guard let result = report.results.first(where: { $0.sharing == name }) else {
      throw Failure(.internal, "\(folder): no score was measured")
    }
    try SealedJSON.write(Data(jsonText(result).utf8), to: path)
    return result
  }

  /// A table: a row a number of examples, a column a kind of training.
  public var text: String {
    let kinds = results.map(\.kind).uniqued()
    var rows = [["examples"] + kinds + ["difference"]]
    for examples in results.map(\.examples).uniqued() {
      let own = kinds.map { kind in
        results.first { $0.kind == kind && $0.examples == examples }
      }
      let cells = own.map { row in
        row.map { percent($0.mean) + ($0.deviation.map { " ± " + percent($0) } ?? "") } ?? "-"
      }
      let means = own.compactMap { $0?.mean }
      let difference = means.count == 2 ? means[0] - means[1] : nil
      rows.append(
        [examples.map(String.init) ?? "all"] + cells
          + [difference.map { ($0 < 0 ? "" : "+") + percent($0) } ?? "-"])
    }
    return "\(task), test \(metric) × 100, encoder of \(sharing); mean ± standard deviation, "
      + "n = \(seeds.count)\n" + table(rows)
  }

  /// The scores as CSV: a row a draw.
  public var csv: String {
    let rows = results.flatMap { row in
      zip(seeds, row.values).map { seed, value in
        [
          task, row.examples.map(String.init) ?? "all", row.kind, "\(seed)", metric, "\(value)",
        ]
      }
    }
    return csvText([["task", "examples", "kind", "seed", "metric", "value"]] + rows)
  }

  /// Mean scores over the number of examples, a line a kind of training; that on all examples is
  /// level.
  public var figure: Figure {
    func line(_ name: String, _ rows: [(examples: Int, row: Row)]) -> LineChart.Series {
      LineChart.Series(
        name: name,
        points: rows.map { examples, row in
          (Double(examples), 100 * row.mean, row.deviation.map { 100 * $0 })
        })
    }
    let counts = results.compactMap(\.examples)
    let few = results.map(\.kind).uniqued().map { kind in
      line(
        kind,
        results.filter { $0.kind == kind }.compactMap { row in row.examples.map { ($0, row) } }
      )
    }
    let all = results.filter { $0.examples == nil }.map { row in
      line(
        "scratch on all",
        [counts.min(), counts.max()].compactMap { $0 }.uniqued().map { ($0, row) })
    }
    let isWide = counts.max()! >= 20 * counts.min()!
    return LineChart(
      title: "\(task) with the encoder of \(sharing)", xLabel: "training examples",
      yLabel: "test \(metric) (%)", series: few + all, logX: isWide, countsX: true
    ).figure
  }
}
