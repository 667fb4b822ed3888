import Basics
import Sharing
import Tensors

/// Gradient passing (Parameters Read–Write Networks, sections 4.2 and 4.3): a task passes its
/// gradient to others, which say how well it serves them.
///
/// For a batch of task k, g = ∇L_k(θˢ, θ_k). Its private parameters θ_k move by g. The fast weights
/// φ = θˢ − ηg (equation 8, with a plain step) are judged by other tasks' losses L_j(φ), one task
/// drawn (equation 9) or all of them with weights β_kj (equation 10); the shared parameters θˢ move
/// by the gradient of L_k + Σ_j β_kj L_j(φ). With v = Σ_j β_kj ∇L_j(φ) the second part is v − ηH_k v,
/// H_k the Hessian of L_k, or v alone in first order.
///
/// Dropout is the same in all evaluations of a step. Under masks L_k reads and changes only the
/// weights alive for task k, L_j those for task j.
public final class PassingStep: OptimizerStep {
  private let settings: StepSettings
  let optimizer: any Optimizer

  /// Passing as `settings` say, steps made by `optimizer`.
  init(_ settings: StepSettings, _ optimizer: any Optimizer) {
    self.settings = settings
    self.optimizer = optimizer
  }

  public func step(_ context: StepContext) throws -> [StepLoss] {
    let (network, task) = (context.network, context.task)
    let shared = network.shared
    var losses = context.computeGradients()
    let own = context.takeGradient(of: shared)
    let rest = context.takeGradient(of: network.parameters(of: task))
    let partners = partners(of: context)
    let passed = context.zero(over: shared)
    // The others' own losses; what else their gradients follow is theirs to report.
    var value = 0.0
    try own.shifting(by: -settings.passingRate) {
      for (partner, weight) in partners {
        value += Double(weight) * context.computeGradients(of: partner)[0].value
        let gradient = context.takeGradient(of: shared, task: partner)
        context.clearGradients()
        guard gradient.squaredNorm().isFinite else { throw diverged(network.tasks[partner].name) }
        passed.add(weight, gradient)
      }
    }
    losses.append(StepLoss(task: task, name: "passed", value: value))
    own.add(1, passed)
    if settings.passing == .secondOrder {
      own.add(-settings.passingRate, context.hessian(of: task, over: shared, times: passed))
    }
    own.deliver()
    rest.deliver()
    try context.move([task] + partners.map(\.task), by: optimizer)
    return losses
  }

  /// The tasks that the step's task passes its gradient to, and their β: whoever has none takes no
  /// part.
  private func partners(of context: StepContext) -> [(task: Int, weight: Float)] {
    let others = context.network.tasks.indices.filter { $0 != context.task }
    guard settings.communication == .listwise else {
      var stream = context.stream("partner")
      return [(others[stream.below(others.count)], 1)]
    }
    return others.map { ($0, settings.passingWeights?[context.task][$0] ?? 1) }
      .filter { $0.1 != 0 }
  }

  private func diverged(_ task: String) -> Failure {
    Failure(
      .badData,
      "training diverged: what task \(task) makes of the gradients passed to it is not finite; a "
        + "passing-rate lower than \(settings.passingRate) helps")
  }
}
