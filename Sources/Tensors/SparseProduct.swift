import CKernels

/// Products with the alive weights of a matrix only.
///
/// The kernels are feature-major, tokens in the vector lanes; activations are token-major. A few
/// units of tokens at a time are turned round, multiplied and turned back, all of it in the
/// second cache.
final class SparseProduct: WeightProduct {
  private let matrix: SparseMatrix
  private let weights: Parameter
  /// Inner and outer extent of the product.
  private let k: Int, n: Int
  private let blocks: TokenBlocks
  /// A few units of tokens of A and of C, feature-major.
  private let a: Tensor, c: Tensor

  init(
    _ matrix: SparseMatrix, of weights: Parameter, for kind: ProductKind, rows: Int,
    in workspace: Workspace
  ) {
    self.matrix = matrix
    self.weights = weights
    k = kind.isForward ? weights.width : weights.shape[0]
    n = kind.isForward ? weights.shape[0] : weights.width
    blocks = TokenBlocks(most: min(tk_sparse_units(), TokenBlocks.units(rows)))
    a = Tensor([k, blocks.most * Int(TK_UNIT)], in: workspace)
    c = Tensor([n, blocks.most * Int(TK_UNIT)], in: workspace)
  }

  func prepare() { matrix.fetch(from: weights.values.baseAddress!) }

  func multiply(
    _ a: UnsafePointer<Float>, lda: Int, rows: Int, into c: UnsafeMutablePointer<Float>, ldc: Int,
    accumulate: Bool
  ) {
    blocks.forEach(rows) { start, count, units in
      tk_transpose(count, k, a + start * lda, lda, self.a.pointer, units * Int(TK_UNIT))
      multiply(
        units, self.a.pointer, rows: count, into: c + start * ldc, ldc: ldc, accumulate: accumulate)
    }
  }

  /// The product for `units` units of tokens, `rows` rows, of which A is feature-major.
  func multiply(
    _ units: Int, _ a: UnsafePointer<Float>, rows: Int, into c: UnsafeMutablePointer<Float>,
    ldc: Int, accumulate: Bool
  ) {
    matrix.multiply(units: units, a, into: self.c.pointer)
    tk_transpose_back(
      rows, n, self.c.pointer, units * Int(TK_UNIT), c, ldc, accumulate ? 1 : 0)
  }
}

/// Rows of tokens in blocks of nearly equal size.
struct TokenBlocks {
  /// The most units of tokens in a block.
  let most: Int

  static func units(_ rows: Int) -> Int { (rows + Int(TK_UNIT) - 1) / Int(TK_UNIT) }

  /// Calls `body` with each block's first row, its rows and the units they take.
  func forEach(_ rows: Int, _ body: (_ start: Int, _ count: Int, _ units: Int) -> Void) {
    let units = Self.units(rows)
    let blocks = (units + most - 1) / most
    var unit = 0
    for block in 0..<blocks {
      let width = (units - unit) / (blocks - block)
      let start = unit * Int(TK_UNIT)
      unit += width
      body(start, min(rows - start, width * Int(TK_UNIT)), width)
    }
  }
}
