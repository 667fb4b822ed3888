import CKernels
import Foundation
import Tensors
import Testing

@Suite struct ProductTests {
  /// Every layout, by our kernels and, at level 0, by OpenBLAS.
  @Test(arguments: KernelTests.levels, [false, true]) func multiply(
    level: Int, accumulate: Bool
  ) {
    for (m, n, k) in [(1, 1, 1), (3, 7, 5), (13, 33, 17), (0, 4, 4), (20, 50, 100)] {
      let a = KernelTests.numbers(m * k, "a")
      let b = KernelTests.numbers(k * n, "b")
      for (aTransposed, bTransposed) in [
        (false, false), (false, true), (true, false), (true, true),
      ] {
        let aStrides = aTransposed ? (row: 1, k: m) : (row: k, k: 1)
        let bStrides = bTransposed ? (k: 1, column: k) : (k: n, column: 1)
        let before = KernelTests.numbers(m * (n + 2), "c")
        var c = before
        var expected = before
        for i in 0..<m {
          for j in 0..<n {
            var sum: Float = accumulate ? before[i * (n + 2) + j] : 0
            for l in 0..<k {
              let left = a[i * aStrides.row + l * aStrides.k]
              sum += left * b[l * bStrides.k + j * bStrides.column]
            }
            expected[i * (n + 2) + j] = sum
          }
        }
        KernelTests.withLevel(level) {
          Products.multiply(
            m: m, n: n, k: k, a, aStrides, b, bStrides, into: &c, ldc: n + 2,
            accumulate: accumulate)
        }
        #expect(KernelTests.near(c, expected, terms: k + 1), "\(m) × \(k) × \(n)")
      }
    }
  }

  /// It uses what the processor has, also where it does not know the processor.
  @Test(.enabled(if: tk_best_level() == 2)) func openBLASUsesTheProcessor() throws {
    let wanted = ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"]
    let library = try #require(OpenBLAS.shared)
    #expect(library.core.lowercased() == (wanted ?? "SkylakeX").lowercased())
  }
}
