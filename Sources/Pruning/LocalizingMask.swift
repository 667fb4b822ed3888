import Masks

/// Which weights of jointly trained ones a task lives in, told from trained networks without any
/// pruning: TALL masks (Wang et al. 2024, "Localizing Task Information for Improved Model Merging and
/// Compression", equation 5, with > as in the authors' code).
public enum LocalizingMask {
  /// The weights of one tensor with |θ⁰ − θ_t| > λ |θ_MT − θ_t|: those that the task moved further than
  /// λ times what the joint training left missing. A weight that nobody moved is dead.
  ///
  /// - Parameters:
  ///   - start: θ⁰.
  ///   - own: θ_t, trained from θ⁰ on the task alone.
  ///   - joint: θ_MT, trained from θ⁰ on all tasks.
  ///   - lambda: λ, from 0; the larger, the fewer weights.
  public static func mask(
    start: [Float], own: [Float], joint: [Float], lambda: Float
  ) -> BitMask {
    precondition(start.count == own.count && own.count == joint.count)
    var mask = BitMask(repeating: false, count: own.count)
    for i in own.indices {
      mask[i] = abs(start[i] - own[i]) > lambda * abs(joint[i] - own[i])
    }
    return mask
  }

  /// `joint` where `mask` holds a weight, `start` elsewhere: θ⁰ + m ∘ (θ_MT − θ⁰), to the bit.
  public static func localized(start: [Float], joint: [Float], mask: BitMask) -> [Float] {
    precondition(start.count == joint.count && joint.count == mask.count)
    return joint.indices.map { mask[$0] ? joint[$0] : start[$0] }
  }
}
