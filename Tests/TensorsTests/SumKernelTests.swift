import Basics
import CKernels
import Testing

/// Scaled sums and products of parts of matrices against plain loops, on every instruction set.
@Suite struct SumKernelTests {
  static let levels = KernelTests.levels
  static let widths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 100]
  static let rowCounts = [0, 1, 2, 9]

  /// A matrix of `rows` rows `ld` apart whose columns from `from` on, `width` of them, are random;
  /// what stands beside them is not a number, and must not be read.
  private func matrix(
    _ rows: Int, _ ld: Int, _ from: Int, _ width: Int, _ name: String
  ) -> [Float] {
    let numbers = KernelTests.numbers(rows * ld, name)
    return numbers.indices.map { (from..<from + width).contains($0 % ld) ? numbers[$0] : .nan }
  }

  @Test(arguments: levels) func addingScaled(level: Int) {
    for width in Self.widths {
      for rows in Self.rowCounts {
        let (ldx, ldy, fromX, fromY) = (width + 5, width + 3, 2, 1)
        let x = matrix(rows, ldx, fromX, width, "x")
        let before = KernelTests.numbers(rows * ldy, "y")
        for factor in [0.7, -1, 0, 1] as [Float] {
          var y = before
          KernelTests.withLevel(level) {
            x.withUnsafeBufferPointer { x in
              y.withUnsafeMutableBufferPointer { y in
                guard let x = x.baseAddress, let y = y.baseAddress else { return }
                tk_add_scaled(rows, width, factor, x + fromX, ldx, y + fromY, ldy)
              }
            }
          }
          var expected = before
          for row in 0..<rows {
            for i in 0..<width {
              expected[row * ldy + fromY + i] += factor * x[row * ldx + fromX + i]
            }
          }
          // What stands beside the columns stays as it was, bit for bit.
          for i in y.indices where !(fromY..<fromY + width).contains(i % ldy) {
            #expect(y[i] == before[i])
          }
          #expect(KernelTests.near(y, expected, terms: 1), "\(rows) rows of \(width)")
          // Nothing is rounded where the factor is 1.
          if factor == 1 || factor == 0 { #expect(y == expected) }
        }
      }
    }
  }

  @Test(arguments: levels) func productsOfRows(level: Int) {
    for width in Self.widths {
      for rows in Self.rowCounts {
        let (ldx, ldy, fromX, fromY) = (width + 4, width + 1, 3, 0)
        let x = matrix(rows, ldx, fromX, width, "x")
        let y = matrix(rows, ldy, fromY, width, "y")
        let result = KernelTests.withLevel(level) {
          x.withUnsafeBufferPointer { x in
            y.withUnsafeBufferPointer { y -> Double in
              guard let x = x.baseAddress, let y = y.baseAddress else { return 0 }
              return tk_dot_rows(rows, width, x + fromX, ldx, y + fromY, ldy)
            }
          }
        }
        var expected = 0.0
        for row in 0..<rows {
          for i in 0..<width {
            expected += Double(x[row * ldx + fromX + i]) * Double(y[row * ldy + fromY + i])
          }
        }
        #expect(abs(result - expected) <= 1e-7 * Double(rows * width), "\(rows) rows of \(width)")
      }
    }
  }

  /// Rows are added up in double precision: many small ones do not vanish beside a large one.
  @Test(arguments: levels) func manyRows(level: Int) {
    let rows = 20_000
    var x = [Float](repeating: 1, count: rows)
    x[0] = 33_554_432
    let ones = [Float](repeating: 1, count: rows)
    let result = KernelTests.withLevel(level) { tk_dot_rows(rows, 1, x, 1, ones, 1) }
    #expect(result == 33_554_432 + Double(rows - 1))
  }
}
