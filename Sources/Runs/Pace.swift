import Basics
import Figures
import Foundation

/// How long an epoch of each kind of training takes on a machine, as a few steps of it measured:
/// `RUN/pace.json`. It changes nothing of the run.
package struct Pace: Codable, Sendable {
  /// The cores that the run works on.
  package var jobs: Int
  /// Seconds of an epoch with its evaluation, by stage, and task where that is one of several.
  private var epochs: [String: Double]

  private enum CodingKeys: String, CodingKey {
    case jobs
    case epochs = "epoch_seconds"
  }

  /// Nothing measured yet on `jobs` cores, by default all of the machine's.
  package init(jobs: Int = ProcessInfo.processInfo.activeProcessorCount) {
    self.jobs = jobs
    epochs = [:]
  }

  /// Seconds of an epoch of the training of `key`, whatever its round; nil if not measured. A few steps
  /// tell it within a third: caches, clocks and other trainings beside it differ.
  package func seconds(_ key: WorkPlan.Key) -> TimeRange? {
    epochs[Self.name(key)].map { TimeRange(least: $0 / 1.33, probable: $0, most: $0 * 1.33) }
  }

  /// Takes note of the `seconds` of an epoch of the training of `key`.
  package mutating func note(_ seconds: Double, of key: WorkPlan.Key) {
    epochs[Self.name(key)] = seconds
  }

  private static func name(_ key: WorkPlan.Key) -> String {
    key.task.map { "\(key.stage) \($0)" } ?? key.stage
  }

  private static func path(_ folder: String) -> String { folder + "/pace.json" }

  /// Keeps it in `folder`.
  package func write(_ folder: String) throws {
    try SealedJSON.write(Data(jsonText(self).utf8), to: Self.path(folder))
  }

  /// What was measured in `folder`; nil if nothing was, or it cannot be used.
  package static func read(_ folder: String) -> Pace? {
    guard let data = try? SealedJSON.read(path(folder), limit: 1 << 24),
      let pace = try? JSONDecoder().decode(Pace.self, from: data),
      (1...1024).contains(pace.jobs), pace.epochs.values.allSatisfy((0..<1e9).contains)
    else { return nil }
    return pace
  }
}
