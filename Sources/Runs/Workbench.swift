import Basics
import Corpora
import Foundation
import Scoring
import Sharing
import Tensors
import Training

/// How stages are executed; none of it changes a result.
public struct Execution: Sendable {
  /// The threads the run may use at the moment.
  let threads: @Sendable () -> Int
  /// Whether the work may be given up, because something beside it has failed.
  let isCancelled: @Sendable () -> Bool
  /// What stands before everything the user sees of the run, if there are several.
  let label: String
  /// Seconds between checkpoints.
  public let checkpointSeconds: Double
  /// What the user sees.
  public let progress: ProgressDisplay

  /// Executes one run with `jobs` jobs.
  public init(jobs: Int, checkpointSeconds: Double, progress: ProgressDisplay) {
    self.init(
      Parallel.Circumstances(threads: { jobs }, isCancelled: { false }), label: "",
      checkpointSeconds: checkpointSeconds, progress: progress)
  }

  /// Executes one of several runs under `circumstances`; the user sees it called `label`.
  init(
    _ circumstances: Parallel.Circumstances, label: String, checkpointSeconds: Double,
    progress: ProgressDisplay
  ) {
    threads = circumstances.threads
    isCancelled = circumstances.isCancelled
    self.label = label
    self.checkpointSeconds = checkpointSeconds
    self.progress = progress
  }

  /// Tasks worked on side by side, or threads of one training.
  var jobs: Int { threads() }

  /// `text` as the user sees it.
  func shown(_ text: String) -> String { label.isEmpty ? text : "\(label): \(text)" }
}

/// Where the stages of a run are worked on: its folder, its data and the training of a network
/// to its end, across interruptions.
///
/// Every stage ends by writing one result file; a stage whose result is there is finished, and
/// doing it again does nothing.
public final class Workbench {
  /// The run.
  public let run: RunDirectory
  /// The resolved settings.
  public let recipe: Recipe
  let execution: Execution
  let vocabulary: Vocabulary
  let shape: NetworkShape
  let tasks: [TaskShape]
  let data: [TaskSplits]
  let embeddings: Embeddings?
  private let metrics: MetricsLog
  private let log: RunLog

  /// Opens `run`, reads its training and dev data and makes its vocabulary if needed.
  public init(_ run: RunDirectory, execution: Execution) throws {
    self.run = run
    self.execution = execution
    let recipe = run.recipe
    self.recipe = recipe
    try recipe.checkNetworks()
    try run.checkData()
    let source = try RunData(recipe)
    let training = try source.corpora(.train)
    let vocabulary = try run.vocabulary(training: training)
    self.vocabulary = vocabulary
    shape = recipe.networkShape(vocabulary)
    tasks = try recipe.taskShapes(vocabulary)
    let train = try source.tasks(training, vocabulary)
    let dev = try source.tasks(source.corpora(.dev), vocabulary)
    data = zip(train, dev).map { TaskSplits(train: $0, dev: $1) }
    embeddings = try recipe.embeddings.map {
      try Embeddings(file: $0, dimension: recipe.wordDim, vocabulary: vocabulary)
    }
    // Only what could be read binds the run: a mistyped column can still be corrected.
    try run.freeze(.data, .model, .training)
    try run.keep(vocabulary)
    metrics = try MetricsLog(run.metrics)
    log = RunLog(run)
    if let coverage = embeddings?.coverage {
      let count = coverage.exact + coverage.lowerCased
      try say("embeddings: \(count) of \(count + coverage.missing) words found")
    }
    try reportUnseenLabels()
  }

  /// The network of `architecture` for all tasks, at its initialisation.
  func network(_ architecture: Architecture) throws -> any SharingNetwork {
    let network = try recipe.makeNetwork(architecture, shape, tasks, seed: recipe.seed)
    if let embeddings, let table = network.parameters.first(where: \.isEmbedding) {
      var values = Array(table.values)
      embeddings.copy(into: &values)
      _ = table.values.update(from: values)
    }
    return network
  }

  /// Those of the only training under way: all cores are its own.
  var alone: Parallel.Circumstances {
    Parallel.Circumstances(threads: execution.threads, isCancelled: execution.isCancelled)
  }

