import Figures
import Foundation
import Recipes
import Sharing
import Training

extension StageRunner {
  /// Tells how long everything that is left for `architectures` will take, from epochs that were
  /// measured, or else from a few steps of each kind of training; nothing if nothing is left.
  public func announceTime(_ architectures: [Architecture]) throws {
    let plan = recipe.workPlan(architectures)
    let done = try WorkDone(run, plan)
    guard !plan.isFinished(done) else { return }
    let pace = try knownPace(plan, done)
    try pace.write(run.path)
    outlook = Outlook(plan, done, pace)
    let forecast = Forecast(plan, done, pace, jobs: pace.jobs)
    guard let left = forecast.total else { return }
    let (probable, most) = (duration(left.probable), duration(left.most))
    try say(
      "time: "
        + (probable == most ? "about \(most)" : "probably \(probable), at most \(most)")
        + " for up to \(plan.epochsLeft(done)) epochs on \(pace.jobs) "
        + (pace.jobs == 1 ? "core" : "cores"))
  }

  /// What there is to do for `architectures`, what of it has been done, and how long epochs take.
  ///
  /// - Parameter other: the run whose files say what has been done; this one if it is nil.
  package func timetable(
    _ architectures: [Architecture], of other: RunDirectory?
  ) throws -> (plan: WorkPlan, done: WorkDone, pace: Pace) {
    let plan = recipe.workPlan(architectures)
    let done = try WorkDone(other ?? run, plan)
    return (plan, done, try knownPace(plan, done))
  }

  /// Looks out on `plan`, unless that is a part of something larger that is under way.
  func begin(_ plan: @autoclosure () -> WorkPlan) throws {
    guard outlook == nil else { return }
    let plan = plan()
    let done = try WorkDone(run, plan)
    guard !plan.isFinished(done) else { return }
    var pace = Pace.read(run.path) ?? Pace(jobs: resources.jobs)
    pace.jobs = resources.jobs
    try pace.write(run.path)
    outlook = Outlook(plan, done, pace)
  }

  /// Seconds of an epoch of every kind of training in `plan` that has not been measured yet.
  private func knownPace(_ plan: WorkPlan, _ done: WorkDone) throws -> Pace {
    let kept = Pace.read(run.path)
    var pace = kept.flatMap { $0.jobs == resources.jobs ? $0 : nil } ?? Pace(jobs: resources.jobs)
    var wanted: [(key: WorkPlan.Key, lanes: Int)] = []
    for stage in plan.stages {
      for training in stage.trainings
      where pace.seconds(training.key) == nil && !done[training.key].isFinished
        && !wanted.contains(where: { $0.key.isPaced(as: training.key) })
      {
        wanted.append((training.key, stage.lanes.count))
      }
    }
    guard !wanted.isEmpty else { return pace }
    let label = resources.shown("measuring the speed")
    resources.progress.begin(label, total: wanted.count)
    defer { resources.progress.finish(label) }
    var measured: [String: Double] = [:]
    for (key, lanes) in wanted {
      let (architecture, task) = try network(of: key)
      let name = "\(architecture.name) \(task ?? -1) \(lanes)"
      let seconds =
        try measured[name]
        ?? epochSeconds(
          architecture, task, threads: max(1, resources.jobs / lanes),
          measuring: Self.measuringSeconds / Double(wanted.count))
      measured[name] = seconds
      pace.note(seconds, of: key)
      resources.progress.advance(label)
    }
    return pace
  }

  /// The seconds that all measurements together may take, roughly.
  private static let measuringSeconds = 3.0

  /// The network that is trained under `key`, and the only task if it has one. Tickets change little
  /// of the first rounds' speed and are not there yet: the base stands for its subnets.
  private func network(of key: WorkPlan.Key) throws -> (Architecture, Int?) {
    let task = try key.task.map(recipe.index(ofTask:))
    guard let name = key.stage.split(separator: "/").dropFirst().first,
      let architecture = Architecture.named(String(name)), !architecture.needsTickets
    else { return (recipe.baseArchitecture, task) }
    return (architecture, task)
  }

  private func epochSeconds(
    _ architecture: Architecture, _ task: Int?, threads: Int, measuring seconds: Double
  ) throws -> Double {
    let network = try network(architecture, alone: task)
    let trainer = Trainer(
      network, data: (task.map { [$0] } ?? Array(tasks.indices)).map { data[$0] },
      settings: recipe.training(epochs: 1, threads: { threads }), stage: "pace")
    return try trainer.epochSeconds(measuring: seconds, onStep: Interrupt.check)
  }
}

extension WorkPlan.Key {
  /// Whether its epochs take as long as those of `other`: rounds of a task do.
  fileprivate func isPaced(as other: WorkPlan.Key) -> Bool {
    stage == other.stage && task == other.task
  }
}
