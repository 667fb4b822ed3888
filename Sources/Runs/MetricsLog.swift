import Basics
import Foundation
import Synchronization

/// What is told of everything that a metrics log takes in, in its order; training does not fail by it.
public protocol MetricsObserver: Sendable {
  /// The lines that follow of this stage, task and round come after `epoch`; `lines` is all that the
  /// log holds up to there.
  func continues(
    stage: String, task: String?, round: Int?, afterEpoch epoch: Int, in lines: [MetricsLine])
  /// The log has taken in `line`.
  func takes(_ line: MetricsLine)
}

/// `metrics.jsonl`: what every epoch measured, one JSON object a line, appended as it happens.
///
/// Several tasks may write at once. A process killed while writing leaves at most a torn last
/// line, which is dropped, and lines past the last checkpoint, which `rewind` removes, so that
/// after a resume every epoch stands there once.
public final class MetricsLog: Sendable {
  private static let byteLimit = 256 << 20
  private let path: String
  private let observer: (any MetricsObserver)?
  private let writing = Mutex(())

  /// Opens the log at `path` for writing, or starts it, and drops a torn last line.
  ///
  /// - Parameter observer: who is told of what comes; nil for nobody.
  /// - Throws: `Failure` of kind `badData` naming a line that is no line of such a log.
  public static func open(
    _ path: String, observer: (any MetricsObserver)? = nil
  ) throws -> MetricsLog {
    if FileManager.default.fileExists(atPath: path) {
      let data = try Files.read(path, limit: byteLimit)
      if let last = data.last, last != UInt8(ascii: "\n") {
        try Files.writeAtomically(data.wholeLines, to: path)
      }
    }
    return MetricsLog(path, observer)
  }

  private init(_ path: String, _ observer: (any MetricsObserver)?) {
    self.path = path
    self.observer = observer
  }

  /// Appends `line`.
  public func append(_ line: MetricsLine) throws {
    try writing.withLock { _ in
      try Files.append(line.json, to: path)
      observer?.takes(line)
    }
  }

  /// Removes the lines of this stage, task and round that are past `epoch`, the epoch of the
  /// checkpoint from which it continues; 0 removes all of them.
  ///
  /// - Returns: all lines that are left.
  @discardableResult
  public func rewind(
    stage: String, task: String?, round: Int?, afterEpoch epoch: Int
  ) throws -> [MetricsLine] {
    try writing.withLock { _ in
      let lines = try Self.read(path)
      let kept = lines.filter {
        ($0.stage, $0.task, $0.round) != (stage, task, round) || $0.epoch <= epoch
      }
      if kept.count < lines.count {
        try Files.writeAtomically(Data(kept.map { $0.json + "\n" }.joined().utf8), to: path)
      }
      observer?.continues(stage: stage, task: task, round: round, afterEpoch: epoch, in: kept)
      return kept
    }
  }

  /// The lines of the log at `path`, none if there is no log yet; a torn last line is left out.
  ///
  /// - Throws: `Failure` of kind `badData` naming a line that is no line of such a log.
  public static func read(_ path: String) throws -> [MetricsLine] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    let bytes = [UInt8](try Files.read(path, limit: byteLimit).wholeLines)
    return try bytes.split(separator: UInt8(ascii: "\n")).enumerated().map {
      guard let line = MetricsLine(json: $0.element) else {
        throw Failure(.badData, "\(path):\($0.offset + 1): is no line of a metrics log")
      }
      return line
    }
  }
}

extension Data {
  /// Everything up to and including the last line break.
  fileprivate var wholeLines: Data {
    lastIndex(of: UInt8(ascii: "\n")).map { self[startIndex...$0] } ?? Data()
  }
}
