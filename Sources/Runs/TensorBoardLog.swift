import Basics
import EventFiles
import Foundation
import Synchronization

/// Writes the numbers of epochs as event files for TensorBoard while a run is worked on, or
/// afterwards.
///
/// Every stage and task has a folder, `train/single/ner`. Names are those of `metrics.jsonl` with `/`
/// for `.`, so that `dev.ner` stands beside `dev.pos`; a step is an epoch, counted on from round to
/// round. Each process starts files of its own.
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

  /// What all runs below a folder share.
  private final class State: Sendable {
    /// By folder; nil once something could not be written.
    let series = Mutex<[String: Series]?>([:])
    let warn: @Sendable (String) -> Void

    init(warn: @escaping @Sendable (String) -> Void) { self.warn = warn }
  }

  private let folder: String
  private let state: State

  /// Prepares the folder `folder`, made if it is not there, to be written to.
  ///
  /// - Parameter warn: what is told, once, if something cannot be written later.
  /// - Throws: `Failure` of kind `cannotCreate` if nothing can be written there.
  public static func open(
    _ folder: String, warn: @escaping @Sendable (String) -> Void
  ) throws -> TensorBoardLog {
    try requireWritable(folder)
    return TensorBoardLog(folder: folder, state: State(warn: warn))
  }

  /// The same for the run called `name`, one of several.
  public func below(_ name: String) -> TensorBoardLog {
    TensorBoardLog(folder: "\(folder)/\(name)", state: state)
  }

  public func continues(
    stage: String, task: String?, round: Int?, afterEpoch epoch: Int, in lines: [MetricsLine]
  ) {
    write { series in
      let folder = "\(folder)/\(MetricsLine.folder(stage, task))"
      let before = lines.filter { ($0.stage, $0.task) == (stage, task) }.epochs(before: round)
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
  /// - Parameter runs: every run's lines by its own folder below, "" for none of its own.
  /// - Throws: `Failure` of kind `missingInput` if there are none yet, `cannotCreate` if there are
  ///   event files already where some are to be written, `badData` naming a stage or task that no
  ///   folder can be called after, `inputOutput` if writing breaks off; no file of it is left then.
  public static func export(_ runs: [String: [MetricsLine]], to folder: String) throws {
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
    for name in series.keys.sorted() where EventFile.exists(in: "\(folder)/\(name)") {
      throw Failure(
        .cannotCreate, setting: "tensorboard", value: folder,
        "holds event files already (in \(name)); choose another folder")
    }
    try requireWritable(folder)
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
      try state.series.withLock { series in
        guard var open = series else { return }
        // Whatever fails leaves nil behind.
        series = nil
        try body(&open)
        series = open
      }
    } catch {
      state.warn(
        "\(error); no more is written for TensorBoard, the run goes on "
          + "('tickets export --tensorboard' writes its numbers later)")
    }
  }

  /// Makes `folder` and tries whether a file can be made in it.
  private static func requireWritable(_ folder: String) throws {
    do {
      try Files.makeFolder(folder)
      let trial = "\(folder)/.trial.\(getpid()).tmp"
      try Files.append(Data(), to: trial)
      unlink(trial)
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
  /// Where TensorBoard shows what belongs to a stage and task.
  fileprivate static func folder(_ stage: String, _ task: String?) -> String {
    task.map { "\(stage)/\($0)" } ?? stage
  }

  fileprivate var folder: String { Self.folder(stage, task) }

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
