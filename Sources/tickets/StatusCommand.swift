import ArgumentParser
import Basics
import Comparisons
import Figures
import Foundation
import Reports
import Runs

/// `tickets status`: how far a run or a comparison has come.
struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show how far a run or a comparison has come, and when it will be done.",
    discussion: """
      Reads the folder only, so that it may be asked while another process is at
      work. What is left is told from the epochs measured so far: probably, and in
      parentheses at least and at most. A training ends at the latest with its last
      epoch and at the earliest its patience after the best one; probably it takes as
      long as those that have ended, and before there are any, three times the patience.
      Epochs may be as fast or slow as any so far, or a third faster or slower than a few
      steps tell before there are any: what else the machine does is not foreseen.

      Examples:
        tickets status RUN
        tickets status RUN --watch
        tickets status COMPARISON --json
      """)

  @Argument(help: "Folder of the run or the comparison.", completion: .directory) var folder: String
  @Flag(help: "Show it again and again until nobody is at work.")
  var watch = false
  @Option(help: ArgumentHelp("Seconds between two looks of --watch", valueName: "x"))
  var interval = 2.0
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard interval >= 0.1, interval <= 86400 else {
      throw ValidationError(
        "--interval \(interval): must be a number of seconds from 0.1 to 86400")
    }
  }

  func run() throws {
    let screen = StatusScreen()
    while true {
      let (text, isAtRest) = try look()
      try screen.show(text, isLast: !watch || isAtRest)
      if !watch || isAtRest { return }
      Thread.sleep(forTimeInterval: interval)
    }
  }

  private func look() throws -> (text: String, isAtRest: Bool) {
    if Comparison.exists(folder) {
      let status = try ComparisonStatus.look(at: folder)
      return (try output.json ? jsonText(status) : status.text(), status.isAtRest)
    }
    let status = try RunStatus.look(at: folder)
    return (try output.json ? jsonText(status) : status.text(), status.isAtRest)
  }
}

/// Where a status is shown: on a terminal each in the place of the last one, elsewhere one below the
/// other.
private final class StatusScreen {
  private let isTerminal =
    isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  private var shown = 0

  func show(_ text: String, isLast: Bool) throws {
    guard isTerminal else {
      return try Output.write(shown == 0 ? text : "\n" + text)
    }
    var size = winsize()
    let hasSize = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    // How many rows there are must be known to take them back.
    let width = hasSize ? Int(size.ws_col) : 80
    let height = hasSize && size.ws_row > 2 ? Int(size.ws_row) - 1 : .max
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if !isLast {
      lines = lines.flatMap { $0.rows(width: width) }
      // The last one is the sum of all.
      if lines.count > height { lines = lines.prefix(height - 1) + lines.suffix(1) }
    }
    let back = shown > 0 ? "\u{1B}[\(shown)F\u{1B}[J" : ""
    try Output.write(Data((back + lines.joined(separator: "\n").forTerminal + "\n").utf8))
    shown = lines.count
  }
}

extension String {
  /// The line in rows of at most `width` characters, broken between words where that is possible, the
  /// second and later ones set in.
  fileprivate func rows(width: Int) -> [String] {
    let indent = String(repeating: " ", count: min(4, width / 2))
    var rows: [String] = []
    var rest = self[...]
    while rest.count + (rows.isEmpty ? 0 : indent.count) > width {
      let room = rest.prefix(width - (rows.isEmpty ? 0 : indent.count))
      let text = room.firstIndex { $0 != " " } ?? room.endIndex
      let row = room.lastIndex(of: " ").flatMap { $0 > text ? room[..<$0] : nil } ?? room
      rows.append((rows.isEmpty ? "" : indent) + row)
      rest = rest[row.endIndex...].drop { $0 == " " }
    }
    return rows + [(rows.isEmpty ? "" : indent) + rest]
  }
}
