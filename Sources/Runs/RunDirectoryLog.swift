import Basics
import Foundation

/// `RUN/log.txt`: plain lines, each with the time in UTC, about what a run did.
public struct RunLog: Sendable {
  private let path: String
  private let now: @Sendable () -> Date

  /// Creates the log of `run`.
  public init(_ run: RunDirectory, now: @escaping @Sendable () -> Date = { Date() }) {
    self.path = run.log
    self.now = now
  }

  /// Creates the log of the run in the folder `run`.
  init(in run: String) {
    self.path = RunDirectory.log(in: run)
    self.now = { Date() }
  }

  /// Appends `text` as one line.
  public func write(_ text: String) throws {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    try Files.append("\(now().formatted(.iso8601)) \(line)", to: path)
  }
}
