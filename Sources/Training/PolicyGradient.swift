import Basics
import Foundation
import Sharing
import Tensors

/// How a controller searches for paths; the defaults are those of Chen et al. 2018, who publish
/// neither N nor a rate.
public struct SearchSettings: Sendable, Equatable {
  /// What a path's reward R becomes before it weighs the path's log probability.
  public enum Rewards: String, Sendable, CaseIterable, Codable {
    /// softmax(R / τ) over the paths of a batch (equation 5).
    case softmax
    /// R / τ.
    case raw
  }

  /// Where the network stands for the paths of one batch.
  public enum Updates: String, Sendable, CaseIterable, Codable {
    /// Every path makes a step, the next one starts from there (Algorithm 1), and its reward is from
    /// before its own step.
    case each
    /// All paths make one step together along the mean of their gradients: what paths have in common
    /// at their beginning is computed once.
    case together
  }

  /// N, the paths drawn for a batch.
  public var paths = 5
  /// How the network moves along them.
  public var updates = Updates.each
  /// The probability that a path is drawn uniformly instead of from the policy.
  public var exploration = 0.2
  /// What rewards become.
  public var rewards = Rewards.softmax
  /// τ.
  public var temperature = 1.0 / 30
  /// The decay of each task's moving average of rewards, which is subtracted from them; 0 for no
  /// such baseline.
  public var baselineDecay = 0.0
  /// What the entropy of the policy's choices along a path counts for.
  public var entropyWeight = 0.0
  /// The learning rate of the policy's Adam, the same in every epoch.
  public var rate: Float = 0.001

  /// The settings of Chen et al. 2018.
  public init() {}
}

/// REINFORCE (Chen et al. 2018, equations 2 and 5): draws paths from a controller and makes those
/// with high rewards more probable.
public final class PolicyGradient {
  private let controller: Controller
  private let settings: SearchSettings
  private let optimizer: any Optimizer = OptimizerKind.adam.make(momentum: 0)
  private let workspace = Workspace()
  /// By task: the moving average of its rewards; nil before there is one.
  private var baselines: [Float?]

  /// Learning of `controller`.
  public init(_ controller: Controller, _ settings: SearchSettings) {
    self.controller = controller
    self.settings = settings
    baselines = Array(repeating: nil, count: controller.tasks)
  }

  /// N paths of `task`.
  public func draw(for task: Int, from stream: inout RandomStream) -> [[Int]] {
    controller.draw(
      settings.paths, for: task, exploration: settings.exploration, from: &stream)
  }

  /// One step of φ after `paths` of `task` got `rewards`; gives the entropy of the policy's choices
  /// along a path before it, the mean over the paths, in nats.
  ///
  /// - Throws: `Failure` of kind `badData` if rewards are not finite.
  @discardableResult
  public func learn(for task: Int, _ paths: [[Int]], rewards: [Double]) throws -> Double {
    guard rewards.allSatisfy(\.isFinite) else {
      throw Failure(.badData, "training diverged: a path's reward is not finite; a lower lr helps")
    }
    let tape = Tape(workspace: workspace)
    let (loss, entropy) = controller.loss(
      of: paths, for: task, weights: weights(rewards, of: task),
      entropyWeight: settings.entropyWeight, on: tape)
    tape.backward(from: loss)
    try optimizer.step(
      controller.parameters, rate: settings.rate, clipping: Clipping(.norm, limit: 0), threads: 1)
    for parameter in controller.parameters { parameter.clearGradient() }
    return entropy
  }

  /// What each of `rewards` counts for.
  package func weights(_ rewards: [Double], of task: Int) -> [Double] {
    var weights = rewards.map { $0 / settings.temperature }
    if settings.rewards == .softmax {
      let most = weights.max()!
      let powers = weights.map { exp($0 - most) }
      let sum = powers.reduce(0, +)
      weights = powers.map { $0 / sum }
    }
    guard settings.baselineDecay > 0 else { return weights }
    let mean = weights.reduce(0, +) / Double(weights.count)
    let baseline = baselines[task].map { Double($0) } ?? mean
    baselines[task] = Float(
      settings.baselineDecay * baseline + (1 - settings.baselineDecay) * mean)
    return weights.map { $0 - baseline }
  }

  /// Brings everything up to date, before weights are evaluated or saved.
  func settle() { optimizer.settle() }

  /// Its state as named numbers, for checkpoints.
  func state() -> [(name: String, values: [Float])] {
    optimizer.state(of: controller.parameters) + [
      ("search.baselines", baselines.map { $0 ?? 0 }),
      ("search.has-baseline", baselines.map { $0 == nil ? 0 : 1 }),
    ]
  }

  /// What can be in such a state.
  var stateLayout: [[StateTensor]] {
    optimizer.stateLayout(of: controller.parameters) + [
      ["search.baselines", "search.has-baseline"].map {
        StateTensor($0, count: baselines.count)
      }
    ]
  }

  /// Takes over a state that `state` gave.
  func restore(from values: (_ name: String) throws -> [Float]?) throws {
    try optimizer.restore(controller.parameters, from: values)
    guard let found = try values("search.baselines"),
      let isThere = try values("search.has-baseline")
    else { return }
    baselines = zip(found, isThere).map { $1 == 0 ? nil : $0 }
  }
}
