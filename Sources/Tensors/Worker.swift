import CKernels
import Dispatch
import Foundation
import Synchronization

/// A thread that takes over one piece of work at a time, within a microsecond of being asked.
///
/// Between two pieces of work it looks out for the next for a moment before it sleeps, because
/// waking a thread takes longer than many of the pieces. Once the scheduler has given its core to
/// somebody else it sleeps at once. What it has not begun when the asking thread is done with its
/// own piece, the asking thread does itself.
final class Worker: @unchecked Sendable {
  private enum State {
    /// Nothing to do; the worker looks out, or sleeps.
    static let idle = 0, asleep = 1
    /// There is work; it is under way; it is under way and the asking thread sleeps; it is done.
    static let posted = 2, running = 3, awaited = 4, done = 5
  }

  /// Workers nobody uses now, the one used last at the end. As many exist as were ever in use at
  /// once, and they sleep when not used, so they are never ended.
  private static let idlers = Mutex<[Worker]>([])
  /// How long to look out before sleeping, about the stretch of a step without shared work.
  private static let patience: UInt64 = 1_000_000
  /// How long to do so without offering the core to others.
  private static let boldness: UInt64 = 20_000

  private let state = Atomic<Int>(State.idle)
  private let wake = DispatchSemaphore(value: 0)
  private let finished = DispatchSemaphore(value: 0)
  /// Written by the asking thread before `posted`, and read by the worker after it.
  private var work: (() -> Void)?
  /// The processor time of the piece done last, in nanoseconds; written before `done`.
  private var spent: Int64 = 0

  private init() {
    let thread = Thread { [self] in
      while true {
        while state.compareExchange(
          expected: State.posted, desired: State.running, ordering: .acquiringAndReleasing
        ).exchanged == false {
          waitForWork()
        }
        perform()
        if state.exchange(State.done, ordering: .acquiringAndReleasing) == State.awaited {
          finished.signal()
        }
      }
    }
    thread.name = "worker"
    thread.start()
  }

  /// Runs `first` on this thread and `second` on a worker, and returns when both have ended.
  static func both(_ first: () -> Void, _ second: @escaping () -> Void) {
    let worker = idlers.withLock { $0.popLast() } ?? Worker()
    worker.share(first, second)
    idlers.withLock { $0.append(worker) }
  }

  private func share(_ first: () -> Void, _ second: @escaping () -> Void) {
    work = second
    if state.exchange(State.posted, ordering: .acquiringAndReleasing) == State.asleep {
      wake.signal()
    }
    first()
    let taken = state.compareExchange(
      expected: State.posted, desired: State.idle, ordering: .acquiringAndReleasing)
    if taken.exchanged {
      second()
    } else {
      // What counts is the work on the piece, wherever it is done, and no waiting for it.
      let start = tk_thread_nanoseconds()
      waitForEnd()
      tk_add_thread_nanoseconds(spent - (tk_thread_nanoseconds() - start))
      state.store(State.idle, ordering: .releasing)
    }
    work = nil
  }

  /// Out of line, so that the worker holds nothing of the work once it says that it is done: what
  /// the work refers to may belong to the asking thread.
  @inline(never) private func perform() {
    let start = tk_thread_nanoseconds()
    work!()
    spent = tk_thread_nanoseconds() - start
  }

  private func waitForWork() {
    if lookOut(for: { $0 == State.posted }) { return }
    let slept = state.compareExchange(
      expected: State.idle, desired: State.asleep, ordering: .acquiringAndReleasing)
    if slept.exchanged { wake.wait() }
  }

  private func waitForEnd() {
    if lookOut(for: { $0 == State.done }) { return }
    let slept = state.compareExchange(
      expected: State.running, desired: State.awaited, ordering: .acquiringAndReleasing)
    if slept.exchanged { finished.wait() }
  }

  /// Whether the state became what is looked for before patience or the turn on the core ended.
  private func lookOut(for isFound: (Int) -> Bool) -> Bool {
    let start = DispatchTime.now().uptimeNanoseconds
    while true {
      for _ in 0..<32 {
        if isFound(state.load(ordering: .acquiring)) { return true }
        tk_pause()
      }
      let now = DispatchTime.now().uptimeNanoseconds
      if now - start > Self.patience { return false }
      guard now - start > Self.boldness else { continue }
      sched_yield()
      if DispatchTime.now().uptimeNanoseconds - now > Self.boldness {
        return isFound(state.load(ordering: .acquiring))
      }
    }
  }
}
