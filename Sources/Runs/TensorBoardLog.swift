import Basics
import EventFiles
import Foundation
import Synchronization

/// Writes the numbers of epochs as event files for TensorBoard while a run is worked on, or
/// afterwards.
///
/// Every stage and task has a folder, `train/single/ner`. Names are those of `metrics/` with `/`
/// for `.`, so that `dev.ner` stands beside `dev.pos`; a step is an epoch, counted on from round to
/// round. Each process starts files of its own. Events of two runs in one folder would look like one
/// run: a folder with events is refused unless they are this very run's.
///
/// A run matters more than its picture: if something cannot be written, this is told once, and no
/// more is written.
public struct TensorBoardLog: MetricsObserver {
  /// One stage and task, as it is being written.
  private struct Series {
    let file: EventFile
    /// The epochs of the rounds before the one under way.
    var before: Int
    /// The step that continues what is there.
    var next: Int
  }

  /// What is written so far: by folder, once the whole folder is known as the owner's.
  private struct Work {
    var series: [String: Series] = [:]
    var claim: TensorBoardOwner.Claim?
  }

  /// What all runs below a folder share.
  private final class State: Sendable {
    /// Nil once something could not be written.
    let work = Mutex<Work?>(Work())
    let owner: TensorBoardOwner, folder: String
    let warn: @Sendable (String) -> Void

    init(_ owner: TensorBoardOwner, _ folder: String, warn: @escaping @Sendable (String) -> Void) {
      (self.owner, self.folder, self.warn) = (owner, folder, warn)
    }
  }

  private let folder: String
  /// The folder of the run, for its log.
  private let run: String
  private let state: State

  /// Prepares the folder `folder`, made if it is not there, to be written to.
  ///
  /// - Parameters:
  ///   - run: the folder of the run, comparison or adaptation, which need not be there yet.
  ///   - warn: what is told, once, if something cannot be written later; the log of the run has it
  ///     too.
  /// - Throws: `Failure` of kind `cannotCreate` if nothing can be written there, or if it holds event
  ///   files of anything but `run`.
  public static func open(
    _ folder: String, of run: String, warn: @escaping @Sendable (String) -> Void
  ) throws -> TensorBoardLog {
    let owner = TensorBoardOwner(run: run)
    try owner.requireOwn(folder)
    try requireWritable(folder)
    return TensorBoardLog(folder: folder, run: run, state: State(owner, folder, warn: warn))
  }

  /// The same for the run in the folder `name`, one of several.
  public func below(_ name: String) -> TensorBoardLog {
    TensorBoardLog(folder: "\(folder)/\(name)", run: "\(run)/\(name)", state: state)
  }

  public func continues(
    stage: String, task: String?, round: Int?, afterEpoch epoch: Int, before: Int
  ) {
    write { series in
      let folder = "\(folder)/\(MetricsLine.folder(stage, task))"
      let next = before + epoch + 1
      guard let known = series[folder] else {
        series[folder] = try Series(
          file: .create(in: folder, from: next, at: MetricsLine.now()), before: before, next: next)
        return
      }
      if known.next != next { try known.file.restart(from: next, at: MetricsLine.now()) }
      series[folder] = Series(file: known.file, before: before, next: next)
    }
  }

  public func takes(_ line: MetricsLine) {
    write { series in
      let folder = "\(folder)/\(line.folder)"
      guard let known = series[folder] else { return }
      let step = known.before + line.epoch
      try known.file.append(line, step: step)
      series[folder]!.next = step + 1
    }
  }

