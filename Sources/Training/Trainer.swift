import Basics
import Batches
import CKernels
import Corpora
import Foundation
import Scoring
import Sharing
import Tensors

/// One task's data: what it learns from and what epochs are chosen on. There is no test here.
public struct TaskSplits: Sendable {
  /// What it learns from.
  public let train: TaskData
  /// What the best epoch is chosen on.
  public let dev: TaskData

  /// A task's training and dev data.
  public init(train: TaskData, dev: TaskData) {
    self.train = train
    self.dev = dev
  }
}

/// What one epoch came to.
public struct EpochReport: Sendable {
  /// The epoch, counted from 1.
  public let epoch: Int
  /// Mean training loss of each task.
  public let losses: [Double]
  /// Mean of each task's other losses, by name.
  public let auxiliaryLosses: [[String: Double]]
  /// Mean of what each task's steps only reported, by name.
  public let observations: [[String: Double]]
  /// Dev scores of each task.
  public let scores: [Score]
  /// The mean of the dev scores.
  public let mean: Double
  /// Whether it is the best so far.
  public let isBest: Bool
  /// Learning rate.
  public let rate: Float
  /// Training tokens, and the seconds they took without the evaluation.
  public let tokens: Int, seconds: Double
  /// The processor's seconds of the same, over all threads that worked on them.
  public let processorSeconds: Double
  /// The seconds of the evaluation on dev.
  public let evaluationSeconds: Double
}

/// The one training loop: every stage, architecture and ticket is trained by it.
///
/// After `run` the network holds the weights of the best dev epoch. The loop's state is whole
/// between epochs: `checkpoint` gives it and `restore` takes it, and a restored loop goes on with
/// the same bits as one that was never stopped.
public final class Trainer {
  let network: any SharingNetwork
  let data: [TaskSplits]
  let settings: TrainingSettings
  let stage: String
  let method: any StepMethod
  private let workspace = Workspace()
  let evaluation: Evaluation

  /// Epochs done.
  public internal(set) var epoch = 0
  /// The best epoch, counted from 1, 0 before there is one, and its dev scores by task.
  public internal(set) var bestEpoch = 0
  public internal(set) var bestScores: [Double] = []
  /// The best epoch's weights; nil before there is one.
  var best: Weights?

  /// A loop over `network` and `data`, one entry a task; `stage` names the random streams.
  ///
  /// - Parameter method: what one step does; what the settings say unless given.
  public init(
    _ network: any SharingNetwork, data: [TaskSplits], settings: TrainingSettings, stage: String,
    method: (any StepMethod)? = nil
  ) {
    precondition(data.count == network.tasks.count)
    self.network = network
    self.data = data
    self.settings = settings
    self.stage = stage
    self.method =
      method
      ?? settings.steps.method(
        for: network, optimizer: settings.optimizer.make(momentum: settings.momentum))
    evaluation = Evaluation(network, threads: settings.threads)
  }

  /// Whether there are no more epochs to do.
  public var isFinished: Bool {
    let isPatient = settings.patience == 0 || epoch - bestEpoch < settings.patience
    return epoch >= settings.epochs || (!isPatient && epoch >= settings.leastEpochs)
  }

  /// Trains to the end and leaves the best epoch's weights in the network.
  ///
  /// - Parameters:
  ///   - onStep: called after every step with its tokens and the epoch's; may throw to stop.
  ///   - onEpoch: called after every epoch, when the loop's state is whole.
  /// - Throws: `Failure` of kind `badData` if the loss or a weight is no longer a number, or a training label
  ///   is none of the task's.
  public func run(
    onStep: (_ done: Int, _ of: Int) throws -> Void = { _, _ in },
    onEpoch: (EpochReport) throws -> Void = { _ in }
  ) throws {
    for splits in data { try splits.train.requireKnownLabels() }
    while !isFinished { try onEpoch(runEpoch(onStep)) }
    try best?.load(into: network.parameters, from: "the best epoch")
  }

