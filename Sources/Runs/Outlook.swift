import Synchronization

/// What a command that works on a run has left to do, brought up to date while it works.
final class Outlook: Sendable {
  private let plan: WorkPlan
  private let pace: Pace
  private let done: Mutex<WorkDone>

  /// The outlook on the rest of `plan`, of which `done` is done, at `pace`.
  init(_ plan: WorkPlan, _ done: WorkDone, _ pace: Pace) {
    (self.plan, self.pace) = (plan, pace)
    self.done = Mutex(done)
  }

  /// Takes note that the training of `key` goes on with what `lines` say of it.
  func restart(_ key: WorkPlan.Key, with lines: [MetricsLine]) {
    done.withLock { $0.restart(key, with: lines) }
  }

  /// Takes note of an epoch.
  func add(_ line: MetricsLine) { done.withLock { $0.add(line) } }

  /// Takes note of a training that has ended.
  func finish(_ key: WorkPlan.Key) { done.withLock { $0.finish(key) } }

  /// The time that is probably left of the stage called `stage`, and of all stages, as in
  /// `prune 1 h 20 min` and `run 5 h`, as far as it is known.
  func times(during stage: String) -> [String] {
    let forecast = Forecast(plan, done.withLock { $0 }, pace, jobs: pace.jobs)
    let own = forecast.stages.first { $0.name == stage }?.left.map { left in
      "\(stage) \(duration(left.probable))"
    }
    let all = forecast.total.map { "run \(duration($0.probable))" }
    return [own, plan.stages.count > 1 ? all : nil].compactMap(\.self)
  }
}
