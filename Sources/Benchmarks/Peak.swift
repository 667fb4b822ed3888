import CKernels
import Dispatch
import Foundation

/// The most floating-point operations the processor's cores do a second, measured now.
enum Peak {
  /// GFLOP/s of `threads` threads together: each thread's best of ten pieces of 2 ms.
  ///
  /// Time counts while a thread has a processor: what other programs take of it in so short a
  /// time would make the peak too low, and shares of it greater than one.
  static func measure(threads: Int) -> Double {
    let lock = NSLock()
    nonisolated(unsafe) var total = 0.0
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      let best = (0..<10).map { _ in piece() }.max() ?? 0
      lock.withLock { total += best }
    }
    return total
  }

  private static func piece() -> Double {
    var (sum, flop) = (Float(0), 0)
    let start = tk_thread_nanoseconds()
    var elapsed: Int64 = 0
    while elapsed < 2_000_000 {
      flop += tk_multiply_add(1 << 15, &sum)
      elapsed = tk_thread_nanoseconds() - start
    }
    return Double(flop) / Double(elapsed)
  }

  /// The name of the instruction set in use, as `TICKETS_CPU` has it.
  static var level: String { ["portable", "avx2", "avx512"][Int(tk_level())] }
}
