import Foundation
import Recipes
import Sharing

/// How far the trainings of a run have come, as its files say; reading them needs no lock.
package struct WorkDone: Sendable {
  /// What one training has done.
  package struct Progress: Sendable {
    /// Epochs done, the best one's number and its dev score; nil before there is one.
    package var epochs = 0, bestEpoch = 0, best: Double?
    /// Seconds and tokens of these epochs, and the seconds of evaluating on dev.
    package var seconds = 0.0, tokens = 0.0, evaluation = 0.0
    /// Seconds of the fastest and the slowest of these epochs, with its evaluation.
    fileprivate var fastest = Double.infinity, slowest = 0.0
    /// Whether its result is written.
    package var isFinished = false

    /// Seconds of an epoch with its evaluation; nil before there is one. The next ones may be as fast
    /// or slow as any has been, or at least 10 % faster or slower than the mean.
    var epochSeconds: TimeRange? {
      guard epochs > 0, seconds > 0 else { return nil }
      let mean = (seconds + evaluation) / Double(epochs)
      return TimeRange(
        least: min(fastest, 0.9 * mean), probable: mean, most: max(slowest, 1.1 * mean))
    }

    /// Training tokens a second; nil before there are any.
    package var tokensPerSecond: Double? { seconds > 0 ? tokens / seconds : nil }
  }

  private var progress: [WorkPlan.Key: Progress] = [:]
  /// When the last epoch ended, in Unix seconds; nil if that is not known.
  package private(set) var lastTime: Double?
  private let mainTask: String?

  /// What has been done of `plan` in `run`; nothing if there is no run yet.
  ///
  /// - Throws: `Failure` of kind `badData` naming a file that is damaged.
  package init(_ run: RunDirectory?, _ plan: WorkPlan) throws {
    mainTask = run?.recipe.mainTask
    guard let run else { return }
    try MetricsLog.forEachLine(in: run.metrics) { add($0) }
    var rounds: [String: Int] = [:]
    for training in plan.stages.flatMap(\.trainings)
    where try run.hasFinished(training.key, &rounds) {
      finish(training.key)
    }
  }

  /// All of `plan` done, which took nobody knows how long; reads nothing.
  package init(finishing plan: WorkPlan) {
    mainTask = nil
    for training in plan.stages.flatMap(\.trainings) { finish(training.key) }
  }

  /// What has epochs whose time `tell` can note, whatever their rounds.
  package var timed: Set<WorkPlan.Key> {
    Set(progress.filter { $1.epochSeconds != nil }.keys.map(\.roundless))
  }

  /// What has been done of `key`.
  package subscript(key: WorkPlan.Key) -> Progress { progress[key] ?? Progress() }

  /// Notes in `pace` how long the epochs took.
  package func tell(_ pace: inout Pace) {
    for (key, own) in progress.sorted(by: { ($0.key.round ?? 0) < ($1.key.round ?? 0) }) {
      if let seconds = own.epochSeconds { pace.note(seconds.probable, of: key) }
    }
  }

  /// Takes note of an epoch.
  package mutating func add(_ line: MetricsLine) {
    lastTime = [lastTime, line.time].compactMap(\.self).max()
    let key = WorkPlan.Key(stage: line.stage, task: line.task, round: line.round)
    var own = progress[key] ?? Progress()
    own.epochs = max(own.epochs, line.epoch)
    let (seconds, evaluation) = (line.measured("seconds"), line.measured("evaluation_seconds"))
    own.seconds += seconds
    own.evaluation += evaluation
    own.fastest = min(own.fastest, seconds + evaluation)
    own.slowest = max(own.slowest, seconds + evaluation)
    own.tokens += line.measured("tokens")
    let score = mainTask.flatMap { line.values["dev.\($0)"] } ?? line.values["mean"]
    if let score, (-1...1).contains(score), score > own.best ?? -.infinity {
      (own.bestEpoch, own.best) = (line.epoch, score)
    }
    progress[key] = own
  }

  /// Takes note that the training of `key` goes on with what `lines` say of it.
  package mutating func restart(_ key: WorkPlan.Key, with lines: [MetricsLine]) {
    progress[key] = nil
    for line in lines where (line.stage, line.task, line.round) == (key.stage, key.task, key.round)
    {
      add(line)
    }
  }

  /// Takes note that the training of `key` has its result.
  package mutating func finish(_ key: WorkPlan.Key) {
    progress[key, default: Progress()].isFinished = true
  }
}

extension RunDirectory {
  /// Whether the training of `key` has written what it is for.
  ///
  /// - Parameter rounds: how many rounds of a task are finished, looked up once.
  fileprivate func hasFinished(
    _ key: WorkPlan.Key, _ rounds: inout [String: Int]
  ) throws -> Bool {
    if key.stage == "warmup" { return FileManager.default.fileExists(atPath: warmupWeights) }
    if key.stage == "prune", let task = key.task, let round = key.round {
      if rounds[task] == nil {
        rounds[task] =
          try FileManager.default.fileExists(atPath: chosenTicket(task: task))
          ? .max : finishedRounds(of: task).count
      }
      return round < rounds[task]!
    }
    let name = key.stage.split(separator: "/").last.map(String.init) ?? ""
    guard let architecture = Architecture.named(name) else { return false }
    let units = recipe.trainingUnits(of: architecture)
    guard key.stage.hasPrefix("train/") else {
      return units.allSatisfy { unit in
        isTrained(unit)
          || recipe.tasks.firstIndex { $0.name == key.task }.map {
            isTrained(unit.head($0, recipe.tasks[$0].name))
          } ?? false
      }
    }
    // A search is part of what is fine-tuned.
    return try units.filter { $0.task == key.task }.allSatisfy { unit in
      try isTrained(unit)
        || recipe.fineTunes(unit)
          && FileManager.default.fileExists(atPath: searchWeights(of: unit))
    }
  }
}
