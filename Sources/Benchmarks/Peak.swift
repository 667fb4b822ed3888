import CKernels
import Dispatch
import Foundation

/// The most floating-point operations the processor's cores do a second, measured now.
enum Peak {
  /// GFLOP/s of `threads` threads together, each for 20 ms.
  static func measure(threads: Int) -> Double {
    let lock = NSLock()
    nonisolated(unsafe) var total = 0.0
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      var (sum, flop) = (Float(0), 0)
      let start = DispatchTime.now().uptimeNanoseconds
      var elapsed: UInt64 = 0
      while elapsed < 20_000_000 {
        flop += tk_multiply_add(1 << 15, &sum)
        elapsed = DispatchTime.now().uptimeNanoseconds - start
      }
      lock.withLock { total += Double(flop) / Double(elapsed) }
    }
    return total
  }

  /// The name of the instruction set in use, as `TICKETS_CPU` has it.
  static var level: String { ["portable", "avx2", "avx512"][Int(tk_level())] }
}
