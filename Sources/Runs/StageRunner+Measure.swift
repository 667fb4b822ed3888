import Basics
import Figures
import Foundation
import Pruning
import Recipes
import Sharing
import Tensors
import Training

extension StageRunner {
  /// Measures what the weights of `subnet` are worth to task `index` before any training, on the
  /// first batches that a training called `streams` would see.
  func measure(
    _ subnet: any SharingNetwork, task index: Int, streams: String, _ job: Job,
    _ circumstances: Parallel.Circumstances
  ) throws -> Saliency {
    let (criterion, data) = (recipe.criterion, data[index])
    try data.train.requireKnownLabels()
    let plan = Trainer(
      subnet, data: [data],
      settings: recipe.training(epochs: 1, threads: circumstances.threads), stage: streams
    ).plan()
    let limit = criterion.needsBatches ? recipe.masks.scoreBatches : 1
    let steps = limit == 0 ? plan.steps : Array(plan.steps.prefix(limit))
    try metrics.rewind(stage: job.stage, task: job.task, round: job.round, afterEpoch: 0)
    let label = resources.shown(job.label)
    defer { resources.progress.finish(label) }
    // A batch is passed through once for its gradient, twice more for a Hessian product.
    let passes = criterion == .grasp ? 3 : criterion.needsBatches ? 1 : 0
    let total = passes * steps.reduce(0) { $0 + plan.tokenCount($1) }
    resources.progress.begin(label, total: total)
    let start = ContinuousClock.now
    var tokens = 0
    let saliency = try Saliency(
      measuring: criterion, of: subnet, on: steps.map(plan.batch), threads: circumstances.threads
    ) { batch in
      tokens += batch.tokenCount
      resources.progress.advance(label, by: batch.tokenCount)
      try Interrupt.check()
      if circumstances.isCancelled() || resources.isCancelled() { throw Parallel.Cancelled() }
    }
    let epochs = Double(tokens) / Double(plan.steps.reduce(0) { $0 + plan.tokenCount($1) })
    var values = [
      MetricsLine.passes: epochs, "tokens": Double(tokens),
      "seconds": (ContinuousClock.now - start) / .seconds(1),
    ]
    values[MetricsLine.density] = job.density
    try metrics.append(
      MetricsLine(
        stage: job.stage, task: job.task, round: job.round, epoch: 1, time: MetricsLine.now(),
        values: values))
    outlook?.finish(job.key)
    let line = "\(job.label): \(criterion.rawValue) over \(fixed(epochs, 2)) epochs of data"
    try log.write(line)
    resources.progress.epoch(label, resources.shown(line))
    return saliency
  }
}
