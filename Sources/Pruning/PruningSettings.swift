import Masks

/// Which weights pruning removes, when and how many; the defaults are those of Sun et al. 2020.
public struct PruningSettings: Sendable, Equatable {
  /// Over what scores are compared.
  public enum Scope: String, Sendable, CaseIterable, Codable {
    /// One threshold over all prunable tensors together (Sun et al. 2020).
    case global
    /// The same fraction from every tensor.
    case layer

    /// The `count` alive weights with the largest scores within the scope.
    ///
    /// - Throws: `Failure` of kind `badData` if the score of an alive weight is not finite.
    func select(
      _ count: Int, of scores: [UnsafeBufferPointer<Float>], alive: [BitMask],
      by order: Selection.Order
    ) throws -> [BitMask] {
      switch self {
      case .global: try Selection.keep(count, of: scores, alive: alive, by: order)
      case .layer: try Selection.keepPerTensor(count, of: scores, alive: alive, by: order)
      }
    }
  }

  /// When weights go.
  public enum Schedule: String, Sendable, CaseIterable, Codable {
    /// The same fraction of the remaining ones after every round (Sun et al. 2020).
    case rounds
    /// All at once, after one round.
    case oneShot = "one-shot"
    /// After each of the first epochs of one training, ever fewer (Zhu and Gupta 2017).
    case gradual
  }

  /// What a round starts from after pruning (Renda et al. 2020).
  public enum Continuation: String, Sendable, CaseIterable, Codable {
    /// θ⁰ and the first learning rate.
    case rewind
    /// The weights that the round before ended with, and the last learning rate.
    case fineTune = "fine-tune"
    /// The weights that the round before ended with, and the first learning rate.
    case rateRewind = "lr-rewind"
  }

  /// n, the prunings of a schedule of rounds or of gradual pruning.
  public var rounds = 20
  /// d, alive over prunable weights after the last round.
  public var density = 0.1
  /// Over what scores are compared.
  public var scope = Scope.global
  /// What decides which weights go.
  public var criterion = Criterion.magnitude
  /// When weights go.
  public var schedule = Schedule.rounds
  /// What a round starts from.
  public var continuation = Continuation.rewind

  /// The published settings.
  public init() {}

  /// How often weights are removed: the number of the last round.
  public var prunings: Int { schedule == .oneShot ? 1 : rounds }

  /// The last round in which something is trained or measured: a criterion that looks ahead has
  /// nothing to do in the very last.
  public var lastAtWork: Int { criterion.looksAhead ? prunings - 1 : prunings }

  /// Whether a round starts from the weights that the round before ended with.
  public var carriesWeights: Bool {
    !criterion.isMeasured && (schedule == .gradual || continuation != .rewind)
  }

  /// The epochs that round `round` trains at most, of those that a training has.
  public func epochs(of round: Int, training epochs: Int) -> Int {
    guard schedule == .gradual else { return epochs }
    return round < lastAtWork ? 1 : epochs - lastAtWork
  }
}
