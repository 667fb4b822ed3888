import CKernels

/// How products with masked weights are executed.
public enum MaskedExecution: String, CaseIterable, Codable, Sendable {
  /// Whichever is faster at the mask's density and the batch's size, by a fixed rule.
  case auto
  /// All weights, dead ones as zeros.
  case dense
  /// Alive weights only.
  case sparse

  /// Whether products with weights of `density` pass over the alive ones only.
  public func isSparse(density: Double) -> Bool {
    switch self {
    case .auto: density <= Self.breakEven[Int(tk_level())]
    case .dense: false
    case .sparse: true
    }
  }

  /// The density below which sparse training is faster, by instruction set (portable, AVX2,
  /// AVX-512); measured with `tickets bench` at the published sizes and batch.
  private static let breakEven = [0.35, 0.35, 0.35]
}
