import Dispatch
import Foundation

/// Runs independent pieces of work on threads.
public enum Parallel {
  /// Runs `first` and `second`, side by side if `threads` is 2 or more.
  ///
  /// The two must not write to the same memory; then the result does not depend on `threads`.
  public static func both(
    threads: Int, _ first: @escaping () -> Void, _ second: @escaping () -> Void
  ) {
    guard threads > 1 else {
      first()
      second()
      return
    }
    Worker.both(first, second)
  }

  /// What work throws that gave up because other work failed.
  public struct Cancelled: Error {
    /// The error.
    public init() {}
  }

  /// What a piece of work learns while it is under way; may be asked from any thread.
  public struct Circumstances: Sendable {
    /// The threads that the piece may use, asked anew as often as it likes: when other pieces
    /// have ended and no more are waiting, it gets a part of their cores.
    public let threads: @Sendable () -> Int
    /// Whether the piece may give up, because another has failed.
    public let isCancelled: @Sendable () -> Bool

    /// What `threads` and `isCancelled` give.
    public init(
      threads: @escaping @Sendable () -> Int, isCancelled: @escaping @Sendable () -> Bool
    ) {
      self.threads = threads
      self.isCancelled = isCancelled
    }
  }

  /// Runs `work(0)` … `work(count - 1)`, at most `jobs` at once, on `jobs` cores together, and
  /// gives the results in order.
  ///
  /// Calls under way at the same time must not share mutable state. After a call has thrown, no
  /// further ones are begun, and those under way learn from `isCancelled` that they may throw
  /// `Cancelled`. Once all have ended, the first error by index that is not `Cancelled` is thrown.
  public static func map<T>(
    _ count: Int, jobs: Int,
    _ work: @escaping (_ index: Int, _ circumstances: Circumstances) throws -> T
  ) throws -> [T] {
    let lock = NSLock()
    let budget = CoreBudget(cores: jobs)
    nonisolated(unsafe) let work = work
    nonisolated(unsafe) var next = 0
    nonisolated(unsafe) var hasFailed = false
    nonisolated(unsafe) var results = [Result<T, any Error>?](repeating: nil, count: count)
    DispatchQueue.concurrentPerform(iterations: max(1, min(jobs, count))) { _ in
      while true {
        let taken: Int? = lock.withLock {
          guard next < count, !hasFailed else { return nil }
          next += 1
          return next - 1
        }
        guard let index = taken else { return }
        budget.begin(index)
        let result = Result {
          try work(
            index,
            Circumstances(
              threads: { budget.threads(of: index) },
              isCancelled: { lock.withLock { hasFailed } }))
        }
        budget.end(index)
        lock.withLock {
          results[index] = result
          if case .failure = result { hasFailed = true }
        }
      }
    }
    for case .failure(let error)? in results where !(error is Cancelled) { throw error }
    return try results.map { try $0!.get() }
  }
}
