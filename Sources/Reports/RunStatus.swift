import Basics
import Figures
import Foundation
import Recipes
import Runs
import Sharing

/// How far a run has come, from its files alone: another process may be at work on it.
public struct RunStatus: Encodable {
  /// Whether work has not begun, somebody is at it, nobody is, or it is done.
  package enum State: String, Encodable {
    case waiting, working, stopped, done
  }

  struct Stage: Encodable {
    let stage: String
    let state: State
    /// Trainings, those that have ended, and the epochs done of how many at most.
    let trainings: Int, done: Int, epochsDone: Int, epochs: Int
    /// What is left of it; null if nothing like it has been measured.
    @OrNull var seconds: TimeRange?
    /// What is under way in it.
    let work: [Work]

    private enum CodingKeys: String, CodingKey {
      case stage, state, trainings, done, epochs, seconds, work
      case epochsDone = "epochs_done"
    }
  }

  /// A training that is under way.
  package struct Work: Encodable {
    let stage: String
    @OrNull var task: String?
    @OrNull var round: Int?
    /// The last round of its task.
    @OrNull var rounds: Int?
    /// Epochs done of how many at most; the best so far and its dev score.
    let epoch: Int, epochs: Int, bestEpoch: Int
    @OrNull var best: Double?
    @OrNull var tokensPerSecond: Double?

    private enum CodingKeys: String, CodingKey {
      case stage, task, round, rounds, epoch, epochs, best
      case bestEpoch = "best_epoch"
      case tokensPerSecond = "tokens_per_second"
    }
  }

  /// The run's folder.
  let run: String
  let state: State
  /// The process at work on it; null if there is none.
  @OrNull var process: Int?
  /// Who is at work on parts of it, also on other machines, as far as they are not known to be dead.
  let workers: [RunWorker]
  /// Seconds since its last epoch ended; null where that is not known.
  @OrNull var secondsSinceEpoch: Double?
  let stages: [Stage]
  /// What is left of the whole run; null if it is not known.
  @OrNull var seconds: TimeRange?
  /// When it will be done if it goes on as it does, in UTC; null where nobody is at work or that is
  /// not known.
  @OrNull var end: End?

  package struct End: Encodable {
    let earliest: Date, probable: Date, latest: Date
  }

  private enum CodingKeys: String, CodingKey {
    case run, state, process, workers, stages, seconds, end
    case secondsSinceEpoch = "seconds_since_epoch"
  }

  /// Whether there is nothing to wait for: all is done, or nobody is at work.
  public var isAtRest: Bool { process == nil && state != .working }

  /// Looks at the run in the folder `path`.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it is no run, `badData` naming a damaged file.
  public static func look(at path: String, now: Date = Date()) throws -> RunStatus {
    let run = try RunDirectory.open(path, forWork: false)
    return try RunStatus(
      run, run.recipe.sharing.compactMap(Architecture.named),
      process: RunLock.process(workingOn: path), workers: RunWorker.all(on: path),
      pace: Pace.read(path) ?? Pace(), now: now)
  }

  /// How far `run` has come in what there is to do for `architectures`.
  ///
  /// - Parameters:
  ///   - process: the process at work on it, if there is one.
  ///   - workers: who is at work on parts of it.
  ///   - pace: what is known of the time that epochs take, and the cores.
  package init(
    _ run: RunDirectory, _ architectures: [Architecture], process: Int?,
    workers: [RunWorker] = [], pace: Pace, now: Date
  ) throws {
    let isAtWork = process != nil || !workers.isEmpty
    let plan = run.recipe.workPlan(architectures)
    let done = try WorkDone(run, plan)
    let forecast = Forecast(plan, done, pace, jobs: max(pace.jobs, workers.count))
    self.run = run.path
    self.process = process
    self.workers = workers
    // The process at work has begun an epoch of its own, whenever the last one ended.
    let begun = process == nil ? nil : RunLock.taken(run: run.path)
    let since = [done.lastTime, begun].compactMap(\.self).max().map {
      max(0, now.timeIntervalSince1970 - $0)
    }
    let sinceEpoch = done.lastTime.map { max(0, now.timeIntervalSince1970 - $0) }
    secondsSinceEpoch = sinceEpoch
    // The first stage that is not done is the one at work.
    let current = plan.stages.firstIndex { stage in
      !stage.trainings.allSatisfy { done[$0.key].isFinished }
    }
    stages = plan.stages.indices.map { index in
      let stage = plan.stages[index]
      let hasBegun = stage.trainings.contains {
        done[$0.key].epochs > 0 || done[$0.key].isFinished
      }
      let isUnderWay = index == current && (isAtWork || hasBegun)
      return Stage(
        stage: stage.name,
        state: current.map { index < $0 } ?? true
          ? .done : !isUnderWay ? .waiting : isAtWork ? .working : .stopped,
        trainings: stage.trainings.count,
        done: stage.trainings.count { done[$0.key].isFinished },
        epochsDone: stage.trainings.reduce(0) { $0 + done[$1.key].epochs },
        epochs: stage.trainings.reduce(0) { $0 + $1.epochs },
        seconds: forecast.stages[index].left,
        work: isUnderWay ? stage.lanes.compactMap { Self.work(in: $0, done) } : [])
    }
    state = State(isDone: current == nil, isAtWork: isAtWork, hasBegun: plan.hasBegun(done))
    // The epoch under way is partly done.
    let left = forecast.total.map { isAtWork ? $0.after(since ?? 0) : $0 }
    seconds = left
    end = isAtWork ? left.map { End($0, from: now) } : nil
  }

  /// What is under way of `plan`.
  package static func work(in plan: WorkPlan, _ done: WorkDone) -> [Work] {
    let stage = plan.stages.first { !$0.trainings.allSatisfy { done[$0.key].isFinished } }
    return stage?.lanes.compactMap { work(in: $0, done) } ?? []
  }

  /// What is under way in `lane`; nil if it has not begun, or is done.
  private static func work(in lane: [WorkPlan.Training], _ done: WorkDone) -> Work? {
    guard let training = lane.first(where: { !done[$0.key].isFinished }) else { return nil }
    let own = done[training.key]
    guard own.epochs > 0 || training.key.round ?? 0 > 0 else { return nil }
    return Work(
      stage: training.key.stage, task: training.key.task, round: training.key.round,
      rounds: lane.last?.key.round, epoch: own.epochs, epochs: training.epochs,
      bestEpoch: own.bestEpoch, best: own.best, tokensPerSecond: own.tokensPerSecond)
  }
}

extension RunStatus.State {
  package init(isDone: Bool, isAtWork: Bool, hasBegun: Bool) {
    self = isDone ? .done : isAtWork ? .working : hasBegun ? .stopped : .waiting
  }
}

extension RunStatus.End {
  package init(_ left: TimeRange, from now: Date) {
    func time(_ seconds: Double) -> Date { now.addingTimeInterval(min(seconds, 1e9)) }
    self.init(
      earliest: time(left.least), probable: time(left.probable), latest: time(left.most))
  }

  package func encode(to encoder: any Encoder) throws {
    try ["earliest": earliest, "probable": probable, "latest": latest]
      .mapValues { $0.formatted(.iso8601) }.encode(to: encoder)
  }
}
