import Corpora

/// How many spans there are, were predicted, and are right, as `conlleval` counts them; or texts
/// with one label.
///
/// A span is right if its type, first and last token are.
public struct SpanCounts: Hashable, Codable, Sendable {
  /// Spans in the gold labels.
  public internal(set) var gold = 0
  /// Spans in the predicted labels.
  public internal(set) var predicted = 0
  /// Predicted spans that are right.
  public internal(set) var correct = 0

  /// Creates counts of nothing.
  public init() {}

  /// The share of predicted spans that are right, 0 if there are none.
  public var precision: Double { predicted > 0 ? Double(correct) / Double(predicted) : 0 }
  /// The share of gold spans that were found, 0 if there are none.
  public var recall: Double { gold > 0 ? Double(correct) / Double(gold) : 0 }
  /// The harmonic mean of precision and recall, 0 if both are.
  public var f1: Double {
    correct > 0 ? 2 * precision * recall / (precision + recall) : 0
  }
}

/// Span scores by the rules of `conlleval`: overall and by type.
public struct SpanScore: Hashable, Codable, Sendable {
  /// All types together; what is reported as F1.
  public private(set) var overall = SpanCounts()
  /// Every type that is gold or predicted.
  public private(set) var types: [String: SpanCounts] = [:]

  /// Creates a score of nothing.
  public init() {}

  /// Counts one sentence.
  public mutating func add(gold: [Span], predicted: [Span]) {
    let right = Set(gold)
    for span in gold {
      overall.gold += 1
      types[span.type, default: SpanCounts()].gold += 1
    }
    for span in predicted {
      overall.predicted += 1
      types[span.type, default: SpanCounts()].predicted += 1
      if right.contains(span) {
        overall.correct += 1
        types[span.type]!.correct += 1
      }
    }
  }
}
