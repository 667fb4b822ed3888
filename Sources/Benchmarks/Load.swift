import Basics
import Batches
import Corpora
import Dispatch
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

/// What a load came to.
struct Work {
  var tokens = 0
  /// Nanoseconds of the work itself, and of making its batches.
  var worked: Double = 0
  var prepared: Double = 0
  /// Nanoseconds of the parts, if there was a clock.
  var parts: [StepClock.Part: UInt64] = [:]

  var tokensPerSecond: Double { Double(tokens) / (worked + prepared) * 1e9 }
}

/// Keeps a load going and times it.
final class Course {
  private let load: any Load
  private var batches: [(task: Int, tokens: Int)] = []
  private var next = 0
  /// What making batches has cost so far, and for how many tokens.
  private var preparation = (nanoseconds: 0.0, tokens: 0)

  init(_ load: any Load) { self.load = load }

  /// Works for about `seconds`, at least `steps` steps. Making batches is timed by the pass, and
  /// counted for the tokens worked on: a short measurement is charged its share.
  func run(seconds: Double, steps: Int = 1, clock: StepClock? = nil) throws -> Work {
    var work = Work()
    var done = 0
    if next == batches.count { prepare() }
    clock?.restart()
    let start = DispatchTime.now().uptimeNanoseconds
    var paused: UInt64 = 0
    repeat {
      if next == batches.count {
        let pause = DispatchTime.now().uptimeNanoseconds
        clock.during(Self.preparing) { prepare() }
        paused += DispatchTime.now().uptimeNanoseconds - pause
      }
      try load.work(next, clock: clock)
      work.tokens += batches[next].tokens
      next += 1
      done += 1
      work.worked = Double(DispatchTime.now().uptimeNanoseconds - start - paused)
    } while work.worked < seconds * 1e9 || done < steps
    clock?.change(to: .rest)
    work.prepared =
      preparation.nanoseconds / Double(preparation.tokens) * Double(work.tokens)
    work.parts = clock?.nanoseconds.filter { $0.key.name != Self.preparing } ?? [:]
    return work
  }

  private static let preparing = "preparation"

  private func prepare() {
    let start = DispatchTime.now().uptimeNanoseconds
    batches = load.prepare()
    next = 0
    preparation.nanoseconds += Double(DispatchTime.now().uptimeNanoseconds - start)
    preparation.tokens += batches.reduce(0) { $0 + $1.tokens }
  }
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
    let losses = try trainer.step(step, batch, rate: rate, clock: clock)
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
