import Tensors

/// What one step does with losses and gradients. The loop asks it once for every step of its
/// plan; it may compute gradients of several tasks, and have more than one optimiser.
public protocol StepMethod: AnyObject {
  /// One step: the losses it computed, before anything moved. Afterwards no parameter has a
  /// gradient.
  ///
  /// - Throws: `Failure` of kind `badData` if gradients are not finite.
  func step(_ context: StepContext) throws -> [StepLoss]
  /// Brings everything up to date, before weights are evaluated or saved or the rate changes.
  func settle()
  /// Its state as named numbers, for checkpoints; complete only after `settle`.
  func state(of parameters: [Parameter]) -> [(name: String, values: [Float])]
  /// What can be in such a state: lists of a group are there together or not at all.
  func stateLayout(of parameters: [Parameter]) -> [[StateTensor]]
  /// Takes over a state that `state(of:)` gave and that fits the layout; `values` has nil for what was
  /// not in it.
  ///
  /// - Throws: what `values` throws.
  func restore(
    _ parameters: [Parameter], from values: (_ name: String) throws -> [Float]?
  ) throws
}

/// One loss that a step computed, or another number that it reports.
public struct StepLoss: Sendable, Equatable {
  /// The task it belongs to.
  public let task: Int
  /// What it is called; nil for the task's own.
  public let name: String?
  /// The loss, before the parameters moved; the task's own without its weight λ.
  public let value: Double
  /// Whether it is no loss but an observation, which nothing learns from.
  public internal(set) var isObservation = false
}

/// A step whose whole state is that of one optimiser.
protocol OptimizerStep: StepMethod {
  /// What moves the parameters.
  var optimizer: any Optimizer { get }
}

extension OptimizerStep {
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
  }
}

/// A step along the gradient of λ times the task's loss plus the architecture's losses.
public final class PlainStep: OptimizerStep {
  let optimizer: any Optimizer

  /// Steps that `optimizer` makes.
  public init(_ optimizer: any Optimizer) { self.optimizer = optimizer }

  public func step(_ context: StepContext) throws -> [StepLoss] {
    let losses = context.computeGradients()
    try context.move(by: optimizer)
    return losses
  }
}

/// Means of what an epoch's steps report, by task and name.
struct LossMeans {
  private struct Key: Hashable {
    let name: String?
    let isObservation: Bool
  }

  private var sums: [[Key: (sum: Double, count: Int)]]

  init(tasks: Int) { sums = Array(repeating: [:], count: tasks) }

  mutating func add(_ loss: StepLoss) {
    let key = Key(name: loss.name, isObservation: loss.isObservation)
    sums[loss.task][key, default: (0, 0)].sum += loss.value
    sums[loss.task][key]!.count += 1
  }

  /// The tasks' own losses, 0 for one without a step.
  var own: [Double] {
    sums.map { sums in
      sums[Key(name: nil, isObservation: false)].map { $0.sum / Double($0.count) } ?? 0
    }
  }

  /// The tasks' other losses.
  var others: [[String: Double]] { named(areObservations: false) }

  /// What the tasks' steps only reported.
  var observations: [[String: Double]] { named(areObservations: true) }

  private func named(areObservations: Bool) -> [[String: Double]] {
    sums.map { sums in
      sums.reduce(into: [:]) { means, entry in
        guard let name = entry.key.name, entry.key.isObservation == areObservations else { return }
        means[name] = entry.value.sum / Double(entry.value.count)
      }
    }
  }
}
