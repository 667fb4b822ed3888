import Foundation

extension ProgressDisplay {
  /// Progress on standard error: bars if it is a terminal that can redraw a line, otherwise lines.
  ///
  /// - Parameter quiet: show nothing.
  public static func standard(quiet: Bool) -> ProgressDisplay {
    let style: Style =
      if quiet { .quiet } else if canRedraw { .bars(width: terminalWidth) } else { .lines }
    return ProgressDisplay(style) { text in
      // Progress that cannot be shown is no reason to stop the work.
      try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
  }

  /// Whether standard error is a terminal that can redraw a line.
  public static var canRedraw: Bool {
    let environment = ProcessInfo.processInfo.environment
    let isDumb = ["", "dumb"].contains(environment["TERM"] ?? "")
    let isAutomatic = !(environment["CI"] ?? "").isEmpty
    return isatty(STDERR_FILENO) == 1 && !isDumb && !isAutomatic
  }

  @Sendable private static func terminalWidth() -> Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
