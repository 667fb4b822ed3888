import Basics
import Sharing
import Tensors

/// A step that moves scores in the place of weights: as if the choice of the largest were the
/// identity, a score's gradient is g ∘ θ, g that of the weight as it is used (Mallya et al. 2018,
/// section 3.2).
public final class ScoreStep: StepMethod {
  private let network: ScoredSharing
  private let optimizer: any Optimizer

  /// Steps of `network`, whose scores are learned, that `optimizer` makes.
  init(_ network: ScoredSharing, _ optimizer: any Optimizer) {
    self.network = network
    self.optimizer = optimizer
  }

  public func step(_ context: StepContext) throws -> [StepLoss] {
    let losses = context.computeGradients()
    for (weight, score) in network.scored where weight.hasGradient {
      score.ensureGradient()
      let (slopes, gradient, values) = (score.gradient, weight.gradient, weight.values)
      for i in slopes.indices { slopes[i] += gradient[i] * values[i] }
      weight.clearGradient()
    }
    try context.move(by: optimizer)
    try network.choose()
    return losses
  }

  public func settle() { optimizer.settle() }

  public func state(of parameters: [Parameter]) -> [(name: String, values: [Float])] {
    optimizer.state(of: parameters)
  }

  public func stateLayout(of parameters: [Parameter]) -> [[StateTensor]] {
    optimizer.stateLayout(of: parameters)
  }

  public func restore(
    _ parameters: [Parameter], from values: (_ name: String) throws -> [Float]?
  ) throws {
    try optimizer.restore(parameters, from: values)
    try network.choose()
  }
}
