import Basics
import Figures
import Scoring

extension RunPage {
  /// Precision and recall of every task, scores by label, and what labels are taken for.
  var labelSection: Document.Section? {
    let tasks = report.results.map(\.task).uniqued().filter { task in
      networks(on: task).contains { $0.labels != nil }
    }
    guard !tasks.isEmpty else { return nil }
    let blocks = tasks.flatMap { task -> [Document.Block] in
      let own = [measures(of: task), labels(of: task), details(of: task), confusions(of: task)]
      let blocks = own.compactMap(\.self)
      return tasks.count > RunReport.mostOpen ? [.folded(task, blocks)] : blocks
    }
    return Document.Section("Scores by label", blocks)
  }

  /// The most labels of a table, and of a matrix.
  private static let (mostLabels, mostConfused) = (40, 12)

  /// The scores of trained networks on all files of `task`.
  private func networks(on task: String) -> [EvaluationReport.Result] {
    report.results.filter { $0.task == task && $0.domain == nil && !$0.isBaseline }
  }

  /// A row an architecture.
  private func measures(of task: String) -> Document.Block? {
    let results = report.results.filter { $0.task == task && $0.domain == nil }
    let columns: [(name: String, value: (EvaluationReport.Result) -> Double?)] = [
      // Of spans; elsewhere those of all labels together are the accuracy.
      ("precision", \.precision), ("recall", \.recall),
      ("f1", { $0.metric == "f1" ? $0.value : nil }), ("macro f1", \.macroF1),
      ("accuracy", \.accuracy), ("known words", \.knownAccuracy),
      ("unknown words", \.unknownAccuracy),
    ].filter { column in results.contains { column.1($0) != nil } }
    let rows = results.map { result in
      [result.sharing] + columns.map { $0.value(result).map(percent) ?? "-" }
    }
    return .table(
      Document.Table("\(task), in per cent", [["sharing"] + columns.map(\.name)] + rows))
  }

  /// The labels of `task` by falling support, as far as they are shown.
  private func shownLabels(of task: String) -> [EvaluationReport.Result.Label] {
    Array((networks(on: task).first?.labels ?? []).prefix(Self.mostLabels))
  }

  /// F1 of every label, a column an architecture.
  private func labels(of task: String) -> Document.Block? {
    let results = networks(on: task)
    let all = results.first?.labels ?? []
    guard !all.isEmpty else { return nil }
    let rows = shownLabels(of: task).map { label in
      let values = results.map { result in
        result.labels?.first { $0.label == label.label }?.f1
      }
      let known = values.compactMap(\.self)
      // Where all are the same, none is best.
      let best = Set(known).count > 1 ? known.max() : nil
      return [Document.Cell(label.label, number: nil), Document.Cell("\(label.support)")]
        + values.map { value in
          Document.Cell(
            value.map(percent) ?? "-", mark: value != nil && value == best ? .best : .none)
        }
    }
    let more = all.count > rows.count ? "; the \(rows.count) most frequent of \(all.count)" : ""
    return .table(
      Document.Table(
        "\(task): F1 by label in per cent\(more)",
        head: ["label", "support"] + results.map(\.sharing), groups: [rows]))
  }

  /// Precision and recall of every label by every architecture.
  private func details(of task: String) -> Document.Block? {
    let rows = shownLabels(of: task).flatMap { label in
      networks(on: task).compactMap { result in
        result.labels?.first { $0.label == label.label }.map { own in
          [Document.Cell(label.label, number: nil), Document.Cell(result.sharing)]
            + [own.precision, own.recall, own.f1].map { Document.Cell(percent($0)) }
            + [Document.Cell("\(own.support)"), Document.Cell("\(own.predicted)")]
        }
      }
    }
    guard !rows.isEmpty else { return nil }
    let table = Document.Table(
      "\(task): precision and recall by label, in per cent",
      head: ["label", "sharing", "precision", "recall", "f1", "support", "predicted"],
      groups: [rows])
    return .folded("\(task): precision and recall by label", table.capped())
  }

  /// What labels are taken for by the architecture that is best on `task`: of spans their types where
  /// the boundaries agree. Of many labels those are shown that are most often gold or taken for
  /// another.
  private func confusions(of task: String) -> Document.Block? {
    guard let result = networks(on: task).max(by: { $0.value < $1.value }),
      let pairs = result.spanConfusion ?? result.confusion
    else { return nil }
    let all = pairs.labelsByWeight
    let labels = all.prefix(Self.mostConfused)
    let names = labels.map { $0 ?? "(none)" }
    let counts = labels.map { gold in
      labels.map { predicted in
        pairs.first { ($0.gold, $0.predicted) == (gold, predicted) }?.count ?? 0
      }
    }
    let golds = labels.map { gold in pairs.reduce(0) { $0 + ($1.gold == gold ? $1.count : 0) } }
    let map = HeatMap(
      title: "\(task): what \(result.sharing) takes gold labels (rows) for", rows: names,
      columns: names,
      values: zip(counts, golds).map { row, sum in
        row.map { Double($0) / Double(max(1, sum)) }
      }, greatest: 1, labels: counts.map { row in row.map { $0 == 0 ? "" : "\($0)" } },
      isCompact: true)
    // Of very many labels not all pairs are listed.
    let whole = max(all.compactMap(\.self).count, result.labels?.count ?? 0)
    let shown = labels.compactMap(\.self).count
    let part =
      "\(shown) of \(counted(whole, "label")), those that are most often gold or wrongly predicted"
    return .folded(
      "\(task): confusion of \(result.sharing), the best",
      (shown < whole ? [.paragraph(part)] : []) + [.figure(map.figure)])
  }
}
