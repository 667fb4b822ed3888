import Sharing
import Tensors

/// A plain step that adds −g ∘ θ to every weight's score before it moves, g not clipped (Sanh et al.
/// 2020, equation 4).
public final class MovementStep: StepMethod {
  private let network: ScoredSharing
  private let optimizer: any Optimizer

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

  public func settle() { optimizer.settle() }

  public func state(of parameters: [Parameter]) -> [(name: String, values: [Float])] {
    optimizer.state(of: parameters)
  }

  public func restore(
    _ parameters: [Parameter], from values: (_ name: String, _ count: Int) throws -> [Float]?
  ) throws {
    try optimizer.restore(parameters, from: values)
  }
}
