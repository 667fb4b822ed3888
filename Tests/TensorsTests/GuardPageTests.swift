import Basics
import CKernels
import Foundation
import Masks
import Testing

/// Arrays between two pages that must not be touched: whoever reads or writes before their beginning or
/// behind their end ends the process.
private final class GuardedMemory {
  private let page = sysconf(Int32(_SC_PAGESIZE))
  private let isAtEnd: Bool
  private var regions: [(UnsafeMutableRawPointer, Int)] = []

  /// - Parameter isAtEnd: whether arrays end at the page behind them, or begin at that before them.
  init(isAtEnd: Bool) { self.isAtEnd = isAtEnd }

  deinit { for (region, size) in regions { munmap(region, size) } }

  func array<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let bytes = values.count * MemoryLayout<T>.stride
    let body = max(1, (bytes + page - 1) / page) * page
    let size = body + 2 * page
    let region = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
    precondition(region != MAP_FAILED)
    regions.append((region, size))
    mprotect(region, page, PROT_NONE)
    mprotect(region + page + body, page, PROT_NONE)
    let start = region + page + (isAtEnd ? body - bytes : 0)
    let array = start.bindMemory(to: T.self, capacity: values.count)
    array.initialize(from: values, count: values.count)
    return array
  }

  func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
    array(KernelTests.numbers(count, "guard"))
  }

  func positive(_ count: Int) -> UnsafeMutablePointer<Float> {
    array(KernelTests.numbers(count, "guard").map { abs($0) + 0.1 })
  }

  /// As many words as `count` bits need, and no more.
  func mask(_ count: Int) -> UnsafeMutablePointer<UInt64> {
    array(Array(KernelTests.mask(count, "guard").words))
  }
}

/// No kernel reads or writes beyond its arrays, at sizes 1…130, on any instruction set.
@Suite struct GuardPageTests {
  private static let sizes = 1...130

  private func forAll(_ level: Int, _ body: (Int, GuardedMemory) -> Void) {
    KernelTests.withLevel(level) {
      for isAtEnd in [true, false] {
        for n in Self.sizes { body(n, GuardedMemory(isAtEnd: isAtEnd)) }
      }
    }
  }

  @Test(arguments: KernelTests.levels) func vectors(level: Int) {
    forAll(level) { n, memory in
      let (x, y) = (memory.floats(n), memory.floats(n))
      tk_exp(n, x, y)
      tk_tanh(n, x, y)
      tk_sigmoid(n, x, y)
      #expect(tk_log_sum_exp(n, x, y).isFinite)
      tk_add(n, x, y)
      tk_scale(n, 0.5, x)
      tk_dropout(n, x, y, 3, 7, 0.5)
      tk_noise(n, x, y, 3, 7, 0.5)
    }
  }

  @Test(arguments: KernelTests.levels) func optimizers(level: Int) {
    let clip = tk_clip(scale: 1, limit: 5)
    forAll(level) { n, memory in
      let (w, g, v, u) = (
        memory.floats(n), memory.floats(n), memory.positive(n), memory.positive(n)
      )
      let steps = memory.array([UInt32](repeating: 1, count: n))
      let corrections = memory.array([Float](repeating: 1, count: 8))
      for mask in [nil, memory.mask(n)] {
        #expect(tk_sum_squares(n, g, mask).isFinite)
        tk_sgd(n, w, g, v, mask, 0.1, 0.9, clip)
        tk_adam(n, w, g, v, u, mask, nil, 2, corrections, 0.1, 0.9, 0.99, 1e-8, clip)
        tk_adam(n, w, g, v, u, mask, steps, 0, corrections, 0.1, 0.9, 0.99, 1e-8, clip)
        tk_adadelta(n, w, g, v, u, mask, 0.1, 0.9, 1e-6, clip)
      }
      tk_coast(n, w, v, 0.1, 0.9)
    }
  }

  @Test(arguments: KernelTests.levels) func rows(level: Int) {
    forAll(level) { n, memory in
      let count = 3
      let (x, y) = (memory.floats(count * n), memory.floats(count * n))
      tk_column_sums(count, n, x, memory.floats(n))
      tk_add_scaled(count, n, 0.5, x, n, y, n)
      #expect(tk_dot_rows(count, n, x, n, y, n).isFinite)
      let table = memory.floats(5 * n)
      let chosen = memory.array([Int32](arrayLiteral: 4, 0, 4))
      for mask in [nil, memory.mask(5 * n)] {
        tk_gather(count, chosen, n, table, mask, y, n, 3, 7, 0.5)
      }
      tk_scatter_add(count, chosen, n, y, n, 3, 7, 0.5, table)
      let labels = memory.array([Int32](arrayLiteral: 0, Int32(n - 1), Int32(n / 2)))
      #expect(tk_softmax_loss(count, n, x, labels, y).isFinite)
      tk_best_labels(count, n, x, labels)
      #expect((0..<count).allSatisfy { labels[$0] < n })
    }
  }

