import Basics
import Foundation

/// `RUN/log.txt`: plain lines, each with the time in UTC, about what a run did.
public struct RunLog: Sendable {
  private let path: String
  private let now: @Sendable () -> Date

  /// Creates the log of `run`.
  ///
  /// - Parameter unit: the part of the run that it is of, which has a file of its own; nil for all of it.
  public init(
    _ run: RunDirectory, unit: String? = nil, now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.path = unit.map { run.log(of: $0) } ?? run.log
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
