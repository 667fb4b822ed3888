import Basics
import Batches
import Corpora
import Sharing
import Tensors
import Training

/// Work that a benchmark times: batches, one after the other.
protocol Load: AnyObject {
  /// Makes batches for one pass over the data; how many there are.
  func prepare() -> [(task: Int, tokens: Int)]
  /// Works on batch `index` of those.
  func work(_ index: Int, clock: StepClock?) throws
}

/// Steps of the training loop.
final class TrainingLoad: Load {
  private let trainer: Trainer
  private let rate: Float
  private var plan: EpochPlan?

  init(_ network: any SharingNetwork, _ data: [TaskData], _ settings: TrainingSettings) {
    trainer = Trainer(
      network, data: data.map { TaskSplits(train: $0, dev: $0) }, settings: settings,
      stage: "bench")
    rate = settings.rate(epoch: 0)
  }

  func prepare() -> [(task: Int, tokens: Int)] {
    let plan = trainer.plan()
    self.plan = plan
    return plan.steps.map { ($0.task, plan.tokenCount($0)) }
  }

  func work(_ index: Int, clock: StepClock?) throws {
    guard let plan else { preconditionFailure("no batches were prepared") }
    let step = plan.steps[index]
    let batch = clock.during("packing") { plan.batch(step) }
    let losses = try trainer.step(step, batch, rate: rate, clock: clock, others: plan)
    guard losses.allSatisfy({ $0.value.isFinite }) else {
      throw Failure(.internal, "bench: the training diverged; its speed would mean nothing")
    }
  }
}

/// Batches without training: labels for all of one task's sentences, then the next task's; or
/// the BiLSTM alone, where training is its way forward and back.
final class BatchLoad: Load {
  private let network: any SharingNetwork
  private let data: [TaskData]
  private let settings: TrainingSettings
  private let evaluation: Evaluation
  private let mode: BenchmarkMode
  private let isBare: Bool
  private let workspace = Workspace()
  private var batches: [(task: Int, batch: Batch)] = []
  private var active: Int?

  init(
    _ network: any SharingNetwork, _ data: [TaskData], _ settings: TrainingSettings,
    mode: BenchmarkMode, isBare: Bool
  ) {
    self.network = network
    self.data = data
    self.settings = settings
    self.mode = mode
    self.isBare = isBare
    evaluation = Evaluation(network, threads: settings.threads)
  }

  func prepare() -> [(task: Int, tokens: Int)] {
    let lists = data.enumerated().map { task, data in
      // Of random lengths, as in training: long sentences first would bias short measurements.
      var stream = RandomStream(seed: settings.seed, "bench order", "\(task)")
      return data.batches(size: settings.batchSize, stream: &stream)
        .map { (task: task, batch: $0) }
    }
    batches = Self.turns(lists)
    return batches.map { ($0.task, $0.batch.tokenCount) }
  }

  /// Tasks take turns of 32 batches, so that a short measurement has met them all and activating
  /// a task costs as little as over a whole corpus.
  private static func turns(_ lists: [[(task: Int, batch: Batch)]]) -> [(task: Int, batch: Batch)] {
    let longest = lists.map(\.count).max() ?? 0
    return stride(from: 0, to: longest, by: 32).flatMap { start in
      lists.flatMap { $0.dropFirst(start).prefix(32) }
    }
  }

  func work(_ index: Int, clock: StepClock?) throws {
    let (task, batch) = batches[index]
    // Weights move in training, so that a step activates its task, as the loop does.
    if active != task || mode == .train { network.activate(task: task) }
    active = task
    if isBare, mode == .train {
      let tape = Tape(workspace: workspace, threads: settings.threads(), clock: clock)
      let output = network.output(of: task, batch, draws: nil, on: tape)
      tape.backward(from: output.scores)
      for parameter in network.parameters { parameter.clearGradient() }
    } else {
      let scores = evaluation.scores(of: task, batch, in: workspace, clock: clock)
      guard !isBare else { return }
      _ = clock.during("heads") { network.head(of: task).decode(scores, batch: batch) }
    }
  }
}
