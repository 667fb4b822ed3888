import Basics
import CKernels
import Masks
import Tensors
import Testing

/// Sparse products and feature-major cells against plain loops, on every instruction set this
/// machine can run.
@Suite struct SparseKernelTests {
  static let tokens = [1, 2, 5, 15, 16, 17, 33, 64, 97, 200]
  static let shapes = [[1, 1], [3, 5], [12, 70], [40, 130], [4, 300]]

  private static func mask(_ count: Int, _ density: Float, _ name: String) -> BitMask {
    var stream = RandomStream(seed: 8, name, "\(count)")
    return BitMask((0..<count).map { _ in stream.uniform() < density })
  }

  /// `rows` rows of `tokens` numbers, `stride` apart, zeros in between.
  private static func activations(_ rows: Int, _ tokens: Int, _ stride: Int, _ name: String)
    -> [Float]
  {
    let numbers = KernelTests.numbers(rows * tokens, name)
    return (0..<rows * stride).map { i in
      i % stride < tokens ? numbers[i / stride * tokens + i % stride] : 0
    }
  }

  @Test(arguments: KernelTests.levels, [0, 0.05, 0.5, 1] as [Float])
  func products(level: Int, density: Float) {
    for shape in Self.shapes {
      let (rows, columns) = (shape[0], shape[1])
      let mask = Self.mask(rows * columns, density, "alive")
      let weights = KernelTests.numbers(rows * columns, "weights")
      for isCompact in [false, true] {
        let stored = isCompact ? mask | Self.mask(rows * columns, 0.3, "others") : nil
        let values = stored.map { $0.aliveIndices.map { weights[$0] } } ?? weights
        for n in Self.tokens {
          let stride = ((n + 15) / 16 | 1) * 16
          func alive(_ r: Int, _ s: Int) -> Float {
            mask[r * columns + s] ? weights[r * columns + s] : 0
          }
          for (product, isRecurrent) in [
            (SparseMatrix.Product.forward, false), (.forward, true), (.backward, false),
            (.backward, true),
          ] {
            let (outer, inner) = product == .forward ? (rows, columns) : (columns, rows)
            let b = Self.activations(inner, n, stride, "b")
            let start = KernelTests.numbers(outer * stride, "c")
            var c = start
            let matrix = SparseMatrix(
              mask, width: columns, stored: stored, for: product, isRecurrent: isRecurrent)
            KernelTests.withLevel(level) {
              matrix.fetch(from: values)
              matrix.multiply(b, ldb: stride, tokens: n, into: &c, ldc: stride)
            }
            for i in 0..<outer {
              for t in 0..<n {
                let sum = (0..<inner).reduce(start[i * stride + t]) {
                  $0 + (product == .forward ? alive(i, $1) : alive($1, i)) * b[$1 * stride + t]
                }
                let close = abs(c[i * stride + t] - sum) <= 1e-6 * Float(inner + 1)
                if !close { Issue.record("\(product) \(shape) \(n): [\(i), \(t)]") }
              }
              // Columns after the last token's are others'.
              #expect(
                c[i * stride + n..<(i + 1) * stride] == start[i * stride + n..<(i + 1) * stride])
            }
          }
          let dz = Self.activations(rows, n, stride, "dz")
          let x = Self.activations(columns, n, stride, "x")
          let matrix = SparseMatrix(
            mask, width: columns, stored: stored, for: .gradient, isRecurrent: false)
          var gradient = [Float](repeating: 5, count: values.count)
          KernelTests.withLevel(level) {
            for accumulate in [false, true] {
              matrix.addGradient(
                dz, ldz: stride, x, ldx: stride, tokens: n, to: &gradient, accumulate: accumulate)
            }
          }
          let all = stored ?? BitMask(repeating: true, count: mask.count)
          for (place, index) in all.aliveIndices.enumerated() {
            let (r, s) = index.quotientAndRemainder(dividingBy: columns)
            let sum = (0..<n).reduce(Float(0)) { $0 + dz[r * stride + $1] * x[s * stride + $1] }
            let expected = mask[index] ? 2 * sum : 5
            let close = abs(gradient[place] - expected) <= 1e-6 * Float(n + 1)
            if !close { Issue.record("gradient \(shape) \(n): [\(r), \(s)]") }
          }
        }
      }
    }
  }

  /// Feature-major cells give what token-major ones give.
  @Test(arguments: KernelTests.levels, [1, 3, 16, 17, 33]) func cells(level: Int, hidden: Int) {
    for n in 1...33 {
      let stride = ((n + 15) / 16 | 1) * 16
      let units = (n + 15) / 16
      let z = KernelTests.numbers(n * 4 * hidden, "z").map { 3 * $0 }
      let before = (
        h: KernelTests.numbers(n * hidden, "h"), c: KernelTests.numbers(n * hidden, "c")
      )
      let dh = KernelTests.numbers(n * hidden, "dh")
      let next = (
        h: KernelTests.numbers(n * hidden, "next"), c: KernelTests.numbers(n * hidden, "dc")
      )
      func turned(_ x: [Float], _ rows: Int, _ stride: Int) -> [Float] {
        var result = [Float](repeating: 7, count: rows * stride)
        for r in 0..<rows { for t in 0..<n { result[r * stride + t] = x[t * rows + r] } }
        return result
      }
      KernelTests.withLevel(level) {
        var gates = z
        var cell = before.c
        var squashed = cell
        var state = cell
        tk_lstm_forward(n, hidden, &gates, before.c, n, &cell, &squashed, &state, hidden)
        var lanes = turned(z, 4 * hidden, stride)
        var hNow = turned(before.h, hidden, 16 * units)
        var cNow = turned(before.c, hidden, 16 * units)
        var kept = [[Float]](repeating: Array(repeating: 7, count: hidden * stride), count: 4)
        withKept(&kept) { h, c, squashed, out in
          hNow.withUnsafeMutableBufferPointer { hNow in
            cNow.withUnsafeMutableBufferPointer { cNow in
              tk_lstm_forward_lanes(
                hidden, n, &lanes, stride, units,
                tk_lanes(
                  h: hNow.baseAddress, c: cNow.baseAddress, h_prev: h, c_prev: c, tanh_c: squashed),
                out)
            }
          }
        }
        #expect(lanes == turned(gates, 4 * hidden, stride))
        #expect(
          kept == [before.h, before.c, squashed, state].map { turned($0, hidden, stride) })
        for j in 0..<hidden {
          for t in 0..<16 * units {
            #expect(hNow[j * 16 * units + t] == (t < n ? state[t * hidden + j] : 0))
            #expect(cNow[j * 16 * units + t] == (t < n ? cell[t * hidden + j] : 0))
          }
        }

        var dCell = next.c
        tk_lstm_backward(
          n, hidden, &gates, before.c, n, squashed, dh, hidden, next.h, n, &dCell)
        var dhNow = turned(next.h, hidden, 16 * units)
        var dcNow = turned(next.c, hidden, 16 * units)
        var dz = [Float](repeating: 7, count: 4 * hidden * 16 * units)
        let dhLanes = turned(dh, hidden, stride)
        withKept(&kept) { h, c, squashed, _ in
          dhNow.withUnsafeMutableBufferPointer { dhNow in
            dcNow.withUnsafeMutableBufferPointer { dcNow in
              tk_lstm_backward_lanes(
                hidden, n, &lanes, stride, units,
                tk_lanes(
                  h: dhNow.baseAddress, c: dcNow.baseAddress, h_prev: h, c_prev: c,
                  tanh_c: squashed), dhLanes, &dz)
            }
          }
        }
        let expected = turned(gates, 4 * hidden, stride)
        #expect(zip(lanes, expected).allSatisfy { abs($0 - $1) < 1e-6 })
        for j in 0..<4 * hidden {
          for t in 0..<16 * units {
            #expect(dz[j * 16 * units + t] == (t < n ? lanes[j * stride + t] : 0))
          }
        }
        for j in 0..<hidden {
          for t in 0..<16 * units {
            let expected = t < n ? dCell[t * hidden + j] : 0
            #expect(abs(dcNow[j * 16 * units + t] - expected) < 1e-6)
          }
        }
      }
    }
  }

  private func withKept(
    _ kept: inout [[Float]],
    _ body: (
      UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>,
      UnsafeMutablePointer<Float>
    ) -> Void
  ) {
    var (a, b, c, d) = (kept[0], kept[1], kept[2], kept[3])
    body(&a, &b, &c, &d)
    kept = [a, b, c, d]
  }

  @Test(arguments: KernelTests.levels, [1, 15, 16, 17, 50]) func layout(level: Int, rows: Int) {
    for columns in [1, 4, 16, 19, 100] {
      let stride = ((rows + 15) / 16 | 1) * 16
      let from = KernelTests.numbers(rows * columns, "from")
      var to = [Float](repeating: 7, count: columns * stride)
      var back = [Float](repeating: 7, count: rows * (columns + 1))
      var sums = [Float](repeating: 1, count: columns)
      KernelTests.withLevel(level) {
        tk_transpose(rows, columns, from, columns, &to, stride)
        tk_transpose_back(rows, columns, to, stride, &back, columns + 1)
        tk_row_sums(columns, rows, to, stride, &sums)
      }
      let units = (rows + 15) / 16 * 16
      for j in 0..<columns {
        for i in 0..<units {
          #expect(to[j * stride + i] == (i < rows ? from[i * columns + j] : 0))
        }
        let sum = (0..<rows).reduce(Float(1)) { $0 + from[$1 * columns + j] }
        #expect(abs(sums[j] - sum) < 1e-5)
      }
      for i in 0..<rows {
        for j in 0...columns {
          #expect(back[i * (columns + 1) + j] == (j < columns ? from[i * columns + j] : 7))
        }
      }
    }
  }
}
