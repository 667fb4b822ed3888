import Basics
import Figures
import Foundation
import Recipes
import Sharing
import Tensors
import Training

extension StageRunner {
  /// A training to be done: what it is called, and where it continues if it is interrupted.
  struct Job {
    /// The stage, task and round in the metrics.
    let stage: String
    var task: String?
    var round: Int?
    /// The share of prunable weights that is alive, in rounds of pruning.
    var density: Double?
    /// What the user sees it called.
    let label: String

    /// What the work plan calls it.
    var key: WorkPlan.Key { WorkPlan.Key(stage: stage, task: task, round: round) }

    /// What its checkpoints say they are of.
    var name: String {
      ([stage] + [task, round.map(String.init)].compactMap(\.self)).joined(separator: " ")
    }

    let checkpoint: String
    /// Where the way of the parameters is kept; nil for nowhere.
    var trajectory: Trajectory?
    /// What the optimiser of the training held that this one goes on from, and where this one's is
    /// kept for the next; nil for none.
    var optimizer: (before: SafeTensors?, after: (path: String, of: WeightsIdentity)?) = (nil, nil)
    /// Called with the number of epochs done, when the weights are whole: after every epoch, before
    /// it is checkpointed, and at the start.
    var afterEpoch: ((_ epoch: Int) throws -> Void)?
  }

  /// Trains `network` on the tasks `indices` for up to `epochs` epochs, as `train(_:tasks:settings:)`
  /// does.
  func train(
    _ network: any SharingNetwork, tasks indices: [Int], epochs: Int, streams: String, _ job: Job,
    _ circumstances: Parallel.Circumstances
  ) throws -> Trainer {
    try train(
      network, tasks: indices,
      settings: trainingSettings(of: network, epochs: epochs, circumstances), streams: streams, job,
      circumstances)
  }

  /// What trains `network` for up to `epochs` epochs.
  func trainingSettings(
    of network: any SharingNetwork, epochs: Int, _ circumstances: Parallel.Circumstances
  ) throws -> TrainingSettings {
    try recipe.training(
      epochs: epochs, measured: network.tasks.count > 1 ? measuredWeights() : nil,
      threads: circumstances.threads)
  }

  /// Trains `network` on the tasks `indices` to its end, from its checkpoint if there is one.
  /// The best epoch's weights are then in the network. The caller keeps the result and removes
  /// the checkpoint. Stops where a checkpoint lets it go on if it is cancelled.
  func train(
    _ network: any SharingNetwork, tasks indices: [Int], settings: TrainingSettings,
    streams: String, _ job: Job, _ circumstances: Parallel.Circumstances
  ) throws -> Trainer {
    let trainer = Trainer(
      network, data: indices.map { data[$0] }, settings: settings, stage: streams)
    if FileManager.default.fileExists(atPath: job.checkpoint) {
      if try trainer.restore(from: job.checkpoint, of: job.name) {
        try say("\(job.label): goes on after epoch \(trainer.epoch)")
      } else {
        try say("\(job.label): a checkpoint of another stage is removed")
        try remove(job.checkpoint)
      }
    }
    if trainer.epoch == 0, let before = job.optimizer.before {
      try trainer.takeMethodState(from: before)
    }
    let lines = try metrics.rewind(
      stage: job.stage, task: job.task, round: job.round, afterEpoch: trainer.epoch)
    outlook?.restart(job.key, with: lines)
    resources.progress.left(outlook?.times(during: job.stage) ?? [], of: resources.label)
    try job.trajectory?.begin(network, afterEpoch: trainer.epoch)
    try job.afterEpoch?(trainer.epoch)
    var saved = ContinuousClock.now
    var shown = 0
    // A bar must not stand in the way of the message.
    let label = resources.shown(job.label)
    defer { resources.progress.finish(label) }
    try trainer.run(
      onStep: { done, total in
        if shown == 0 { resources.progress.begin(label, total: total) }
        resources.progress.advance(label, by: done - shown)
        shown = done == total ? 0 : done
        try Interrupt.check()
        if circumstances.isCancelled() || resources.isCancelled() { throw Parallel.Cancelled() }
      },
      onEpoch: { report in
        try UnitGuard.requireHeld(in: run.path)
        let numbers = job.metrics(report, tasks: network.tasks)
        try metrics.append(numbers)
        outlook?.add(numbers)
        try job.trajectory?.append(network, epoch: report.epoch)
        try job.afterEpoch?(report.epoch)
        let line = job.line(report, of: settings.epochs, tasks: network.tasks)
        try log.write(line)
        resources.progress.epoch(
          label, resources.shown(line), left: outlook?.times(during: job.stage) ?? [],
          of: resources.label)
        if Interrupt.isEnding
          || ContinuousClock.now - saved >= .seconds(resources.checkpointSeconds)
        {
          try trainer.checkpoint(to: job.checkpoint, of: job.name)
          saved = .now
        }
        // The last epoch's result comes as fast as another checkpoint.
        if Interrupt.isEnding, !trainer.isFinished {
          throw Failure(.interrupted, "stopped; run the same command again to continue")
        }
      })
    if let (path, identity) = job.optimizer.after {
      try trainer.writeMethodState(to: path, of: identity)
    }
    outlook?.finish(job.key)
    return trainer
  }
}

