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
      let width = units * Int(TK_UNIT)
      tk_transpose(count, k, a + start * lda, lda, self.a.pointer, width)
      matrix.multiply(units: units, self.a.pointer, into: self.c.pointer)
      tk_transpose_back(
        count, n, self.c.pointer, width, c + start * ldc, ldc, accumulate ? 1 : 0)
    }
  }
}

/// The gradient of a weight matrix: dense, or at its alive weights only.
///
/// All memory is taken at the start; `add` may then be called on another thread.
public final class WeightGradient {
  /// Units of tokens that are turned round at a time.
  private static let most = 8

  private let weights: Parameter
  private let sparse: (matrix: SparseMatrix, blocks: TokenBlocks, dz: Tensor, x: Tensor)?

  /// The gradient of `weights`, [R, S], over at most `rows` tokens.
  public init(_ weights: Parameter, rows: Int, in workspace: Workspace) {
    self.weights = weights
    guard let alive = weights.alive, alive.isSparse else {
      sparse = nil
      return
    }
    let blocks = TokenBlocks(most: min(Self.most, TokenBlocks.units(rows)))
    let width = blocks.most * Int(TK_UNIT)
    sparse = (
      alive.matrix(.gradient), blocks, Tensor([weights.shape[0], width], in: workspace),
      Tensor([weights.width, width], in: workspace)
    )
  }

  /// Adds dZᵀ·X: dZ is [rows, R], X is [rows, S], rows `lddz` and `ldx` apart. The first product
  /// of a step overwrites.
  public func add(
    _ dz: UnsafePointer<Float>, lddz: Int, _ x: UnsafePointer<Float>, ldx: Int, rows: Int
  ) {
    guard let sparse else {
      Products.addTransposed(
        dz, lda: lddz, x, ldb: ldx, rows: rows, toGradientOf: weights)
      return
    }
    sparse.blocks.forEach(rows) { start, count, units in
      let width = units * Int(TK_UNIT)
      tk_transpose(count, weights.shape[0], dz + start * lddz, lddz, sparse.dz.pointer, width)
      tk_transpose(count, weights.width, x + start * ldx, ldx, sparse.x.pointer, width)
      sparse.matrix.takeGradient(
        units: units, sparse.dz.pointer, sparse.x.pointer, accumulate: start > 0)
    }
    sparse.matrix.deliver(
      to: weights.gradient.baseAddress!, accumulate: weights.hasGradient)
    weights.hasGradient = true
  }
}

/// Rows of tokens in blocks of nearly equal size.
private struct TokenBlocks {
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
