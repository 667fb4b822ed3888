import Basics
import CKernels
import Testing

/// The kernels over rows and characters against plain loops, on every instruction set.
@Suite struct RowKernelTests {
  static let levels = KernelTests.levels
  static let widths = [1, 2, 3, 5, 7, 8, 15, 16, 17, 30, 33, 48, 100]

  private func integers(_ count: Int, below: Int, _ name: String) -> [Int32] {
    var stream = RandomStream(seed: 9, name, "\(count)")
    return (0..<count).map { _ in Int32(stream.below(below)) }
  }

  /// Rows land in a wider matrix, whose other numbers stay, with the dropout of that matrix.
  @Test(arguments: levels, [0, 0.3] as [Float]) func gathering(level: Int, rate: Float) {
    for width in Self.widths {
      let (n, count, ldy, column) = (9, 5, width + 4, 3)
      let rows = integers(n, below: count, "rows")
      let table = KernelTests.numbers(count * width, "table")
      let mask = KernelTests.mask(count * width, "mask")
      for masked in [false, true] {
        let before = KernelTests.numbers(n * ldy, "y")
        var result = before
        var expected = before
        var kept = [Float](repeating: 1, count: n * ldy)
        KernelTests.withLevel(level) {
          tk_dropout(kept.count, kept, &kept, 0, 42, rate)
          mask.withWords { words in
            result.withUnsafeMutableBufferPointer {
              tk_gather(
                n, rows, width, table, masked ? words.baseAddress : nil, $0.baseAddress! + column,
                ldy, column, 42, rate)
            }
          }
        }
        for i in 0..<n {
          for j in 0..<width {
            let from = Int(rows[i]) * width + j
            let alive: Float = masked && !mask[from] ? 0 : 1
            expected[i * ldy + column + j] = table[from] * alive * kept[i * ldy + column + j]
          }
        }
        #expect(result == expected, "width \(width)")
      }
    }
  }

  @Test(arguments: levels, [0, 0.3] as [Float]) func scattering(level: Int, rate: Float) {
    for width in Self.widths {
      let (n, count, ldy, column) = (9, 5, width + 4, 3)
      let rows = integers(n, below: count, "rows")
      let slopes = KernelTests.numbers(n * ldy, "slopes")
      let before = KernelTests.numbers(count * width, "table")
      var dropped = slopes
      var result = before
      KernelTests.withLevel(level) {
        tk_dropout(slopes.count, slopes, &dropped, 0, 42, rate)
        slopes.withUnsafeBufferPointer {
          tk_scatter_add(
            n, rows, width, $0.baseAddress! + column, ldy, column, 42, rate, &result)
        }
      }
      var expected = before
      for i in 0..<n {
        for j in 0..<width {
          expected[Int(rows[i]) * width + j] += dropped[i * ldy + column + j]
        }
      }
      #expect(result == expected, "width \(width)")
    }
  }

  /// Dropout in two parts is dropout of the whole.
  @Test(arguments: levels) func dropoutInParts(level: Int) {
    let x = KernelTests.numbers(1000, "x")
    var whole = x
    var parts = x
    KernelTests.withLevel(level) {
      tk_dropout(1000, x, &whole, 0, 7, 0.5)
      tk_dropout(333, x, &parts, 0, 7, 0.5)
      parts.withUnsafeMutableBufferPointer {
        tk_dropout(667, $0.baseAddress! + 333, $0.baseAddress! + 333, 333, 7, 0.5)
      }
    }
    #expect(parts == whole)
  }

  @Test(arguments: levels) func softmax(level: Int) {
    for classes in Self.widths {
      let n = 7
      let scores = KernelTests.numbers(n * classes, "scores").map { 30 * $0 }
      let labels = integers(n, below: classes, "labels")
      var difference = [Float](repeating: .nan, count: n * classes)
      var best = [Int32](repeating: -1, count: n)
      let loss = KernelTests.withLevel(level) {
        tk_best_labels(n, classes, scores, &best)
        return tk_softmax_loss(n, classes, scores, labels, &difference)
      }
      var total = 0.0
      for i in 0..<n {
        let row = scores[i * classes..<(i + 1) * classes]
        let top = row.max()!
        #expect(Int(best[i]) == row.firstIndex(of: top)! - row.startIndex)
        let sum = row.reduce(0) { $0 + exponential($1 - top) }
        total += logarithm(sum) + Double(top - row[row.startIndex + Int(labels[i])])
        for j in 0..<classes {
          let share = exponential(row[row.startIndex + j] - top) / sum
          let slope = share - (j == Int(labels[i]) ? 1 : 0)
          #expect(abs(Double(difference[i * classes + j]) - slope) < 1e-6)
        }
      }
      #expect(abs(loss - total) < 1e-5 * max(1, total), "\(classes) classes")
    }
  }

