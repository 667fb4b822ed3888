import Basics
import Figures
import Scoring

extension [EvaluationReport.Result] {
  /// A row an architecture, and below it one a united domain, a column a task, mean and parameters,
  /// for values their error beside the rank correlation, in their own units; the best of each column
  /// is marked, and baselines stand apart.
  func scoreTable(_ caption: String) -> Document.Table {
    let tasks = map(\.task).uniqued()
    let valued = tasks.filter { task in
      contains { $0.task == task && $0.meanSquaredError != nil }
    }
    let hasDomains = contains { $0.domain != nil }
    let head =
      ["sharing"] + (hasDomains ? ["domain"] : [])
      + tasks.map { task in "\(task) (\(first { $0.task == task }!.metric))" }
      + ["mean"] + valued.map { "\($0) (mse)" } + ["parameters"]
    let lines = map(\.sharing).uniqued().flatMap { sharing in
      let own = filter { $0.sharing == sharing }
      return own.map(\.domain).uniqued().map { domain in
        ScoreLine(own.filter { $0.domain == domain }, tasks, valued)
      }
    }
    let networks = lines.filter { Baseline(rawValue: $0.sharing) == nil }
    // Where all are the same, none is best.
    func best(_ values: [Double]) -> Double? { Set(values).count > 1 ? values.max() : nil }
    let bests = tasks.indices.map { index in best(networks.compactMap { $0.values[index] }) }
    let bestMean = best(networks.compactMap(\.mean))
    func cells(_ line: ScoreLine) -> [Document.Cell] {
      func score(_ value: Double?, best: Double?) -> Document.Cell {
        let isBest = value != nil && value == best && Baseline(rawValue: line.sharing) == nil
        return Document.Cell(value.map(percent) ?? "-", mark: isBest ? .best : .none)
      }
      return [Document.Cell(line.sharing)]
        + (hasDomains ? [Document.Cell(line.domain ?? "all")] : [])
        + zip(line.values, bests).map { score($0, best: $1) } + [score(line.mean, best: bestMean)]
        + line.errors.map { Document.Cell($0.map { fixed($0, 4) } ?? "-") }
        + [Document.Cell("\(line.parameters)")]
    }
    return Document.Table(
      caption, head: head,
      groups: [lines.filter { $0.parameters == 0 }.map(cells), networks.map(cells)])
  }
}

/// The scores of one architecture on all tasks, or on one of their domains.
private struct ScoreLine {
  let sharing: String, domain: String?
  /// By task; nil where it is not scored.
  let values: [Double?]
  /// Nil unless all tasks are scored: a mean over some of them would mislead.
  let mean: Double?
  /// The mean squared errors of the tasks that have them.
  let errors: [Double?]
  let parameters: Int

  init(_ own: [EvaluationReport.Result], _ tasks: [String], _ valued: [String]) {
    (sharing, domain, parameters) = (own[0].sharing, own[0].domain, own[0].parameters)
    values = tasks.map { task in own.first { $0.task == task }?.value }
    let known = values.compactMap(\.self)
    mean = known.count == tasks.count ? known.reduce(0, +) / Double(tasks.count) : nil
    errors = valued.map { task in own.first { $0.task == task }?.meanSquaredError }
  }
}