  @Test(arguments: KernelTests.levels) func products(level: Int) {
    forAll(level) { n, memory in
      for (m, k) in [(1, 7), (5, 16), (13, 3)] {
        let (a, b, c) = (memory.floats(m * k), memory.floats(k * n), memory.floats(m * n))
        let packed = memory.floats(tk_packed_size(k, n))
        for mask in [nil, memory.mask(k * n)] {
          tk_pack(packed, b, k, n, n, 1, mask)
          tk_gemm(m, n, k, a, k, 1, packed, c, n, 0)
          tk_pack(packed, b, k, n, 1, k, mask)
          tk_gemm(m, n, k, a, 1, m, packed, c, n, 1)
          tk_product(m, n, k, a, k, 1, b, n, 1, mask, c, n, 0)
          tk_product(m, n, k, a, 1, m, b, 1, k, mask, c, n, 1)
        }
      }
      // The size as the one that is summed over.
      let (a, b, c) = (memory.floats(5 * n), memory.floats(n * 9), memory.floats(5 * 9))
      tk_product(5, 9, n, a, n, 1, b, 9, 1, nil, c, 9, 0)
    }
  }

  @Test(arguments: KernelTests.levels) func cells(level: Int) {
    forAll(level) { n, memory in
      let batch = 3
      let z = memory.floats(batch * 4 * n)
      let (c, tanh, h) = (
        memory.floats(batch * n), memory.floats(batch * n), memory.floats(batch * n)
      )
      let before = memory.floats(2 * n)
      tk_lstm_forward(batch, n, z, before, 2, memory.floats(4 * n), c, tanh, h, n)
      let next = memory.floats(2 * n)
      tk_lstm_backward(batch, n, z, before, 2, tanh, h, n, next, 2, memory.floats(batch * n))
      tk_lstm_forward(batch, n, z, nil, 0, memory.floats(4 * n), c, tanh, h, n)
      tk_lstm_backward(batch, n, z, nil, 0, tanh, h, n, nil, 0, memory.floats(batch * n))
    }
  }

  @Test(arguments: KernelTests.levels) func characters(level: Int) {
    forAll(level) { n, memory in
      let stride = tk_characters_stride(n)
      let (words, alphabet, dimension) = (3, 4, 5)
      let starts = memory.array([Int32](arrayLiteral: 0, 1, 3, 6))
      let characters = memory.array([Int32](arrayLiteral: 3, 0, 1, 2, 3, 3))
      let table = memory.floats(alphabet * 3 * stride)
      let output = memory.floats(words * n)
      let best = memory.array([Int32](repeating: 0, count: words * stride))
      tk_characters_forward(
        words, starts, characters, n, table, memory.floats(n), output, best)
      tk_characters_backward(words, starts, characters, n, output, best, table)
      let weight = memory.floats(n * dimension * 3)
      let columns = memory.floats(dimension * 3 * stride)
      for mask in [nil, memory.mask(n * dimension * 3)] {
        tk_filters_to_columns(n, dimension, weight, mask, columns)
      }
      tk_add_columns_to_filters(n, dimension, columns, weight)
    }
  }

  @Test(arguments: KernelTests.levels) func sparseProducts(level: Int) {
    let unit = Int(TK_UNIT)
    forAll(level) { n, memory in
      // `n` alive weights over three rows, each reading one of `n` columns.
      let columns = n
      let counts = [n / 3, 0, n - n / 3]
      let entries = memory.array(
        (0..<n).map { tk_entry(value: 0.5, offset: UInt32(4 * unit * ($0 * 7 % columns))) })
      let groups = memory.array(
        counts.enumerated().map { tk_group(row: UInt16($0), count: UInt16($1)) })
      var sparse = tk_sparse(
        group_count: counts.count, first_count: counts.count, groups: groups, entries: entries)
      for units in 1...tk_sparse_units() {
        let b = memory.floats(columns * units * unit)
        let c = memory.floats(counts.count * units * unit)
        tk_sparse_multiply(&sparse, units, b, c)
        tk_sparse_gradient(&sparse, entries, units, c, b, 0)
      }
      let values = memory.floats(n)
      let places = memory.array((0..<n).map { UInt32(n - 1 - $0) })
      tk_fetch(n, values, places, entries)
      tk_deliver(n, entries, places, values, 1)
      let wide = (n + unit - 1) / unit * unit
      let from = memory.floats(n * 3)
      let to = memory.floats(3 * wide)
      tk_transpose(n, 3, from, 3, to, wide)
      tk_transpose_back(n, 3, to, wide, from, 3, 0)
    }
  }
}