  /// Writes the lines of whole runs as event files below `folder`, made if it is not there.
  ///
  /// - Parameters:
  ///   - runs: every run's lines by its own folder below, "" for none of its own.
  ///   - owner: the folder of the run or comparison, whose events may go on in `folder` later.
  /// - Throws: `Failure` of kind `missingInput` if there are none yet, `cannotCreate` if there are
  ///   event files in `folder` already, `badData` naming a stage or task that no folder can be called
  ///   after, `inputOutput` if writing breaks off; no file of it is left then.
  public static func export(
    _ runs: [String: [MetricsLine]], of owner: String, to folder: String
  ) throws {
    var series: [String: [MetricsLine]] = [:]
    for (run, lines) in runs {
      for line in lines {
        guard
          line.folder.split(separator: "/", omittingEmptySubsequences: false)
            .allSatisfy({ RunDirectory.isSafe(String($0)) })
        else {
          throw Failure(
            .badData,
            "metrics.jsonl: no folder can be called after stage '\(line.stage)'"
              + (line.task.map { " and task '\($0)'" } ?? ""))
        }
        series[(run.isEmpty ? "" : run + "/") + line.folder, default: []].append(line)
      }
    }
    guard !series.isEmpty else {
      throw Failure(.missingInput, "nothing has been measured yet; train something first")
    }
    try TensorBoardOwner.requireNone(folder)
    try requireWritable(folder)
    // A run that can only be read does not go on either.
    let claim = try? TensorBoardOwner(run: owner).claim(folder)
    defer { withExtendedLifetime(claim) {} }
    var files: [EventFile] = []
    do {
      for (name, lines) in series {
        let file = try EventFile.create(in: "\(folder)/\(name)", from: 1, at: lines[0].wallTime)
        files.append(file)
        let rounds = Dictionary(grouping: lines, by: \.round)
        for (round, own) in rounds.sorted(by: { ($0.key ?? 0) < ($1.key ?? 0) }) {
          let before = lines.epochs(before: round)
          for line in own { try file.append(line, step: before + line.epoch) }
        }
      }
    } catch {
      for file in files { unlink(file.path) }
      throw error
    }
  }

  /// Lets `body` write, unless something could not be written before.
  private func write(_ body: (inout [String: Series]) throws -> Void) {
    do {
      try state.work.withLock { work in
        guard var open = work else { return }
        // Whatever fails leaves nil behind.
        work = nil
        if open.claim == nil { open.claim = try state.owner.claim(state.folder) }
        try body(&open.series)
        work = open
      }
    } catch {
      let warning =
        "\(error); no more is written for TensorBoard, the run goes on "
        + "('tickets export --tensorboard' writes its numbers later)"
      // A disk that is full may have no room for this either.
      try? RunLog(in: run).write("warning: " + warning)
      state.warn(warning)
    }
  }

  /// Makes `folder` and tries whether a file can be made in it.
  private static func requireWritable(_ folder: String) throws {
    do {
      try Files.requirePlain(in: folder)
      try Files.makeFolder(folder)
      try Files.requireWritable(folder + "/trial")
    } catch let failure as Failure {
      throw Failure(
        .cannotCreate, setting: "tensorboard", value: folder,
        "cannot be written to; \(failure.message)")
    }
  }
}

extension EventFile {
  fileprivate func append(_ line: MetricsLine, step: Int) throws {
    var scalars: [String: Float] = [:]
    for (name, value) in line.values {
      scalars[name.replacing(".", with: "/")] = value.isFinite ? Float(value) : .nan
    }
    scalars["round"] = line.round.map { Float($0) }
    try append(scalars, step: step, at: line.wallTime)
  }
}

extension MetricsLine {
  /// When the epoch ended, in Unix seconds, 0 if that is not known.
  fileprivate var wallTime: Double { time ?? 0 }
}

extension [MetricsLine] {
  /// How many epochs the rounds before `round` took, in the lines of one stage and task.
  fileprivate func epochs(before round: Int?) -> Int {
    guard let round else { return 0 }
    var last: [Int: Int] = [:]
    for line in self {
      if let own = line.round, own < round { last[own] = Swift.max(last[own] ?? 0, line.epoch) }
    }
    return last.values.reduce(0, +)
  }
}
