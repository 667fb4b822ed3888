/// What the labels of a task belong to.
public enum LabelLevel: String, Codable, Sendable {
  /// One label a token: tagging, spans.
  case token
  /// One label a sentence, or a text: classification.
  case text
}
