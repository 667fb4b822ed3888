/// What a task predicts.
public enum TaskKind: String, Codable, Sendable, CaseIterable {
  /// One of several classes.
  case classification
  /// A number.
  case regression
}
