/// What one sentence adds to a score.
///
/// F1 is 2 · correct / (gold + predicted) over sums of these. For accuracy `gold` and `predicted`
/// are both the sentence's tokens, or 1 for a text, so that the same formula gives accuracy.
public struct SentenceCounts: Hashable, Codable, Sendable {
  /// Spans in the gold labels, or tokens.
  public var gold: Int
  /// Spans in the predicted labels, or tokens.
  public var predicted: Int
  /// Spans or tokens that are right.
  public var correct: Int

  /// Creates the counts of a sentence.
  public init(gold: Int, predicted: Int, correct: Int) {
    self.gold = gold
    self.predicted = predicted
    self.correct = correct
  }
}