  /// A training to be done: what it is called, and where it continues if it is interrupted.
  struct Job {
    /// The stage, task and round in the metrics.
    let stage: String
    var task: String?
    var round: Int?
    /// What the user sees it called.
    let label: String
    let checkpoint: String
  }

  /// Trains `network` on the tasks `indices` to its end, from its checkpoint if there is one.
  /// The best epoch's weights are then in the network. The caller keeps the result and removes
  /// the checkpoint. Stops where a checkpoint lets it go on if it is cancelled.
  func train(
    _ network: any SharingNetwork, tasks indices: [Int], epochs: Int, streams: String, _ job: Job,
    _ circumstances: Parallel.Circumstances
  ) throws -> Trainer {
    let trainer = Trainer(
      network, data: indices.map { data[$0] },
      settings: recipe.training(epochs: epochs, threads: circumstances.threads), stage: streams)
    if FileManager.default.fileExists(atPath: job.checkpoint) {
      if try trainer.restore(from: job.checkpoint) {
        try say("\(job.label): goes on after epoch \(trainer.epoch)")
      } else {
        try remove(job.checkpoint)
      }
    }
    try metrics.rewind(
      stage: job.stage, task: job.task, round: job.round, afterEpoch: trainer.epoch)
    var saved = ContinuousClock.now
    var shown = 0
    // A bar must not stand in the way of the message.
    let label = execution.shown(job.label)
    defer { execution.progress.finish(label) }
    try trainer.run(
      onStep: { done, total in
        if shown == 0 { execution.progress.begin(label, total: total) }
        execution.progress.advance(label, by: done - shown)
        shown = done == total ? 0 : done
        try Interrupt.check()
        if circumstances.isCancelled() || execution.isCancelled() { throw Parallel.Cancelled() }
      },
      onEpoch: { report in
        try metrics.append(job.metrics(report, tasks: network.tasks))
        let line = job.line(report, of: epochs, tasks: network.tasks)
        try log.write(line)
        execution.progress.epoch(label, execution.shown(line))
        if ContinuousClock.now - saved >= .seconds(execution.checkpointSeconds) {
          try trainer.checkpoint(to: job.checkpoint)
          saved = .now
        }
      })
    return trainer
  }

  /// Tells the user and the run's log.
  func say(_ line: String) throws {
    try log.write(line)
    execution.progress.say(execution.shown(line))
  }

  /// Removes a file that is no longer needed, if it is there.
  func remove(_ path: String) throws {
    guard unlink(path) == 0 || errno == ENOENT else {
      throw Failure(.inputOutput, "\(path): cannot be removed (\(systemError()))")
    }
  }

  private func reportUnseenLabels() throws {
    for splits in data {
      let unseen = try UnseenLabels(splits.dev, training: splits.train)
      if let warning = unseen.warning(split: "dev") { try say("warning: " + warning) }
    }
  }
}

extension Workbench.Job {
  fileprivate func metrics(_ report: EpochReport, tasks: [TaskShape]) -> MetricsLine {
    var values = [
      "mean": report.mean, "rate": Double(report.rate), "seconds": report.seconds,
      "tokens": Double(report.tokens),
    ]
    for (index, task) in tasks.enumerated() {
      values["loss.\(task.name)"] = report.losses[index]
      values["dev.\(task.name)"] = report.scores[index].value
    }
    return MetricsLine(
      stage: stage, task: task, round: round, epoch: report.epoch, values: values)
  }

  fileprivate func line(_ report: EpochReport, of epochs: Int, tasks: [TaskShape]) -> String {
    let parts = tasks.indices.map { index in
      "\(tasks[index].name) loss \(fixed(report.losses[index], 3))"
        + " dev \(percent(report.scores[index].value))"
    }
    let speed = report.seconds > 0 ? Int(Double(report.tokens) / report.seconds) : 0
    return "\(label) epoch \(report.epoch)/\(epochs): " + parts.joined(separator: ", ")
      + (report.isBest ? " *" : "") + " (\(speed) tokens/s)"
  }
}
