import Tensors

/// Rows beside one another: [N, D₁], [N, D₂], … → [N, D₁ + D₂ + …].
public struct SideBySide: Sendable {
  /// It has nothing to set.
  public init() {}

  /// The rows of all `parts`; of a single one as they are.
  public func callAsFunction(_ parts: [Variable], on tape: Tape) -> Variable {
    guard parts.count > 1 else { return parts[0] }
    var width = 0
    let terms = parts.map { part in
      defer { width += part.value.shape[1] }
      return WeightedSum.Term(
        source: part, from: 0, to: width, width: part.value.shape[1], weight: 1)
    }
    return WeightedSum.of(terms, width: width, on: tape) { _, _ in }
  }
}
