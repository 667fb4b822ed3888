import Basics
import Figures
import Foundation
import Reports
import Runs

/// How far a comparison has come, from its files alone: another process may be at work on it.
public struct ComparisonStatus: Encodable {
  /// One of its runs.
  struct Cell: Encodable {
    let folder: String, label: String
    let state: RunStatus.State
    /// What is left of it; null if it is not known.
    @OrNull var seconds: TimeRange?
    let work: [RunStatus.Work]
    /// Who is at work on parts of it.
    let workers: [RunWorker]
  }

  /// The comparison's folder.
  let comparison: String
  let state: RunStatus.State
  /// The process at work on it; null if there is none.
  @OrNull var process: Int?
  /// Seconds since the last epoch of a run that is not done ended; null where that is not known.
  @OrNull var secondsSinceEpoch: Double?
  let cells: [Cell]
  /// What is left of all; null if it is not known.
  @OrNull var seconds: TimeRange?
  /// When it will be done, in UTC; null where nobody is at work or that is not known.
  @OrNull var end: RunStatus.End?

  private enum CodingKeys: String, CodingKey {
    case comparison, state, process, cells, seconds, end
    case secondsSinceEpoch = "seconds_since_epoch"
  }

  /// Whether there is nothing to wait for: all is done, or nobody is at work.
  public var isAtRest: Bool { process == nil && state != .working }

  /// Looks at the comparison in the folder `path`.
  ///
  /// - Throws: `Failure` of kind `badData` naming a damaged file.
  public static func look(at path: String, now: Date = Date()) throws -> ComparisonStatus {
    let comparison = try Comparison.open(path, [])
    // What each run has of its own, and what has been measured in any of them.
    var pace = Pace.read(path) ?? Pace()
    let runs = try comparison.workDone()
    for run in runs { run.done.tell(&pace) }
    let usual = UsualEpochs(of: runs.map { ($0.plan, $0.done) })
    let cells = try runs.map { cell, plan, done in
      let isDone = plan.isFinished(done)
      let folder = comparison.folder(cell)
      let workers = isDone ? [] : try RunWorker.all(on: folder)
      let isAtWork = !isDone && (!workers.isEmpty || RunLock.process(workingOn: folder) != nil)
      // Runs are worked on side by side, each by one of the cores.
      let forecast = Forecast(plan, done, pace, jobs: 1, usual: usual)
      return Cell(
        folder: cell.folder, label: cell.label,
        state: .init(isDone: isDone, isAtWork: isAtWork, hasBegun: plan.hasBegun(done)),
        seconds: forecast.total, work: RunStatus.work(in: plan, done), workers: workers)
    }
    let lefts = cells.compactMap(\.seconds)
    let left =
      lefts.count == cells.count
      ? TimeRange.sideBySide(lefts, jobs: max(pace.jobs, cells.count { $0.state == .working }))
      : nil
    let process = RunLock.process(workingOn: path)
    let last = zip(cells, runs).compactMap { $0.state == .done ? nil : $1.done.lastTime }.max()
    let isAtWork = process != nil || cells.contains { !$0.workers.isEmpty }
    return ComparisonStatus(
      comparison: path,
      state: .init(
        isDone: cells.allSatisfy { $0.state == .done }, isAtWork: isAtWork,
        hasBegun: cells.contains { $0.state != .waiting }),
      process: process,
      secondsSinceEpoch: last.map { max(0, now.timeIntervalSince1970 - $0) },
      cells: cells, seconds: left,
      end: isAtWork ? left.map { RunStatus.End($0, from: now) } : nil)
  }

  /// The status for people.
  ///
  /// - Parameter zone: in which times of day are told.
  public func text(zone: TimeZone = .current) -> String {
    let done = cells.count { $0.state == .done }
    var lines = ["\(comparison): \(headline)", "\(done) of \(cells.count) runs done"]
    for cell in cells where [.working, .stopped].contains(cell.state) {
      let state = cell.state == .stopped ? ": stopped" : ""
      lines.append("\(cell.label)\(state)\(cell.seconds.map { ": left: \($0.text)" } ?? "")")
      if process == nil { lines += cell.workers.map { "  " + $0.text } }
      lines += cell.work.map { "  " + $0.stagedText }
    }
    if state != .done { lines.append(RunStatus.remainder(seconds, end, zone)) }
    return lines.joined(separator: "\n")
  }

  private var headline: String {
    switch state {
    case .done: "done"
    case .working: process.map { "process \($0) is at work" } ?? "at work"
    case .waiting, .stopped:
      "nobody is at work on it; 'tickets compare --out \(comparison)' goes on"
    }
  }
}

extension Comparison {
  /// What each run that trains something has to do, and how far it has come.
  ///
  /// There may be thousands of runs: of those that are done as many are read, from the last one on, as
  /// are needed to tell how long every kind of epoch takes.
  func workDone() throws -> [(cell: ComparisonCell, plan: WorkPlan, done: WorkDone)] {
    let places = cells.indices.filter { !trained(in: $0).isEmpty }
    let isDone = places.map(isFinished)
    let isAllDone = isDone.allSatisfy(\.self)
    var timed: Set<WorkPlan.Key> = []
    // Runs that differ by their seeds have the same to do.
    var last: (series: Int, trained: [ComparisonVariant], plan: WorkPlan)?
    let runs = try zip(places, isDone).reversed().map { place, isDone in
      let (cell, trained) = (cells[place], trained(in: place))
      if last?.series != cell.series || last?.trained != trained {
        let plan = cell.recipe.workPlan(trained.map(\.architecture))
        last = (cell.series, trained, plan)
      }
      let plan = last!.plan
      let isKnown =
        isAllDone
        || plan.stages.allSatisfy { $0.trainings.allSatisfy { timed.contains($0.key.roundless) } }
      guard !isDone || !isKnown else { return (cell, plan, WorkDone(finishing: plan)) }
      let folder = folder(cell)
      let run = RunDirectory.exists(folder) ? try RunDirectory.open(folder, forWork: false) : nil
      let done = try WorkDone(run, plan)
      timed.formUnion(done.timed)
      return (cell, plan, done)
    }
    return runs.reversed()
  }
}
