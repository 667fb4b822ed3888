import Corpora
import Tensors

extension Trainer {
  /// About how many seconds an epoch and its evaluation take, from steps of some `seconds` of the
  /// epoch under way, at least three of them, ten where an epoch takes less than a second, and a part
  /// of the dev data. It moves the network's weights: what is trained for its result is not measured
  /// so.
  ///
  /// - Parameter onStep: called after every step and batch; may throw to stop.
  package func epochSeconds(measuring seconds: Double, onStep: () throws -> Void) throws -> Double {
    for splits in data { try splits.train.requireKnownLabels() }
    let plan = plan()
    let rate = settings.rate(epoch: epoch)
    let training = try Self.extrapolate(
      plan.steps, seconds: seconds, tokens: plan.tokenCount, onStep
    ) { _ = try step($0, plan.batch($0), rate: rate, others: plan) }
    let workspace = Workspace()
    let evaluating = try data.indices.reduce(0.0) { sum, task in
      let batches = data[task].dev.encoded.evaluationBatches(size: 32)
      network.activate(task: task)
      // They are sorted by length: some from everywhere are like all.
      let some = stride(from: 0, to: batches.count, by: max(1, batches.count / 4)).map { $0 }
      let own = try Self.extrapolate(
        some, seconds: seconds / Double(4 * data.count), tokens: batches.tokenCount, onStep
      ) { _ = evaluation.scores(of: task, batches[$0], in: workspace) }
      let measured = some.reduce(0) { $0 + batches.tokenCount($1) }
      let all = (0..<batches.count).reduce(0) { $0 + batches.tokenCount($1) }
      return sum + own * Double(all) / Double(max(1, measured))
    }
    return training + evaluating
  }

  /// The seconds that `work` takes for all `items`, from those of the first of them.
  private static func extrapolate<Item>(
    _ items: [Item], seconds: Double, tokens: (Item) -> Int, _ onStep: () throws -> Void,
    _ work: (Item) throws -> Void
  ) throws -> Double {
    let total = items.reduce(0) { $0 + tokens($1) }
    var (done, spent) = (0, 0.0)
    for (index, item) in items.enumerated() {
      let start = ContinuousClock.now
      try work(item)
      let own = (ContinuousClock.now - start) / .seconds(1)
      try onStep()
      // Buffers and the optimiser's state are made in the first step.
      if index == 0, items.count > 3 { continue }
      done += tokens(item)
      spent += own
      let isShort = spent * Double(total) < Double(done)
      if index >= 3, spent >= seconds || isShort && index >= 10 { break }
    }
    return done > 0 ? spent * Double(total) / Double(done) : 0
  }
}
