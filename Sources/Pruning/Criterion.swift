import Masks

/// What decides which weights go: those with the smallest scores.
///
/// With θ a task's weights, θ⁰ what they started from, g the gradient of the task's loss on a
/// batch and H its Hessian:
public enum Criterion: String, Sendable, CaseIterable, Codable {
  /// |θ| after training (Sun et al. 2020; Frankle and Carbin 2019).
  case magnitude
  /// Chance: the control.
  case random
  /// |θ − θ⁰| after training: what the task moved (Ansell et al. 2022, section 3.1).
  case change
  /// −Σ g ∘ θ over the steps of training, its sign counting: what grew away from zero (Sanh et al.
  /// 2020, equation 4).
  case movement
  /// |Σ g ∘ θ| over batches, before any training (Lee et al. 2019, equation 6).
  case snip
  /// θ ∘ Hg, g and H summed over batches, before any training, its sign counting: what the flow of
  /// gradients would lose most without (Wang et al. 2020, equation 8, without its temperature).
  case grasp
  /// θ ∘ ∂R/∂θ, R the sum of what a network of |θ| says to a vector of ones, without data (Tanaka et
  /// al. 2020, section 5). It says something of networks only whose output grows as their weights
  /// do: of ReLU layers, not of gates.
  case synflow
  /// A score a weight, learned while θ stays θ⁰: steps pass through the choice of the largest as
  /// if it were not there, ∂L/∂s = g ∘ θ⁰ (Mallya et al. 2018, section 3.2; the largest k instead of
  /// a threshold as Ramanujan et al. 2020). Scores start next to zero.
  case scores

  /// What makes a score large.
  public var order: Selection.Order {
    [.movement, .grasp, .scores].contains(self) ? .value : .magnitude
  }

  /// Whether it looks at the start, and no weight is trained.
  public var isMeasured: Bool { [.snip, .grasp, .synflow].contains(self) }

  /// Whether it needs the task's data to look at.
  public var needsBatches: Bool { [.snip, .grasp].contains(self) }

  /// Whether a round finds the next round's ticket without having trained its own.
  public var looksAhead: Bool { isMeasured || self == .scores }
}
