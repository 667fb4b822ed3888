import Basics
import Batches
import Sharing
import Tensors

/// What a method has at hand in one step: the network, the step's task and batch, and the two
/// things that every method is made of, computing gradients and moving along them.
public struct StepContext {
  /// The network.
  public let network: any SharingNetwork
  /// The step's task, an index of the network's tasks.
  public let task: Int
  /// The task's batch, with known labels.
  public let batch: Batch
  /// The learning rate.
  public let rate: Float
  private let clipping: Clipping
  private let draws: StepDraws?
  private let otherBatch: (_ task: Int) -> Batch
  private let threads: Int
  private let workspace: Workspace
  private let clock: StepClock?

  /// The step of `task` on `batch`.
  ///
  /// - Parameters:
  ///   - draws: of dropout and noise, the same in every evaluation of the step; nil for none.
  ///   - otherBatch: a batch of another task, for methods that ask for its gradient too.
  ///   - threads: 1 or 2; results do not depend on it.
  public init(
    _ network: any SharingNetwork, task: Int, batch: Batch, rate: Float, clipping: Clipping,
    draws: StepDraws?, threads: Int = 1, workspace: Workspace = Workspace(),
    clock: StepClock? = nil,
    otherBatch: @escaping (_ task: Int) -> Batch = { _ in preconditionFailure("no other batches") }
  ) {
    self.network = network
    self.task = task
    self.batch = batch
    self.rate = rate
    self.clipping = clipping
    self.draws = draws
    self.threads = threads
    self.workspace = workspace
    self.clock = clock
    self.otherBatch = otherBatch
  }

  /// A batch of `task`: the step's own, or for another task the one with the step's number among
  /// those that it trains on in the epoch.
  public func batch(of task: Int) -> Batch { task == self.task ? batch : otherBatch(task) }

  /// Activates the step's task, or another one, and adds the gradient of λ · loss + Σ auxiliary
  /// losses over its batch to those that its parameters have; gives the losses, the task's own
  /// first, and what the network observed.
  @discardableResult
  public func computeGradients(of task: Int? = nil) -> [StepLoss] {
    let task = task ?? self.task
    network.activate(task: task)
    let tape = Tape(workspace: workspace, threads: threads, clock: clock)
    let (output, loss) = forward(task, on: tape)
    tape.backward(
      from: [(loss, network.tasks[task].lossWeight)] + output.losses.map { ($0.value, 1) })
    return [StepLoss(task: task, name: nil, value: Double(loss.value.pointer[0]))]
      + output.losses.map {
        StepLoss(task: task, name: $0.name, value: Double($0.value.value.pointer[0]))
      }
      + output.observations.map {
        StepLoss(task: task, name: $0.name, value: $0.value, isObservation: true)
      }
  }

  /// Adds the mean of the gradient of λ · loss + Σ auxiliary losses of the step's task over `count`
  /// passes, before each of which `prepare` is called with its number, to those that its parameters
  /// have; gives the task's own losses.
  ///
  /// All passes are on one tape: what a network finds computed already it need not compute again.
  package func computeMeanGradient(of count: Int, prepare: (Int) -> Void) -> [Double] {
    network.activate(task: task)
    let tape = Tape(workspace: workspace, threads: threads, clock: clock)
    let passes = (0..<count).map { pass in
      prepare(pass)
      return forward(task, on: tape)
    }
    let (weight, share) = (network.tasks[task].lossWeight / Float(count), 1 / Float(count))
    tape.backward(
      from: passes.flatMap { pass in
        [(pass.loss, weight)] + pass.output.losses.map { ($0.value, share) }
      })
    return passes.map { Double($0.loss.value.pointer[0]) }
  }

  /// What the network computes for `task`, which is active, on its batch, and the task's own loss.
  private func forward(_ task: Int, on tape: Tape) -> (output: TaskOutput, loss: Variable) {
    let batch = batch(of: task)
    let output = network.output(of: task, batch, draws: draws, on: tape)
    let loss = tape.part("heads") {
      network.head(of: task).loss(output.scores, batch: batch, on: tape)
    }
    return (output, loss)
  }

  /// The gradients that `parameters` have, taken off them, of the step's task, or of another one
  /// that is active: those of them that it reads.
  package func takeGradient(of parameters: [Parameter], task: Int? = nil) -> GradientVector {
    GradientVector(taking: read(parameters, by: task), in: workspace)
  }

  /// The gradient of all losses of the step's task over its batch with respect to `parameters`;
  /// nothing keeps a gradient.
  package func gradient(over parameters: [Parameter]) -> GradientVector {
    computeGradients()
    let gradient = takeGradient(of: parameters)
    clearGradients()
    return gradient
  }

  /// A zero vector over those of `parameters` that the step's task, or another one that is active,
  /// reads.
  package func zero(over parameters: [Parameter], task: Int? = nil) -> GradientVector {
    GradientVector(over: read(parameters, by: task), in: workspace)
  }

  private func read(_ parameters: [Parameter], by task: Int?) -> [Parameter] {
    let own = Set(network.parameters(of: task ?? self.task).map(ObjectIdentifier.init))
    return parameters.filter { own.contains(ObjectIdentifier($0)) }
  }

  /// Forgets all gradients.
  func clearGradients() {
    for parameter in network.parameters { parameter.clearGradient() }
  }

  /// The step's stream of draws for `use`.
  func stream(_ use: String) -> RandomStream {
    draws?.stream(use) ?? RandomStream(seed: 0, use)
  }

  /// Moves what the step's task moves along its gradient, clipped, and forgets all gradients.
  ///
  /// - Parameters:
  ///   - tasks: the tasks whose subnets move instead, if it is not the step's alone.
  ///   - others: what moves beside the network's parameters.
  /// - Throws: `Failure` of kind `badData` if they are not finite and are clipped by their norm.
  public func move(
    _ tasks: [Int]? = nil, and others: [Parameter] = [], by optimizer: any Optimizer
  ) throws {
    try clock.during("optimiser") {
      var parameters = network.parameters(of: task)
      if let tasks {
        network.activate(tasks: tasks)
        let read = Set(tasks.flatMap { network.parameters(of: $0).map(ObjectIdentifier.init) })
        parameters = network.parameters.filter { read.contains(ObjectIdentifier($0)) }
      }
      try optimizer.step(
        parameters.filter { !$0.isFrozen } + others, rate: rate, clipping: clipping,
        threads: threads)
      for parameter in network.parameters + others { parameter.clearGradient() }
    }
  }
}
