import Tensors

/// What a task's output layer sees of its network's K layers (Ruder et al. 2019, equation 3 and
/// Table 6).
public final class LayerMixture {
  /// How the layers are put together.
  public enum Kind: String, Sendable, CaseIterable, Codable {
    /// Σ_k β_k h_k with trained β.
    case mixture
    /// Σ_k h_k: β = 1.
    case skip
    /// All layers side by side, [N, K·2H].
    case concatenation
    /// The last layer.
    case last
  }

  /// β [K], for a mixture.
  public let beta: Parameter?
  private let kind: Kind

  /// A mixture of `start.count` layers whose β, if it has any, starts at `start`.
  public init(_ name: String, _ kind: Kind, start: [Float]) {
    self.kind = kind
    beta = kind == .mixture ? Parameter(name, [start.count]) : nil
    beta?.set(start)
  }

  /// What is made of `layers`, each [N, 2H].
  public func callAsFunction(_ layers: [Variable], on tape: Tape) -> Variable {
    guard kind != .last else { return layers.last! }
    let width = layers[0].value.shape[1]
    let isWide = kind == .concatenation
    let terms = layers.enumerated().map { index, layer in
      WeightedSum.Term(
        source: layer, from: 0, to: isWide ? index * width : 0, width: width,
        weight: beta?.values[index] ?? 1, entry: beta == nil ? nil : index)
    }
    return WeightedSum.of(terms, width: isWide ? layers.count * width : width, on: tape) {
      [beta] entry, slope in
      beta?.ensureGradient()
      beta?.gradient[entry] += Float(slope)
    }
  }
}
