/// What a task's labels belong to.
public enum LabelLevel: String, Codable, Sendable, CaseIterable {
  /// One label a token.
  case token
  /// One label a sentence or text.
  case text
  /// One label a feature vector, an example of one token that is no word.
  case vector
}