  /// Scores that are not numbers still give a label there is.
  @Test(arguments: levels) func bestOfNaN(level: Int) {
    var best: [Int32] = [-1]
    KernelTests.withLevel(level) {
      tk_best_labels(1, 3, [.nan, .nan, .nan], &best)
    }
    #expect(best == [0])
  }

  @Test(arguments: levels) func characters(level: Int) {
    let alphabet = 6
    let lengths = [1, 2, 3, 7, 1, 20]
    let starts = lengths.reduce(into: [Int32(0)]) { $0.append($0.last! + Int32($1)) }
    let ids = integers(Int(starts.last!), below: alphabet, "characters").map(Int.init)
    for filters in Self.widths {
      let stride = tk_characters_stride(filters)
      let table = KernelTests.numbers(alphabet * 3 * stride, "entries")
      let bias = KernelTests.numbers(filters, "bias")
      let slopes = KernelTests.numbers(lengths.count * filters, "slopes")
      let before = KernelTests.numbers(alphabet * 3 * stride, "gradient")
      var output = [Float](repeating: .nan, count: lengths.count * filters)
      var best = [Int32](repeating: -1, count: lengths.count * stride)
      var gradient = before
      KernelTests.withLevel(level) {
        tk_characters_forward(
          lengths.count, starts, ids.map { Int32($0) }, filters, table, bias, &output, &best)
        tk_characters_backward(
          lengths.count, starts, ids.map { Int32($0) }, filters, slopes, best, &gradient)
      }
      var expected = before
      for word in lengths.indices {
        let range = Int(starts[word])..<Int(starts[word + 1])
        func window(_ p: Int) -> [(offset: Int, character: Int)] {
          (0..<3).filter { range.contains(p + $0 - 1) }.map { ($0, ids[p + $0 - 1]) }
        }
        for j in 0..<filters {
          let values = range.map { p in
            window(p).reduce(bias[j]) { $0 + table[($1.character * 3 + $1.offset) * stride + j] }
          }
          let place = values.firstIndex(of: values.max()!)! + range.lowerBound
          #expect(abs(output[word * filters + j] - values.max()!) < 1e-6)
          #expect(Int(best[word * stride + j]) == place)
          for (offset, character) in window(place) {
            expected[(character * 3 + offset) * stride + j] += slopes[word * filters + j]
          }
        }
      }
      #expect(KernelTests.near(gradient, expected, terms: 40), "\(filters) filters")
    }
  }

  @Test(arguments: [false, true]) func filtersAsColumns(masked: Bool) {
    for (filters, dimension) in [(1, 1), (3, 5), (16, 2), (30, 30)] {
      let stride = tk_characters_stride(filters)
      let count = filters * dimension * 3
      let weight = KernelTests.numbers(count, "weight")
      let mask = KernelTests.mask(count, "mask")
      var columns = [Float](repeating: .nan, count: dimension * 3 * stride)
      mask.withWords {
        tk_filters_to_columns(filters, dimension, weight, masked ? $0.baseAddress : nil, &columns)
      }
      var back = [Float](repeating: 1, count: count)
      tk_add_columns_to_filters(filters, dimension, columns, &back)
      #expect(back == weight.indices.map { 1 + (masked && !mask[$0] ? 0 : weight[$0]) })
      for d in 0..<dimension {
        for offset in 0..<3 {
          let row = columns[(d * 3 + offset) * stride..<(d * 3 + offset + 1) * stride]
          #expect(row.dropFirst(filters).allSatisfy { $0 == 0 })
          let first = masked && !mask[d * 3 + offset] ? 0 : weight[d * 3 + offset]
          #expect(row.first == first)
        }
      }
    }
  }
}
