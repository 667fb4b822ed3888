import Basics
import Comparisons
import Figures
import Foundation
import Recipes
import Runs
import Sharing

extension JobPlan {
  /// Plans the run in the folder `folder`, made with the options of `layers` if it is not there, and
  /// writes the plan to `file`. Nothing is trained; a few steps are measured.
  ///
  /// - Throws: what opening the run throws.
  public static func make(
    run folder: String, _ layers: [RecipeLayer], to file: String, progress: ProgressDisplay
  ) throws -> JobPlan {
    let known = Architecture.all.map(\.name)
    try requirePlace(file, beside: folder)
    let run = try RunDirectory.openOrCreate(folder, layers, knownSharings: known)
    try run.requireTestData()
    let architectures = run.recipe.sharing.compactMap(Architecture.named)
    let place = URL(filePath: folder).standardizedFileURL.path
    let path = URL(filePath: file).standardizedFileURL.path
    var plan = JobPlan(folder: place)
    let measure = try Measure(run, architectures, progress)
    try plan.add(
      run.recipe, data: run.data, architectures, run: place, label: "", file: path,
      seconds: measure.seconds, memory: measure.memory)
    try plan.write(to: file)
    return plan
  }

  /// Plans the comparison in the folder `folder`, made if it is not there, and writes the plan to `file`.
  /// Of runs that differ by their seeds one is measured.
  ///
  /// - Throws: what opening the comparison throws.
  public static func make(
    comparison folder: String, _ requests: [ComparisonRequest], to file: String,
    progress: ProgressDisplay
  ) throws -> JobPlan {
    try requirePlace(file, beside: folder)
    let comparison = try Comparison.openForWork(folder, requests)
    try comparison.checkData()
    let path = URL(filePath: file).standardizedFileURL.path
    let place = URL(filePath: folder).standardizedFileURL.path
    var plan = JobPlan(folder: place)
    var measured: [String: Measure] = [:]
    let label = "planning"
    let runs = comparison.plannedRuns
    progress.begin(label, total: runs.count)
    defer { progress.finish(label) }
    for (cell, architectures) in runs {
      try Interrupt.check()
      let run = try RunDirectory.openOrCreate(
        "\(folder)/\(cell.folder)", [.whole(cell.recipe)],
        knownSharings: Architecture.all.map(\.name))
      var other = cell.recipe
      other.seed = 0
      let kind = try jsonText(other) + architectures.map(\.name).joined(separator: ",")
      let measure = try measured[kind] ?? Measure(run, architectures, progress)
      measured[kind] = measure
      try run.freezeForUnits(architectures)
      try plan.add(
        cell.recipe, data: run.data, architectures, run: "\(place)/\(cell.folder)",
        label: cell.label,
        file: path, seconds: measure.seconds, memory: measure.memory)
      progress.advance(label)
    }
    try plan.write(to: file)
    return plan
  }

  /// Checks that a plan can be put at `path`: in the place of another one or of nothing, or in the `folder`
  /// of what is planned, which may not be there yet.
  ///
  /// - Throws: `Failure` of kind `cannotCreate`.
  private static func requirePlace(_ path: String, beside folder: String) throws {
    guard path != "-" else {
      throw Failure(.usage, setting: "plan", value: path, "a file is needed, which workers read")
    }
    let place = URL(filePath: path).standardizedFileURL.deletingLastPathComponent().path
    let isToBeMade =
      place == URL(filePath: folder).standardizedFileURL.path
      && !FileManager.default.fileExists(atPath: place)
    guard !isToBeMade else { return }
    try Files.requireWritable(path)
    guard FileManager.default.fileExists(atPath: path), (try? read(path)) == nil else { return }
    throw Failure(
      .cannotCreate, "\(path): is there already and is no plan of jobs; choose another place")
  }

  /// What the jobs of a run take.
  private struct Measure {
    let memory: Int
    private let forecast: @Sendable ([WorkPlan.Training]) -> Double?

    init(_ run: RunDirectory, _ architectures: [Architecture], _ progress: ProgressDisplay) throws {
      let runner = try StageRunner.open(
        run, StageResources(jobs: 1, checkpointSeconds: 10, progress: progress))
      let (plan, done, pace) = try runner.timetable(architectures, of: nil)
      try run.freezeForUnits(architectures)
      memory = runner.memory
      forecast = { Forecast.seconds(of: $0, plan, done, pace) }
    }

    func seconds(_ trainings: [WorkPlan.Training]) -> Double? { forecast(trainings) }
  }
}
