import Basics
import Sharing

/// Which method steps follow, and its numbers; the defaults are plain steps. Communication and
/// balance are for tasks that are trained together, a search for networks whose paths a controller
/// chooses.
public struct StepSettings: Sendable, Equatable {
  /// Whom a task passes its gradient to (Parameters Read–Write Networks, section 4.2).
  public enum Communication: String, Sendable, CaseIterable, Codable {
    /// Nobody.
    case none
    /// One other task, drawn anew at every step.
    case pairwise
    /// All other tasks, each with a weight.
    case listwise
  }

  /// How the gradient of a loss at fast weights reaches the weights that these were made of.
  public enum Passing: String, Sendable, CaseIterable, Codable {
    /// Through the step that made them: v − ηHv.
    case secondOrder = "second-order"
    /// As it is at the fast weights: v.
    case firstOrder = "first-order"
  }

  /// How tasks' losses or gradients are brought together.
  public enum Balance: String, Sendable, CaseIterable, Codable {
    /// Steps of one task after the other, each loss with its fixed weight λ.
    case weights
    /// Steps of all tasks at once along the sum of their gradients.
    case sum
    /// The same, each loss with a learned uncertainty (Kendall et al. 2018).
    case uncertainty
    /// The same, conflicting gradients projected (Yu et al. 2020).
    case pcgrad
    /// The same, along the direction that is best for the worst task (Liu et al. 2021).
    case cagrad
  }

  /// Whom a task passes its gradient to.
  public var communication = Communication.none
  /// How gradients come back from fast weights.
  public var passing = Passing.secondOrder
  /// η, the rate of the step to fast weights.
  public var passingRate: Float = 0.1
  /// β of listwise communication, a row a task, a column each task it passes its gradient to; nil
  /// for 1 everywhere.
  public var passingWeights: [[Float]]?
  /// How tasks are brought together.
  public var balance = Balance.weights
  /// How paths are searched for, where a controller chooses them.
  public var search = SearchSettings()

  /// Plain steps.
  public init() {}

  /// Whether every step takes a batch of every task.
  var isJoint: Bool { communication == .none && balance != .weights }

  /// The method for `network`.
  package func method(
    for network: any SharingNetwork, optimizer: any Optimizer
  ) -> any StepMethod {
    if let scored = network as? ScoredSharing {
      return scored.isLearned
        ? ScoreStep(scored, optimizer) : MovementStep(scored, optimizer)
    }
    if let pool = network.parts.modules, let controller = pool.controller {
      return SearchStep(pool, controller, search, optimizer)
    }
    let tasks = network.tasks.count
    guard tasks > 1 else { return PlainStep(optimizer) }
    switch (communication, balance) {
    case (.none, .weights): return PlainStep(optimizer)
    case (.none, _): return JointStep(balance, tasks: tasks, optimizer)
    case (.pairwise, _), (.listwise, _):
      precondition(
        passingWeights.map { $0.count == tasks && $0.allSatisfy { $0.count == tasks } } ?? true)
      return PassingStep(self, optimizer)
    }
  }
}
