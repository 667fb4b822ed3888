import Basics
import CKernels
import Masks
import Tensors
import Testing

/// Sparse products against plain loops, on every instruction set this machine can run.
@Suite struct SparseKernelTests {
  static let rows = [1, 2, 5, 15, 16, 17, 33, 97, 200]
  static let densities: [Float] = [0, 0.05, 0.5, 1, 0.5, 1, 0.5, 0.1, 0.1]
  static let shapes = [[1, 1], [3, 5], [12, 70], [40, 130], [4, 300]]

  private static func mask(_ count: Int, _ density: Float, _ name: String) -> BitMask {
    var stream = RandomStream(seed: 8, name, "\(count)")
    return BitMask((0..<count).map { _ in stream.uniform() < density })
  }

  /// A parameter of which `density` is alive; others are stored, but not alive, if `isCompact`.
  private static func parameter(_ shape: [Int], _ density: Float, isCompact: Bool) -> Parameter {
    let parameter = Parameter("w", shape, sparseUse: .tokens)
    parameter.set(KernelTests.numbers(parameter.elementCount, "weights"))
    let mask = mask(parameter.elementCount, density, "alive")
    if isCompact {
      parameter.store(only: mask | Self.mask(parameter.elementCount, 0.3, "others"))
    }
    parameter.alive = AliveWeights(mask, of: parameter, isSparse: true)
    return parameter
  }

  @Test(
    arguments: KernelTests.levels,
    [ProductKind.forward, .forwardStep, .backward, .backwardStep])
  func products(level: Int, kind: ProductKind) {
    for (shape, density) in zip(Self.shapes + Self.shapes, Self.densities) {
      for isCompact in [false, true] {
        let parameter = Self.parameter(shape, density, isCompact: isCompact)
        let mask = parameter.mask!
        let elements = parameter.elements
        let isForward = kind == .forward || kind == .forwardStep
        let (inner, outer) = isForward ? (shape[1], shape[0]) : (shape[0], shape[1])
        for m in Self.rows {
          // Rows further apart than they are long.
          let a = KernelTests.numbers(m * (inner + 1), "a")
          let start = KernelTests.numbers(m * (outer + 2), "c")
          for accumulate in [false, true] {
            var c = start
            KernelTests.withLevel(level) {
              let product = parameter.product(kind, rows: m, in: Workspace())
              product.prepare()
              product.multiply(
                a, lda: inner + 1, rows: m, into: &c, ldc: outer + 2, accumulate: accumulate)
            }
            for i in 0..<m {
              for j in 0..<outer + 2 {
                let at = i * (outer + 2) + j
                var sum = accumulate || j >= outer ? start[at] : 0
                for l in 0..<inner where j < outer {
                  let index = isForward ? j * shape[1] + l : l * shape[1] + j
                  if mask[index] { sum += a[i * (inner + 1) + l] * elements[index] }
                }
                if abs(c[at] - sum) > 1e-6 * Float(inner + 1) {
                  Issue.record("\(kind) \(shape) \(density) \(m): [\(i), \(j)]")
                }
              }
            }
          }
        }
      }
    }
  }

  /// Both gradients and the way to the input, with every mix of sparse and dense weights.
  @Test(arguments: KernelTests.levels, [0, 0.05, 0.5, 1] as [Float])
  func backward(level: Int, density: Float) {
    for (isSparse, isCompact) in [
      ((true, true), false), ((true, true), true), ((true, false), true), ((false, true), false),
    ] {
      for (height, widths) in [(1, (1, 1)), (12, (70, 3)), (40, (17, 130))] {
        let weights = [(widths.0, isSparse.0), (widths.1, isSparse.1)].map { width, isSparse in
          let parameter = Self.parameter(
            [height, width], density, isCompact: isCompact && isSparse)
          if !isSparse { parameter.mask = parameter.mask }
          return parameter
        }
        for m in Self.rows {
          let dz = KernelTests.numbers(m * height, "dz")
          let inputs = weights.map { KernelTests.numbers(m * $0.width, "x") }
          var dx = [Float](repeating: .nan, count: m * widths.0)
          for parameter in weights {
            parameter.clearGradient()
            parameter.gradient.update(repeating: 5)
          }
          KernelTests.withLevel(level) {
            let products = BackwardProducts(weights, rows: m, in: Workspace())
            // The first products of a step overwrite, the second add.
            for _ in 0..<2 {
              inputs[0].withUnsafeBufferPointer { x in
                inputs[1].withUnsafeBufferPointer { y in
                  products.run(
                    dz: dz, inputs: [x.baseAddress!, y.baseAddress!], rows: m, dx: &dx)
                }
              }
            }
          }
          for (parameter, x) in zip(weights, inputs) {
            let width = parameter.width
            let all = parameter.stored ?? BitMask(repeating: true, count: parameter.elementCount)
            for (place, index) in all.aliveIndices.enumerated() where parameter.mask![index] {
              let (r, s) = index.quotientAndRemainder(dividingBy: width)
              let sum = (0..<m).reduce(Float(0)) { $0 + dz[$1 * height + r] * x[$1 * width + s] }
              if abs(parameter.gradient[place] - 2 * sum) > 2e-6 * Float(m + 1) {
                Issue.record("gradient \(height)×\(width) \(m): [\(r), \(s)]")
              }
            }
          }
          let elements = weights[0].elements
          for i in 0..<m {
            for s in 0..<widths.0 {
              let sum = (0..<height).reduce(Float(0)) {
                let index = $1 * widths.0 + s
                return $0 + (weights[0].mask![index] ? dz[i * height + $1] * elements[index] : 0)
              }
              if abs(dx[i * widths.0 + s] - sum) > 1e-6 * Float(height + 1) {
                Issue.record("input \(height)×\(widths.0) \(m): [\(i), \(s)]")
              }
            }
          }
        }
      }
    }
  }

  @Test(arguments: KernelTests.levels, [1, 15, 16, 17, 50]) func turning(level: Int, rows: Int) {
    for columns in [1, 4, 16, 19, 100] {
      let stride = (rows + 15) / 16 * 16
      let from = KernelTests.numbers(rows * columns, "from")
      var to = [Float](repeating: 7, count: columns * stride)
      var back = [Float](repeating: 7, count: rows * (columns + 1))
      KernelTests.withLevel(level) {
        tk_transpose(rows, columns, from, columns, &to, stride)
        tk_transpose_back(rows, columns, to, stride, &back, columns + 1, 0)
        tk_transpose_back(rows, columns, to, stride, &back, columns + 1, 1)
      }
      for j in 0..<columns {
        for i in 0..<stride {
          #expect(to[j * stride + i] == (i < rows ? from[i * columns + j] : 0))
        }
      }
      for i in 0..<rows {
        for j in 0...columns {
          #expect(back[i * (columns + 1) + j] == (j < columns ? 2 * from[i * columns + j] : 7))
        }
      }
    }
  }
}
