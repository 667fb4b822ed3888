import Basics
import Figures
import Foundation
import Recipes
import Runs
import Sharing

/// How long a run will take on this machine, stage by stage; nothing of it is done.
public struct Timetable: Encodable {
  struct Stage: Encodable {
    let stage: String
    /// Trainings, those that have ended, and the most epochs of the others.
    let trainings: Int, done: Int, epochs: Int
    /// What is left of it; null if it is not known.
    @OrNull var seconds: TimeRange?
  }

  let stages: [Stage]
  @OrNull var seconds: TimeRange?
  let jobs: Int

  /// Measures some steps of every kind of training in the run in the folder `path` as `layers` want
  /// it; the run need not be there, and is not changed.
  ///
  /// - Throws: what opening or making the run and reading its data throws.
  public static func measure(
    _ path: String, _ layers: [RecipeLayer], jobs: Int, progress: ProgressDisplay
  ) throws -> Timetable {
    let known = Architecture.all.map(\.name)
    var run: RunDirectory?
    if RunDirectory.exists(path) {
      run = try RunDirectory.open(path, forWork: true, isDraft: true)
      try run?.reconcile(layers, knownSharings: known)
    }
    let recipe = try run?.recipe ?? Recipe.resolve(layers, knownSharings: known)
    // What a run keeps of its data is made aside.
    let scratch = FileManager.default.temporaryDirectory.path + "/tickets-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let resources = StageResources(jobs: jobs, checkpointSeconds: 0, progress: progress)
    let runner = try StageRunner.open(RunDirectory.create(scratch, recipe: recipe), resources)
    let architectures = recipe.sharing.compactMap(Architecture.named)
    let (plan, done, pace) = try runner.timetable(architectures, of: run)
    return Timetable(plan, done, pace)
  }

  init(_ plan: WorkPlan, _ done: WorkDone, _ pace: Pace) {
    let forecast = Forecast(plan, done, pace, jobs: pace.jobs)
    stages = zip(plan.stages, forecast.stages).map { stage, forecast in
      Stage(
        stage: stage.name, trainings: stage.trainings.count,
        done: stage.trainings.count { done[$0.key].isFinished }, epochs: stage.epochsLeft(done),
        seconds: forecast.left)
    }
    seconds = forecast.total
    jobs = pace.jobs
  }

  /// The table for people.
  public var text: String {
    let head = ["stage", "trainings", "done", "epochs at most", "at least", "probably", "at most"]
    func row(_ name: String, _ numbers: [Int], _ range: TimeRange?) -> [String] {
      [name] + numbers.map { "\($0)" }
        + [range?.least, range?.probable, range?.most].map { $0.map(duration) ?? "-" }
    }
    var rows = stages.map { row($0.stage, [$0.trainings, $0.done, $0.epochs], $0.seconds) }
    let sums = [\Stage.trainings, \.done, \.epochs].map { part in
      stages.reduce(0) { $0 + $1[keyPath: part] }
    }
    rows.append(row("all", sums, seconds))
    return table([head] + rows)
      + "\nmeasured by a few steps on \(jobs) \(jobs == 1 ? "core" : "cores") of this machine; at "
      + "most if no training stops early and epochs are a third slower, at least if all stop as soon "
      + "as they can and are a third faster"
  }
}