  private func runEpoch(_ onStep: (Int, Int) throws -> Void) throws -> EpochReport {
    let plan = plan()
    let rate = settings.rate(epoch: epoch)
    let total = plan.steps.reduce(0) { $0 + plan.tokenCount($1) }
    let start = (wall: DispatchTime.now().uptimeNanoseconds, processor: tk_thread_nanoseconds())
    var losses = LossMeans(tasks: data.count)
    var tokens = 0
    for step in plan.steps {
      let batch = plan.batch(step)
      for loss in try self.step(step, batch, rate: rate, others: plan) {
        guard loss.value.isFinite else {
          throw Failure(
            .badData,
            "training diverged: the \(loss.name ?? "loss") of task "
              + "\(network.tasks[loss.task].name) is \(loss.value) in epoch \(epoch + 1); "
              + "a lower lr or clip helps, in another folder")
        }
        losses.add(loss)
      }
      tokens += plan.tokenCount(step)
      try onStep(tokens, total)
    }
    method.settle()
    try requireFiniteWeights()
    let end = DispatchTime.now().uptimeNanoseconds
    let seconds = Double(end - start.wall) / 1e9
    let processorSeconds = Double(tk_thread_nanoseconds() - start.processor) / 1e9
    let scores = try data.indices.map { try evaluation.score(of: $0, data[$0].dev) }
    let evaluationSeconds = Double(DispatchTime.now().uptimeNanoseconds - end) / 1e9
    let values = scores.map(\.value)
    epoch += 1
    let isBest = bestEpoch == 0 || merit(values) > merit(bestScores)
    if isBest {
      bestEpoch = epoch
      bestScores = values
      keepBest()
    }
    return EpochReport(
      epoch: epoch, losses: losses.own, auxiliaryLosses: losses.others,
      observations: losses.observations, scores: scores,
      mean: values.reduce(0, +) / Double(values.count), isBest: isBest, rate: rate,
      tokens: tokens, seconds: seconds, processorSeconds: processorSeconds,
      evaluationSeconds: evaluationSeconds)
  }

  /// Checks that the epoch has left no weight that is no number: its last step can, after which no
  /// loss is computed any more, and predictions from such weights may still score.
  private func requireFiniteWeights() throws {
    let bad = network.parameters.first { !$0.values.allSatisfy { $0.isFinite } }
    guard let bad else { return }
    throw Failure(
      .badData,
      "training diverged: weights of \(bad.name) are not finite after epoch \(epoch + 1); a lower lr "
        + "or clip helps, in another folder")
  }

  /// What epochs are chosen by: the main task's dev score or the mean of all.
  private func merit(_ scores: [Double]) -> Double {
    let main = network.tasks.firstIndex { $0.name == settings.mainTask }
    return main.map { scores[$0] } ?? scores.reduce(0, +) / Double(scores.count)
  }

  /// Keeps the weights as the best epoch's, in the place of those kept before: there are never
  /// two copies.
  func keepBest() {
    if best == nil {
      best = Weights(of: network.parameters)
    } else {
      best!.update(from: network.parameters)
    }
  }

  /// The steps of the epoch under way.
  package func plan() -> EpochPlan {
    EpochPlan(data.map(\.train), settings: settings, stage: stage, epoch: epoch)
  }

  /// One step of the plan: its losses, before anything moved.
  package func step(
    _ step: EpochPlan.Step, _ batch: Batch, rate: Float, clock: StepClock? = nil,
    others plan: EpochPlan
  ) throws -> [StepLoss] {
    try method.step(
      StepContext(
        network, task: step.task, batch: batch, rate: rate, clipping: settings.clipping,
        draws: StepDraws(
          seed: settings.seed,
          [stage, network.tasks[step.task].name, "epoch \(epoch)", "batch \(step.index)"]),
        threads: settings.threads(), workspace: workspace, clock: clock,
        otherBatch: { plan.batch(of: $0, at: step) }))
  }
}
