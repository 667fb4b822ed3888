import Sharing
import Tensors

/// A plain step that adds −g ∘ θ to every weight's score before it moves, g not clipped (Sanh et al.
/// 2020, equation 4).
public final class MovementStep: OptimizerStep {
  private let network: ScoredSharing
  let optimizer: any Optimizer

  /// Steps of `network` that `optimizer` makes.
  init(_ network: ScoredSharing, _ optimizer: any Optimizer) {
    self.network = network
    self.optimizer = optimizer
  }

  public func step(_ context: StepContext) throws -> [StepLoss] {
    let losses = context.computeGradients()
    for (weight, score) in network.scored where weight.hasGradient {
      let (sums, gradient, values) = (score.values, weight.gradient, weight.values)
      for i in sums.indices { sums[i] -= gradient[i] * values[i] }
    }
    try context.move(by: optimizer)
    return losses
  }
}
