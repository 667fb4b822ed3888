import Basics
import Foundation
import Synchronization

/// Ctrl-C, and what a lost terminal or another process sends: the first asks the work to stop at the
/// next resumable point, the second ends at once.
public enum Interrupt {
  private static let signals = Atomic<Int>(0)
  /// How often the work was asked to end after the epoch under way.
  private static let endings = Atomic<Int>(0)

  /// Takes over SIGINT, SIGTERM and SIGHUP, unless that is ignored (`nohup`); called once by commands
  /// that work for long.
  ///
  /// - Parameter forJobs: SIGTERM and SIGUSR1, which engines send some time before they kill, ask for an
  ///   end after the epoch under way; a second one for one at once.
  public static func install(forJobs: Bool = false) {
    // The handlers may only load and store, so the counters have to exist before the first signal.
    _ = (isRequested, isEnding)
    let before = signal(SIGHUP, SIG_IGN)
    let isIgnored = unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    if forJobs {
      for number in [SIGTERM, SIGUSR1] {
        signal(number) { _ in
          if Interrupt.endings.wrappingAdd(1, ordering: .relaxed).oldValue > 0 {
            Interrupt.signals.wrappingAdd(1, ordering: .relaxed)
          }
        }
      }
    }
    for number in [SIGINT] + (forJobs ? [] : [SIGTERM]) + (isIgnored ? [] : [SIGHUP]) {
      signal(number) { _ in
        if Interrupt.signals.wrappingAdd(1, ordering: .relaxed).oldValue > 0 {
          _exit(Failure.Kind.interrupted.rawValue)
        }
      }
    }
  }

  /// Whether the user has asked the work to stop.
  public static var isRequested: Bool { signals.load(ordering: .relaxed) > 0 }

  /// Whether the work is to end after the epoch under way.
  static var isEnding: Bool { endings.load(ordering: .relaxed) > 0 }

  /// Stops between two jobs if a signal has asked for it.
  ///
  /// - Throws: `Failure` of kind `busy`: again, please.
  package static func checkForJobs() throws {
    if isEnding || isRequested {
      throw Failure(.busy, "stopped by a signal; run the same command again to go on")
    }
  }

  /// Waits, unless a signal asks for an end.
  ///
  /// - Throws: as `checkForJobs`.
  package static func sleep(seconds: Double) throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      try checkForJobs()
      usleep(50_000)
    }
  }

  /// Stops here if the user has asked for it; the work goes on from its last checkpoint.
  ///
  /// - Throws: `Failure` of kind `interrupted`.
  public static func check() throws {
    if isRequested {
      throw Failure(.interrupted, "stopped; run the same command again to continue")
    }
  }
}
