import Figures
import Foundation
import Reports

extension ComparisonReport {
  /// The report for people.
  public var text: String { document().text }

  /// What the comparison came to, for text, Markdown and LaTeX; with its figure, runs and settings as
  /// a page called `title`.
  public func document(title: String = "Comparison", isPage: Bool = false) -> Document {
    let page = [figureSection, runSection, .environment(digests: [:]), settingSection]
      .compactMap(\.self)
    let sections = [scoreSection, costSection, correlationSection].compactMap(\.self)
    return Document(title, sections + (isPage ? page : []))
  }

  /// The most unfinished runs that are named.
  private static let mostNamed = 20

  private var scoreSection: Document.Section {
    var notes = warnings.map { Document.Block.note($0) }
    if let unfinished {
      let more = unfinished.count - Self.mostNamed
      notes.append(
        .note(
          "\(counted(unfinished.count, "run")) \(unfinished.count == 1 ? "is" : "are") not finished: "
            + unfinished.prefix(Self.mostNamed).joined(separator: ", ")
            + (more > 0 ? " and \(more) more" : "")
            + ". What stands here is of the others; where n differs, means are over other seeds."))
    }
    guard !results.isEmpty else {
      return Document.Section("Scores", notes + [.paragraph("No run is finished yet.")])
    }
    return Document.Section("Scores", [.table(scoreTable)] + notes)
  }

  private var costSection: Document.Section? {
    cost.isEmpty
      ? nil
      : Document.Section(
        "Cost",
        [
          .table(
            Document.Table(
              "Cost of a run, mean over \(plan.domains.isEmpty ? "seeds" : "seeds and domains");"
                + " processor seconds a token of the own training relative to \(baseline)",
              costRows))
        ])
  }

  private var correlationSection: Document.Section? {
    correlation.map {
      Document.Section("Overlap and gain", [.table(Document.Table($0.title, $0.rows))])
    }
  }

  private var figureSection: Document.Section? {
    guard !results.isEmpty, let figure = try? figure() else { return nil }
    return Document.Section("Scores by \(figureAxis)", [.figure(figure)])
  }

  private var figureAxis: String {
    (try? plan.numericAxis()).map { plan.axes[$0].option } ?? "value"
  }

  private var runSection: Document.Section? {
    grid.map { grid in
      Document.Section(
        "Runs", isFolded: true,
        [
          .table(Document.Table(grid.summary, grid.rows)),
          .paragraph(
            "Every run has a page of its own, with scores by label, learning curves, masks and the"
              + " digests of its data: tickets report DIR/FOLDER --html FILE."),
        ])
    }
  }

  private var settingSection: Document.Section? {
    (try? plan.base.yaml()).map {
      Document.Section("Settings", isFolded: true, [.verbatim($0)])
    }
  }

  /// The scores: rows of single sources other than the target are left out, the best of every task
  /// are marked.
  private var scoreTable: Document.Table {
    let hasDomains = !plan.domains.isEmpty
    let shown = results.filter { result in
      let source = result.row.source
      return source == nil || source == result.row.domain
        || [ComparisonTable.inDomain, ComparisonTable.outOfDomain].contains(source)
    }
    let references = ["single", "hard"].filter { name in
      hasDomains && plan.compared.contains { $0.name == name }
    }
    let head =
      plan.axes.map(\.option) + (hasDomains ? ["target", "source"] : [])
      + ["task", "metric", "sharing", "mean", "±", "n", "Δ", "p", "p (t)"]
      + references.map { "fewer errors than \($0) (%)" }
    let best = Dictionary(grouping: shown.filter(\.row.isScore), by: \.row.question)
      .compactMapValues { rows in
        let means = rows.map(\.row.summary.mean)
        return Set(means).count > 1 ? means.max() : nil
      }
    let rows = shown.map { result in
      let row = result.row
      let scale = row.isScore ? 100.0 : 1
      let digits = row.isScore ? 2 : 4
      let isBest = row.isScore && best[row.question] == row.summary.mean
      let before =
        result.variation.values.map(\.value.shown)
        + (hasDomains ? [row.domain ?? "-", row.source ?? "-"] : [])
        + [row.task, row.metric, row.sharing]
      let behind =
        [
          row.summary.deviation.map { fixed(scale * $0, digits) } ?? "-",
          "\(row.summary.count)", row.delta.map { signed(100 * $0) } ?? "-",
          row.bootstrap.map { probability($0.p) } ?? "-",
          row.pairedT.map { probability($0.p) } ?? "-",
        ] + references.map { row.reductions[$0].map { signed(100 * $0) } ?? "-" }
      let mean = Document.Cell(
        fixed(scale * row.summary.mean, digits), mark: isBest ? .best : .none)
      return before.map { Document.Cell($0) } + [mean] + behind.map { Document.Cell($0) }
    }
    return Document.Table(
      "\(split == "test" ? "Test" : "Dev") scores in per cent: mean ± standard deviation over"
        + " n seeds, Δ against \(baseline); p: paired bootstrap over sentences, paired t over seeds",
      head: head, groups: [rows])
  }

  private var costRows: [[String]] {
    [
      plan.axes.map(\.option) + [
        "sharing", "parameters", "training s", "warm-up s", "pruning s", "epochs", "tokens/s",
        "cost of \(baseline)",
      ]
    ]
      + cost.map { cost in
        cost.variation.values.map(\.value.shown) + [
          cost.sharing, "\(Int(cost.parameters.rounded()))", fixed(cost.training, 1),
          fixed(cost.warmup, 1), fixed(cost.pruning, 1), fixed(cost.pruningEpochs, 2),
          cost.tokensPerSecond.map { fixed($0, 0) } ?? "-",
          cost.relative.map { "× \(fixed($0, 3))" } ?? "-",
        ]
      }
  }

  private func signed(_ value: Double) -> String { (value < 0 ? "" : "+") + fixed(value, 2) }

  private func probability(_ value: Double) -> String {
    value < 0.0001 ? "<0.0001" : fixed(value, 4)
  }
}

extension ComparisonRow {
  /// What rows have in common whose means answer the same question.
  fileprivate var question: [String] {
    ["\(variation)", task, metric, domain ?? "", source ?? ""]
  }
}
