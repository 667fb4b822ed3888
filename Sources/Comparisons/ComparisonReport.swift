import Figures
import Foundation
import Recipes
import Scoring

/// What a comparison came to: scores with their spread over seeds and their difference from the
/// baseline, and what training cost.
public struct ComparisonReport: Encodable, Sendable {
  /// What the others are compared with.
  let baseline: String
  /// `test` or `dev`.
  let split: String
  let seeds: [UInt64]
  /// The scores, by variation, domain, task and architecture.
  let results: [Result]
  /// What the architectures of each variation cost.
  let cost: [ComparisonCost]
  /// Overlap against gain, where several sets of tasks are compared.
  let correlation: ComparisonCorrelation?
  /// Labels of the scored files that training never saw.
  public let warnings: [String]
  /// The runs that are not done yet, by their labels; nil if all are.
  let unfinished: [String]?
  let plan: ComparisonPlan
  let grid: ComparisonGrid?

  /// One row, for JSON.
  struct Result: Encodable, Sendable {
    let row: ComparisonRow
    let variation: ComparisonVariation
  }

  private enum CodingKeys: String, CodingKey {
    case baseline, split, seeds, results, cost, correlation, warnings, unfinished
  }

  /// Measures what is finished of `comparison`; this opens its test files. What was measured is kept in
  /// the comparison's folder `results` and stands as long as nothing that it depends on changes.
  public static func measure(_ comparison: Comparison, jobs: Int) throws -> ComparisonReport {
    let split = try comparison.split()
    if let found = try comparison.kept().read(), found.fits(comparison.plan, split) {
      return ComparisonReport(comparison.plan, found, comparison.grid())
    }
    let outcome = try comparison.kept().write {
      try ComparisonOutcome.compute(
        comparison.plan, comparison.measure(split, jobs: jobs), jobs: jobs)
    }
    return ComparisonReport(comparison.plan, outcome, comparison.grid())
  }

  /// The report of what was `measured` in the runs of `plan`.
  package init(_ plan: ComparisonPlan, _ measured: ComparisonMeasurements, jobs: Int) throws {
    self.init(plan, try ComparisonOutcome.compute(plan, measured, jobs: jobs), nil)
  }

  /// The report of what the runs of `plan`, which are those of `grid`, came to.
  private init(_ plan: ComparisonPlan, _ outcome: ComparisonOutcome, _ grid: ComparisonGrid?) {
    self.plan = plan
    self.grid = grid
    let open = grid?.cells.filter { !$0.done }.map(\.label) ?? []
    unfinished = open.isEmpty ? nil : open
    baseline = plan.baseline
    split = outcome.split
    seeds = (0..<plan.seeds).map { plan.base.seed + UInt64($0) }
    warnings = outcome.warnings
    let variations = plan.variations
    results = outcome.rows.map { Result(row: $0, variation: variations[$0.variation]) }
    cost = ComparisonCost.of(
      outcome.efforts, variations, sharings: plan.compared.map(\.name), baseline: plan.baseline)
    correlation =
      plan.axes.contains { $0.option == "tasks" }
      ? ComparisonCorrelation(
        outcome.rows, variations, baseline: plan.baseline, seed: plan.base.seed) : nil
  }

  /// Every number as comma-separated values: a row a score, then a row a cost.
  public var csv: String {
    let axes = plan.axes.map(\.option)
    let head = [
      "sharing", "task", "domain", "source", "metric", "mean", "std", "n", "delta", "low", "high",
      "p", "p_t", "reduction_single", "reduction_hard", "values",
    ]
    let scores = results.map { result in
      let row = result.row
      let numbers = [
        row.delta, row.bootstrap?.low, row.bootstrap?.high, row.bootstrap?.p, row.pairedT?.p,
        row.reductions["single"], row.reductions["hard"],
      ]
      return result.variation.values.map(\.value.shown)
        + [row.sharing, row.task, row.domain ?? "", row.source ?? "", row.metric]
        + ["\(row.summary.mean)", number(row.summary.deviation), "\(row.summary.count)"]
        + numbers.map(number) + [row.values.map { "\($0)" }.joined(separator: " ")]
    }
    let costs = cost.flatMap { cost in
      cost.numbers.map { name, value in
        cost.variation.values.map(\.value.shown)
          + [cost.sharing, ComparisonTable.all, "", "", name, number(value)]
          + [String](repeating: "", count: 10)
      }
    }
    return csvText([axes + head] + scores + costs)
  }

  private func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
}

extension ComparisonReport {
  /// Mean scores over the values of the numeric option that varies.
  ///
  /// - Throws: `Failure` of kind `usage` if none does.
  public func figure() throws -> Figure {
    try ComparisonFigure(plan, results.map(\.row)).figure
  }
}

extension ComparisonReport.Result {
  private enum CodingKeys: String, CodingKey {
    case sharing, task, domain, source, variation, metric, mean, std, n, values, delta, low, high
    case p
    case pT = "p_t"
    case reductionSingle = "reduction_single"
    case reductionHard = "reduction_hard"
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(row.sharing, forKey: .sharing)
    try container.encode(row.task, forKey: .task)
    try container.encode(row.domain, forKey: .domain)
    try container.encode(row.source, forKey: .source)
    try container.encode(RecipeValue.mapping(variation.values), forKey: .variation)
    try container.encode(row.metric, forKey: .metric)
    try container.encode(row.summary.mean, forKey: .mean)
    try container.encode(row.summary.deviation, forKey: .std)
    try container.encode(row.summary.count, forKey: .n)
    try container.encode(row.values, forKey: .values)
    try container.encode(row.delta, forKey: .delta)
    try container.encode(row.bootstrap?.low, forKey: .low)
    try container.encode(row.bootstrap?.high, forKey: .high)
    try container.encode(row.bootstrap?.p, forKey: .p)
    try container.encode(row.pairedT?.p, forKey: .pT)
    try container.encode(row.reductions["single"], forKey: .reductionSingle)
    try container.encode(row.reductions["hard"], forKey: .reductionHard)
  }
}
