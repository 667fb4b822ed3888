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
  public func isSparse(density: Double, _ use: SparseUse) -> Bool {
    switch self {
    case .auto: density <= use.breakEven[Int(tk_level())]
    case .dense: false
    case .sparse: true
    }
  }
}

/// What a weight matrix is multiplied with on its way forward and back.
public enum SparseUse: Sendable {
  /// All tokens of a batch at once.
  case tokens
  /// The sentences of one time step after the other: few, so that lanes stay empty.
  case steps

  /// The density up to which sparse training is faster, by instruction set (portable, AVX2,
  /// AVX-512); measured with `tickets bench` at the published sizes and batch.
  fileprivate var breakEven: [Double] {
    switch self {
    case .tokens: [0.55, 0.4, 0.35]
    case .steps: [0.45, 0.3, 0.25]
    }
  }
}
