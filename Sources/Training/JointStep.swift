import Basics
import Foundation
import Sharing
import Tensors

/// Steps of all tasks at once: every task's gradient over a batch of its own, brought together on
/// the parameters that tasks share (`GradientBalance`). What only one task reads moves along its
/// own gradient. Dropout is the same for all tasks of a step.
public final class JointStep: StepMethod {
  private let balance: StepSettings.Balance
  private let optimizer: any Optimizer
  /// s of every task for learned uncertainties, moved by the same optimiser.
  private let logVariances: Parameter?

  /// Steps of `tasks` tasks, made by `optimizer`.
  init(_ balance: StepSettings.Balance, tasks: Int, _ optimizer: any Optimizer) {
    self.balance = balance
    self.optimizer = optimizer
    logVariances = balance == .uncertainty ? Parameter("balance.log-variances", [tasks]) : nil
  }

  public func step(_ context: StepContext) throws -> [StepLoss] {
    let network = context.network
    let shared = network.shared
    var losses: [StepLoss] = []
    var totals: [Double] = []
    var common: [GradientVector] = []
    var own: [GradientVector] = []
    for task in network.tasks.indices {
      let found = context.computeGradients(of: task)
      losses += found
      totals.append(
        found.dropFirst().filter { !$0.isObservation }.reduce(
          Double(network.tasks[task].lossWeight) * found[0].value
        ) { $0 + $1.value })
      common.append(context.takeGradient(of: shared, task: task))
      own.append(context.takeGradient(of: network.parameters(of: task), task: task))
    }
    let factors = logVariances.map { weigh(totals, $0) } ?? totals.map { _ in 1 }
    if let logVariances {
      losses += network.tasks.indices.map {
        StepLoss(
          task: $0, name: "log_variance", value: Double(logVariances.values[$0]),
          isObservation: true)
      }
    }
    let sum = context.zero(over: shared)
    switch balance {
    case .weights, .sum, .uncertainty:
      for (factor, gradient) in zip(factors, common) { sum.add(factor, gradient) }
    case .pcgrad:
      var stream = context.stream("projection order")
      for gradient in GradientBalance.projected(common, from: &stream) { sum.add(1, gradient) }
    case .cagrad:
      let products = common.map { gradient in common.map(gradient.dot) }
      for (factor, gradient) in zip(GradientBalance.averse(products), common) {
        sum.add(Float(factor), gradient)
      }
    }
    for (factor, gradient) in zip(factors, own) { sum.add(factor, gradient) }
    sum.deliver()
    try context.move(
      Array(network.tasks.indices), and: logVariances.map { [$0] } ?? [], by: optimizer)
    return losses
  }

  /// 1 / (2eˢ) for every task, and in s the gradient of Σ L / (2eˢ) + s / 2 (Kendall et al. 2018).
  private func weigh(_ losses: [Double], _ logVariances: Parameter) -> [Float] {
    logVariances.ensureGradient()
    return losses.enumerated().map { task, loss in
      let factor = exp(-Double(logVariances.values[task])) / 2
      logVariances.gradient[task] = Float(0.5 - loss * factor)
      return Float(factor)
    }
  }

  public func settle() { optimizer.settle() }

  private func all(_ parameters: [Parameter]) -> [Parameter] {
    parameters + (logVariances.map { [$0] } ?? [])
  }

  public func state(of parameters: [Parameter]) -> [(name: String, values: [Float])] {
    optimizer.state(of: all(parameters)) + (logVariances.map { [($0.name, $0.elements)] } ?? [])
  }

  public func stateLayout(of parameters: [Parameter]) -> [[StateTensor]] {
    optimizer.stateLayout(of: all(parameters))
      + (logVariances.map { [[StateTensor($0.name, count: $0.elementCount)]] } ?? [])
  }

  public func restore(
    _ parameters: [Parameter], from values: (_ name: String) throws -> [Float]?
  ) throws {
    if let logVariances, let known = try values(logVariances.name) {
      logVariances.set(known)
    }
    try optimizer.restore(all(parameters), from: values)
  }
}
