import Basics
import Sharing
import Tensors

/// A step of the simultaneous on-line update strategy (Chen et al. 2018, Algorithm 1): paths of the
/// step's task are drawn, the network moves along the gradients of the batch's loss under them, and
/// the policy along their rewards, R = −loss before any of it moved for the path.
public final class SearchStep: StepMethod {
  private let pool: ModulePool
  private let policy: PolicyGradient
  private let settings: SearchSettings
  private let optimizer: any Optimizer
  private let isOfPolicy: Set<ObjectIdentifier>

  /// Steps through `pool`, whose paths `controller` chooses; `optimizer` moves the network.
  init(
    _ pool: ModulePool, _ controller: Controller, _ settings: SearchSettings,
    _ optimizer: any Optimizer
  ) {
    self.pool = pool
    self.settings = settings
    self.optimizer = optimizer
    policy = PolicyGradient(controller, settings)
    isOfPolicy = Set(controller.parameters.map(ObjectIdentifier.init))
  }

  public func step(_ context: StepContext) throws -> [StepLoss] {
    let task = context.task
    var stream = context.stream("paths")
    let paths = policy.draw(for: task, from: &stream)
    defer { pool.drawn = nil }
    let losses: [Double]
    switch settings.updates {
    case .each:
      losses = try paths.map { path in
        pool.drawn = path
        let loss = context.computeGradients()[0].value
        try context.move(by: optimizer)
        return loss
      }
    case .together:
      losses = pool.sharingPrefixes {
        context.computeMeanGradient(of: paths.count) { [pool] in pool.drawn = paths[$0] }
      }
      // What the paths read together; a module that none of them has keeps still.
      pool.drawn = paths.flatMap(\.self)
      try context.move(by: optimizer)
    }
    pool.drawn = nil
    let rewards = losses.map { -$0 }
    let entropy = try policy.learn(for: task, paths, rewards: rewards)
    let mean = losses.reduce(0, +) / Double(losses.count)
    return [
      StepLoss(task: task, name: nil, value: mean),
      StepLoss(task: task, name: "reward", value: -mean, isObservation: true),
      StepLoss(task: task, name: "policy_entropy", value: entropy, isObservation: true),
    ]
  }

  public func settle() {
    optimizer.settle()
    policy.settle()
  }

  /// What the network's optimiser moves of `parameters`.
  private func network(_ parameters: [Parameter]) -> [Parameter] {
    parameters.filter { !isOfPolicy.contains(ObjectIdentifier($0)) }
  }

  public func state(of parameters: [Parameter]) -> [(name: String, values: [Float])] {
    optimizer.state(of: network(parameters)) + policy.state()
  }

  public func stateLayout(of parameters: [Parameter]) -> [[StateTensor]] {
    optimizer.stateLayout(of: network(parameters)) + policy.stateLayout
  }

  public func restore(
    _ parameters: [Parameter], from values: (_ name: String) throws -> [Float]?
  ) throws {
    try optimizer.restore(network(parameters), from: values)
    try policy.restore(from: values)
  }
}
