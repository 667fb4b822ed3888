/// What a task's labels belong to.
public enum LabelLevel: String, Codable, Sendable, CaseIterable {
  /// One label a token.
  case token
  /// One label a sentence or text.
  case text
}
