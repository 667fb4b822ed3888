import Basics
import Figures
import Foundation
import Reports
import Runs
import Sharing

/// How far a comparison has come, from its files alone: another process may be at work on it.
public struct ComparisonStatus: Encodable {
  /// One of its runs.
  struct Cell: Encodable {
    let folder: String, label: String
    let state: RunStatus.State
    /// What is left of it; null if it is not known.
    @OrNull var seconds: TimeRange?
    let work: [RunStatus.Work]
  }

  /// The comparison's folder.
  let comparison: String
  let state: RunStatus.State
  /// The process at work on it; null if there is none.
  @OrNull var process: Int?
  /// Seconds since the last epoch of any run ended; null where that is not known.
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
  public var isAtRest: Bool { process == nil }

  /// Looks at the comparison in the folder `path`.
  ///
  /// - Throws: `Failure` of kind `badData` naming a damaged file.
  public static func look(at path: String, now: Date = Date()) throws -> ComparisonStatus {
    let comparison = try Comparison.open(path, [])
    // What each run has of its own, and what has been measured in any of them.
    var pace = Pace.read(path) ?? Pace()
    let places = comparison.cells.indices.filter { !comparison.trained(in: $0).isEmpty }
    let runs = try places.map { place -> (cell: ComparisonCell, work: [Architecture], WorkDone) in
      let cell = comparison.cells[place]
      let work = comparison.trained(in: place).map(\.architecture)
      let folder = comparison.folder(cell)
      let run = RunDirectory.exists(folder) ? try RunDirectory.open(folder, forWork: false) : nil
      let done = try WorkDone(run, cell.recipe.workPlan(work))
      done.tell(&pace)
      return (cell, work, done)
    }
    let cells = runs.map { cell, work, done in
      let plan = cell.recipe.workPlan(work)
      let process = RunLock.process(workingOn: comparison.folder(cell))
      // Runs are worked on side by side, each by one of the cores.
      let forecast = Forecast(plan, done, pace, jobs: 1)
      return Cell(
        folder: cell.folder, label: cell.label,
        state: .init(
          isDone: plan.isFinished(done), process: process, hasBegun: done.lastTime != nil),
        seconds: forecast.total, work: process == nil ? [] : RunStatus.work(in: plan, done))
    }
    let lefts = cells.compactMap(\.seconds)
    let left =
      lefts.count == cells.count ? TimeRange.sideBySide(lefts, jobs: pace.jobs) : nil
    let process = RunLock.process(workingOn: path)
    let last = runs.compactMap(\.2.lastTime).max()
    return ComparisonStatus(
      comparison: path,
      state: .init(
        isDone: cells.allSatisfy { $0.state == .done }, process: process, hasBegun: last != nil),
      process: process,
      secondsSinceEpoch: last.map { max(0, now.timeIntervalSince1970 - $0) },
      cells: cells, seconds: left,
      end: process == nil ? nil : left.map { RunStatus.End($0, from: now) })
  }

  /// The status for people.
  ///
  /// - Parameter zone: in which times of day are told.
  public func text(zone: TimeZone = .current) -> String {
    let done = cells.count { $0.state == .done }
    var lines = [
      state == .done
        ? "\(comparison): done"
        : process.map { "\(comparison): process \($0) is at work" }
          ?? "\(comparison): nobody is at work on it; 'tickets compare --out \(comparison)' goes on",
      "\(done) of \(cells.count) runs done",
    ]
    for cell in cells where cell.state == .working {
      lines.append("\(cell.label)\(cell.seconds.map { ": left: \($0.text)" } ?? "")")
      lines += cell.work.map { "  " + $0.text }
    }
    if state != .done { lines.append(RunStatus.remainder(seconds, end, zone)) }
    return lines.joined(separator: "\n")
  }
}
