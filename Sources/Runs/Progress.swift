import Foundation
import Synchronization

/// What a long command shows while it works, on standard error.
///
/// On a terminal one line is redrawn with a bar for each job that is under way; elsewhere a plain
/// line is written at the end of every epoch, with no carriage returns or escape codes. Cheap
/// enough to be told of every batch, from any thread.
public final class ProgressDisplay: Sendable {
  /// How progress is shown.
  public enum Style: Sendable {
    /// One redrawn line, as wide as `width` says at the moment.
    case bars(width: @Sendable () -> Int)
    /// A plain line at every epoch's end.
    case lines
    /// Nothing.
    case quiet
  }

  private struct Job {
    let label: String
    let total: Int
    var begun: ContinuousClock.Instant
    var done = 0
    var note = ""
  }

  private struct State {
    var jobs: [Job] = []
    /// What is left of each run under way and its stage, as far as it is known.
    var left: [(run: String, times: [String])] = []
    var drawn: ContinuousClock.Instant?
    var isLineDirty = false
  }

  private let style: Style
  private let write: @Sendable (String) -> Void
  private let now: @Sendable () -> ContinuousClock.Instant
  private let state = Mutex(State())

  /// Creates progress in `style`, written through `write`, with `now` as its clock.
  public init(
    _ style: Style, write: @escaping @Sendable (String) -> Void,
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    self.style = style
    self.write = write
    self.now = now
  }

  /// Shows a bar for the job `label`, which will take `total` steps.
  public func begin(_ label: String, total: Int) {
    change { state in
      state.jobs.removeAll { $0.label == label }
      state.jobs.append(Job(label: label, total: total, begun: now()))
      redraw(&state, force: true)
    }
  }

  /// Moves the bar of `label` on by `steps`, and sets what stands behind it if `note` is given.
  public func advance(_ label: String, by steps: Int = 1, note: String? = nil) {
    change { state in
      guard let index = state.jobs.firstIndex(where: { $0.label == label }) else { return }
      state.jobs[index].done += steps
      if let note { state.jobs[index].note = note }
      redraw(&state, force: false)
    }
  }

  /// Ends an epoch of `label`: a plain line, or on a terminal what stands behind its bar.
  ///
  /// - Parameters:
  ///   - left: the time that is left, of the stage and then of the run; empty if it is not known.
  ///   - run: what the run is called, if there are several.
  public func epoch(_ label: String, _ line: String, left: [String] = [], of run: String = "") {
    change { state in
      if case .lines = style { return say(line + Self.text(left, of: "", ", "), &state) }
      guard let index = state.jobs.firstIndex(where: { $0.label == label }) else { return }
      state.jobs[index].note = line
      Self.set(left, of: run, &state)
      redraw(&state, force: true)
    }
  }

  /// Shows the times `left` of `run` from now on; nothing if they are not known or it is done.
  public func left(_ left: [String], of run: String) {
    change { Self.set(left, of: run, &$0) }
  }

  private static func set(_ left: [String], of run: String, _ state: inout State) {
    guard let index = state.left.firstIndex(where: { $0.run == run }) else {
      if !left.isEmpty { state.left.append((run, left)) }
      return
    }
    if left.isEmpty { state.left.remove(at: index) } else { state.left[index].times = left }
  }

  /// Takes the bar of `label` away and leaves `line` in its place, if one is given.
  public func finish(_ label: String, _ line: String? = nil) {
    change { state in
      state.jobs.removeAll { $0.label == label }
      if let line { say(line, &state) } else { redraw(&state, force: true) }
    }
  }

  /// Writes a line that stays, above the bars.
  public func say(_ line: String) {
    change { say(line, &$0) }
  }

  /// Takes all bars away, before a message or the end of the program.
  public func clear() {
    change { state in
      state.jobs = []
      redraw(&state, force: true)
    }
  }

  private func change(_ body: (inout State) -> Void) {
    if case .quiet = style { return }
    state.withLock { body(&$0) }
  }

  private func say(_ line: String, _ state: inout State) {
    write((state.isLineDirty ? Self.erase : "") + line.forTerminal + "\n")
    state.isLineDirty = false
    redraw(&state, force: true)
  }

  private func redraw(_ state: inout State, force: Bool) {
    guard case .bars(let width) = style else { return }
    let time = now()
    if !force, let drawn = state.drawn, time - drawn < .milliseconds(100) { return }
    state.drawn = time
    if state.jobs.isEmpty {
      if state.isLineDirty { write(Self.erase) }
      state.isLineDirty = false
      return
    }
    // The last column stays free: some terminals wrap when it is filled.
    let room = max(0, width() - 1)
    let notes = state.jobs.map(\.note).filter { !$0.isEmpty }
    var line = Self.line(state, .bars, at: time)
    if line.count <= room {
      line = ([line] + notes).joined(separator: " | ")
    } else {
      for detail in [Detail.numbers, .shares] where line.count > room {
        line = Self.line(state, detail, at: time)
      }
    }
    write(Self.erase + line.forTerminal.prefix(room))
    state.isLineDirty = true
  }

  /// To the first column, and clear to the end of the line.
  private static let erase = "\r\u{1B}[K"

  /// How much is shown of every job, from a wide terminal to a narrow one.
  private enum Detail {
    /// Its bar, and the times left.
    case bars
    /// The same without the bar, and what its label has in parentheses.
    case numbers
    /// The time left of each run, and then as many shares as there is room for.
    case shares
  }

  private static func line(
    _ state: State, _ detail: Detail, at time: ContinuousClock.Instant
  ) -> String {
    let bars = state.jobs.map { bar($0, detail, at: time) }.joined(separator: " | ")
    guard detail == .shares else {
      return state.left.reduce(bars) { $0 + text($1.times, of: $1.run, "; ") }
    }
    let times = state.left.compactMap { left in
      left.times.last.map { left.run.isEmpty ? $0 : "\(left.run) \($0)" }
    }
    return (times + [bars]).joined(separator: " | ")
  }

  /// The `times` left of `run`, behind `separator`; empty if there are none.
  private static func text(
    _ times: [String], of run: String, _ separator: String
  ) -> String {
    guard !times.isEmpty else { return "" }
    return separator + (run.isEmpty ? "left: " : "\(run) left: ") + times.joined(separator: ", ")
  }

  /// What is shown of `job`, with the time that it has left once a tenth of it is done.
  private static func bar(
    _ job: Job, _ detail: Detail, at time: ContinuousClock.Instant
  ) -> String {
    let share = job.total > 0 ? min(1, max(0, Double(job.done) / Double(job.total))) : 0
    let filled = Int(share * 10)
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 10 - filled)
    let spent = (time - job.begun) / .seconds(1)
    let isKnown = detail != .shares && share >= 0.1 && spent >= 1
    let left = isKnown ? " \(duration(spent * (1 - share) / share))" : ""
    let name = detail == .bars ? job.label : String(job.label.prefix { $0 != "(" })
    let label = name.trimmingCharacters(in: .whitespaces)
    return label + (detail == .bars ? " [\(bar)]" : "") + " \(Int(share * 100))%\(left)"
  }
}
