import Figures
import Foundation
import Runs

extension RunStatus {
  /// The status for people.
  ///
  /// - Parameter zone: in which times of day are told.
  public func text(zone: TimeZone = .current) -> String {
    var rows: [[String]] = []
    for stage in stages {
      let left = stage.state == .done ? "" : stage.seconds.map { "left: \($0.text)" } ?? ""
      rows.append([stage.stage, stage.state.rawValue, "\(stage.done) of \(stage.trainings)", left])
    }
    let columns = list(rows.map { ($0[0], $0[1...].joined(separator: "  ")) })
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var lines = [headline]
    for (stage, line) in zip(stages, columns) {
      lines.append(line.trimmingCharacters(in: .whitespaces))
      lines += stage.work.map { "  " + $0.text }
    }
    if state != .done {
      lines.append(Self.remainder(seconds, end, zone))
    }
    return lines.joined(separator: "\n")
  }

  private var headline: String {
    switch state {
    case .done: return "\(run): done"
    case .waiting, .stopped:
      return "\(run): nobody is at work on it; 'tickets run --out \(run)' goes on"
    case .working:
      let since = secondsSinceEpoch.map { ", last epoch ended \(duration($0)) ago" } ?? ""
      guard let process else {
        return "\(run): at work\(since)" + workers.map { "\n  \($0.text)" }.joined()
      }
      return "\(run): process \(process) is at work\(since)"
    }
  }

  /// What is left, and when it is done if somebody is at work.
  package static func remainder(_ seconds: TimeRange?, _ end: End?, _ zone: TimeZone) -> String {
    guard let seconds else { return "left: not known before every kind of training has begun" }
    guard let end else { return "left: \(seconds.text)" }
    let style = Date.FormatStyle(
      date: seconds.most < 12 * 3600 ? .omitted : .abbreviated, time: .shortened,
      locale: Locale(identifier: "en_GB"), timeZone: zone)
    let times = [end.probable, end.earliest, end.latest].map { $0.formatted(style) }
    return "left: \(seconds.text); done at \(times[0])"
      + (times[1] == times[2] ? "" : ", between \(times[1]) and \(times[2])")
  }
}

extension RunStatus.Work {
  /// For people, below its stage.
  var text: String { text(called: task ?? stage) }

  /// For people, where no stage stands above it.
  package var stagedText: String { text(called: stage + (task.map { " \($0)" } ?? "")) }

  private func text(called name: String) -> String {
    let place =
      round.map { round in
        "\(name) round \(round)\(rounds.map { "/\($0)" } ?? "")"
      } ?? name
    let score = best.map { ", best \(bestEpoch): dev \(percent($0))" } ?? ""
    let speed = tokensPerSecond.map { ", \(Int($0)) tokens/s" } ?? ""
    return "\(place): epoch \(epoch) of at most \(epochs)\(score)\(speed)"
  }
}
