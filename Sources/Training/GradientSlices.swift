import CKernels
import Tensors

/// A step's gradients, cut into slices that two threads can share.
///
/// Where the cuts are depends on the gradients alone, so sums over slices are the same for any
/// number of threads.
struct GradientSlices {
  /// A part of a parameter: elements, or of an embedding places in `touchedRows`.
  struct Slice {
    let parameter: Parameter
    let range: Range<Int>
    let isRows: Bool
  }

  /// Elements of a slice; a multiple of 64, so that every slice begins with a mask's word.
  private static let length = 1 << 14

  private let slices: [Slice]
  /// How many of the slices hold about half of the elements.
  private let half: Int

  /// The gradients that `parameters` have; of an embedding the touched rows, unless `allRows`.
  init(_ parameters: [Parameter], allRows: Bool = false) {
    var slices: [Slice] = []
    var ends: [Int] = []
    var total = 0
    for parameter in parameters where parameter.hasGradient {
      let isRows = parameter.isEmbedding && parameter.mask == nil && !allRows
      let count = isRows ? parameter.touchedRows.count : parameter.count
      let width = isRows ? parameter.width : 1
      for start in stride(from: 0, to: count, by: max(1, Self.length / width)) {
        let range = start..<min(count, start + max(1, Self.length / width))
        slices.append(Slice(parameter: parameter, range: range, isRows: isRows))
        total += range.count * width
        ends.append(total)
      }
    }
    self.slices = slices
    half = ends.firstIndex { 2 * $0 >= total }.map { $0 + 1 } ?? 0
  }

  /// Calls `body` for every slice with its number, on two threads if `threads` is 2 or more.
  func forEach(threads: Int, _ body: @escaping (Int, Slice) -> Void) {
    Parallel.both(
      threads: threads,
      { for i in 0..<half { body(i, slices[i]) } },
      { for i in half..<slices.count { body(i, slices[i]) } })
  }

  /// The L2 norm of the gradients together, dead weights' not counted.
  func norm(threads: Int) -> Double {
    var sums = [Double](repeating: 0, count: slices.count)
    sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let sums = sums
      forEach(threads: threads) { i, slice in sums[i] = slice.sumOfSquares() }
    }
    return sums.reduce(0, +).squareRoot()
  }
}

extension GradientSlices.Slice {
  /// Calls `body` for every run of contiguous elements with its start, length and mask.
  @inline(__always)
  func forEachRun(_ body: (_ start: Int, _ count: Int, _ mask: UnsafePointer<UInt64>?) -> Void) {
    if isRows {
      let width = parameter.width
      for row in parameter.touchedRows[range] { body(Int(row) * width, width, nil) }
    } else {
      parameter.withMask {
        body(range.lowerBound, range.count, $0.map { $0 + range.lowerBound / 64 })
      }
    }
  }

  fileprivate func sumOfSquares() -> Double {
    let gradient = parameter.gradient.baseAddress!
    var sum = 0.0
    forEachRun { sum += tk_sum_squares($1, gradient + $0, $2) }
    return sum
  }
}
