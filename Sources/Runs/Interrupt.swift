import Basics
import Foundation
import Synchronization

/// Ctrl-C, and what a lost terminal or another process sends: the first asks the work to stop at the
/// next resumable point, the second ends at once.
public enum Interrupt {
  private static let signals = Atomic<Int>(0)

  /// Takes over SIGINT, SIGTERM and SIGHUP, unless that is ignored (`nohup`); called once by commands
  /// that work for long.
  public static func install() {
    // The handler may only load and store, so the counter has to exist before the first signal.
    _ = isRequested
    let before = signal(SIGHUP, SIG_IGN)
    let isIgnored = unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    for number in [SIGINT, SIGTERM] + (isIgnored ? [] : [SIGHUP]) {
      signal(number) { _ in
        if Interrupt.signals.wrappingAdd(1, ordering: .relaxed).oldValue > 0 {
          _exit(Failure.Kind.interrupted.rawValue)
        }
      }
    }
  }

  /// Whether the user has asked the work to stop.
  public static var isRequested: Bool { signals.load(ordering: .relaxed) > 0 }

  /// Stops here if the user has asked for it; the work goes on from its last checkpoint.
  ///
  /// - Throws: `Failure` of kind `interrupted`.
  public static func check() throws {
    if isRequested {
      throw Failure(.interrupted, "stopped; run the same command again to continue")
    }
  }
}
