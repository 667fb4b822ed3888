import Figures
import Scoring

extension EvaluationReport {
  /// A table a task and architecture: precision, recall, F1 and support of every label, or type of
  /// spans, in per cent, and their averages; nothing for values.
  public var labelTables: [(title: String, rows: [[String]])] {
    results.compactMap { result in
      guard let labels = result.labels, let averages = result.averages else { return nil }
      let support = labels.reduce(0) { $0 + $1.support }
      let means = [
        ("micro average", averages.micro), ("macro average", averages.macro),
        ("weighted average", averages.weighted),
      ]
      return (
        title: ([result.task, result.domain, result.sharing] as [String?])
          .compactMap(\.self).joined(separator: ", "),
        rows: [["label", "precision", "recall", "f1", "support"]]
          + labels.map {
            [$0.label, percent($0.precision), percent($0.recall), percent($0.f1), "\($0.support)"]
          }
          + means.map { name, mean in
            [name, percent(mean.precision), percent(mean.recall), percent(mean.f1), "\(support)"]
          }
      )
    }
  }

  /// The table, and below it one a task and architecture with its labels and what they were most
  /// often taken for.
  public var textByLabel: String {
    let labelled = results.filter { $0.labels != nil }
    let parts = zip(labelled, labelTables).map { result, part in
      ([part.title, table(part.rows)] + [result.commonConfusions].compactMap(\.self))
        .joined(separator: "\n")
    }
    return ([text] + parts).joined(separator: "\n\n")
  }

  /// The scores as CSV; a value's error is a row of its own with the metric `mse`. A column names the
  /// domain, or `all`, where domains are united.
  public var csv: String { csv(byLabel: false) }

  /// The same, with a column `label`, empty for a task's score, and behind each score a row a label
  /// for precision, recall, F1 and support.
  public func csv(byLabel: Bool) -> String {
    let head =
      ["sharing", "split", "task"] + (hasDomains ? ["domain"] : []) + (byLabel ? ["label"] : [])
      + ["metric", "value", "parameters", "task_parameters"]
    return csvText(
      [head]
        + results.flatMap { result in
          var measures = [(label: "", metric: result.metric, value: "\(result.value)")]
          if let error = result.meanSquaredError { measures.append(("", "mse", "\(error)")) }
          for label in byLabel ? result.labels ?? [] : [] {
            measures += [
              (label.label, "precision", "\(label.precision)"),
              (label.label, "recall", "\(label.recall)"), (label.label, "f1", "\(label.f1)"),
              (label.label, "support", "\(label.support)"),
            ]
          }
          return measures.map { label, metric, value in
            [result.sharing, result.split, result.task]
              + (hasDomains ? [result.domain ?? "all"] : []) + (byLabel ? [label] : [])
              + [metric, value, "\(result.parameters)", "\(result.taskParameters)"]
          }
        })
  }
}

extension EvaluationReport.Result {
  /// How many errors stand below a table of labels.
  private static let shownErrors = 5

  /// The most frequent errors in one line; nil if there are none. Of spans those of type, which
  /// labels of tokens would hide among errors of boundaries.
  fileprivate var commonConfusions: String? {
    let errors = (spanConfusion ?? confusion ?? []).filter(\.isError).prefix(Self.shownErrors)
    guard !errors.isEmpty else { return nil }
    return "most frequent errors: "
      + errors.map { pair in
        "\(pair.gold ?? "(none)") → \(pair.predicted ?? "(none)") \(pair.count)"
      }.joined(separator: ", ")
  }
}