extension StageRunner.Job {
  fileprivate func metrics(_ report: EpochReport, tasks: [TaskShape]) -> MetricsLine {
    var values = [
      "mean": report.mean, "rate": Double(report.rate), "seconds": report.seconds,
      "processor_seconds": report.processorSeconds,
      "evaluation_seconds": report.evaluationSeconds, "tokens": Double(report.tokens),
    ]
    values[MetricsLine.density] = density
    for (index, task) in tasks.enumerated() {
      values["loss.\(task.name)"] = report.losses[index]
      for (name, loss) in report.auxiliaryLosses[index] {
        values["loss.\(task.name).\(name)"] = loss
      }
      for (name, value) in report.observations[index] { values["\(name).\(task.name)"] = value }
      values["dev.\(task.name)"] = report.scores[index].value
      if let error = report.scores[index].meanSquaredError {
        values["dev.\(task.name).mse"] = error
      }
    }
    return MetricsLine(
      stage: stage, task: task, round: round, epoch: report.epoch, time: MetricsLine.now(),
      values: values)
  }

  /// The most tasks whose numbers an epoch's line lists; of more it has the means.
  private static let mostListed = 4

  fileprivate func line(_ report: EpochReport, of epochs: Int, tasks: [TaskShape]) -> String {
    func numbers(_ loss: Double, _ score: Double, _ observations: [String: Double]) -> String {
      "loss \(fixed(loss, 3)) dev \(percent(score))"
        + observations.sorted { $0.key < $1.key }.map { " \($0.key) \(fixed($0.value, 3))" }
        .joined()
    }
    let parts =
      tasks.count > Self.mostListed
      ? [
        "\(tasks.count) tasks, means "
          + numbers(Self.mean(report.losses), report.mean, Self.means(report.observations))
      ]
      : tasks.indices.map { index in
        "\(tasks[index].name) "
          + numbers(
            report.losses[index], report.scores[index].value, report.observations[index])
      }
    let speed = report.seconds > 0 ? Int(Double(report.tokens) / report.seconds) : 0
    return "\(label) epoch \(report.epoch)/\(epochs): " + parts.joined(separator: ", ")
      + (report.isBest ? " *" : "") + " (\(speed) tokens/s)"
  }

  /// The means of what tasks observed, each over those that did.
  private static func means(_ observations: [[String: Double]]) -> [String: Double] {
    Dictionary(grouping: observations.joined(), by: \.key).mapValues { mean($0.map(\.value)) }
  }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }
}
