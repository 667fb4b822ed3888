import Corpora

/// How one label was predicted: for spans a type, for anything else a label as files write it.
public struct LabelScore: Hashable, Codable, Sendable {
  /// The label, or the spans' type.
  public let label: String
  /// Spans of the type, or tokens, texts or vectors with the label; `gold` is the label's support.
  public let counts: SpanCounts

  /// Creates the score of `label`.
  public init(label: String, counts: SpanCounts) {
    self.label = label
    self.counts = counts
  }
}

/// Precision, recall and F1 over all labels of a task, from 0 to 1.
public struct LabelAverage: Hashable, Codable, Sendable {
  /// Precision.
  public let precision: Double
  /// Recall.
  public let recall: Double
  /// F1; of a macro average the mean of the labels' F1, not the F1 of its precision and recall.
  public let f1: Double
}

extension [LabelScore] {
  /// Those of `labels` that occur, by falling support, equally frequent ones by their bytes.
  ///
  /// - Parameter counts: those of the labels, by number.
  init(_ table: StringTable, _ counts: [SpanCounts]) {
    self = table.byFalling(counts.map(\.gold)).compactMap { id in
      let own = counts[Int(id)]
      return own.gold + own.predicted > 0 ? LabelScore(label: table[id], counts: own) : nil
    }
  }

  /// The same of spans' types.
  init(_ types: [String: SpanCounts]) {
    let names = types.keys.sorted()
    self.init(StringTable(names), names.map { types[$0]! })
  }

  /// All labels' counts together, as seqeval and scikit-learn average with `micro`.
  public var micro: LabelAverage {
    let sum = reduce(into: SpanCounts()) { sum, label in
      sum.gold += label.counts.gold
      sum.predicted += label.counts.predicted
      sum.correct += label.counts.correct
    }
    return LabelAverage(precision: sum.precision, recall: sum.recall, f1: sum.f1)
  }

  /// The unweighted mean over labels that are gold or predicted, as `macro` there; 0 of none.
  public var macro: LabelAverage { mean { _ in 1 } }

  /// The mean over labels weighted by their support, as `weighted` there; 0 of none.
  public var weighted: LabelAverage { mean { Double($0.gold) } }

  private func mean(weight: (SpanCounts) -> Double) -> LabelAverage {
    let all = reduce(0) { $0 + weight($1.counts) }
    func mean(_ value: (SpanCounts) -> Double) -> Double {
      all > 0 ? reduce(0) { $0 + weight($1.counts) * value($1.counts) } / all : 0
    }
    return LabelAverage(precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1))
  }
}
