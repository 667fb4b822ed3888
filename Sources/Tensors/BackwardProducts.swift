import CKernels

/// All products on the way back through Z = X·Wᵀ, or X·W₁ᵀ + Y·W₂ᵀ, but those of single steps: the
/// gradients of the weight matrices and that of X.
///
/// Sparse products read dZ feature-major; it is turned round once for all of them. All memory is
/// taken at the start; `run` may then be called on another thread.
public final class BackwardProducts {
  /// Activations [rows, width], their rows side by side.
  public typealias Activations = UnsafePointer<Float>

  private let weights: [Parameter]
  /// Where each gradient is computed at the alive weights only; nil where it is dense.
  private let gradients: [SparseMatrix?]
  private let toInput: any WeightProduct
  private let blocks: TokenBlocks
  /// A few units of tokens of dZ and of X or Y, feature-major.
  private let dz: Tensor, x: Tensor

  /// The products with the `weights`, each [R, S] with an S of its own, over at most `rows` tokens.
  public init(_ weights: [Parameter], rows: Int, in workspace: Workspace) {
    self.weights = weights
    gradients = weights.map { weights in
      guard let alive = weights.alive, alive.isSparse else { return nil }
      return alive.matrix(.gradient)
    }
    toInput = weights[0].product(.backward, rows: rows, in: workspace)
    blocks = TokenBlocks(most: min(tk_sparse_units(), TokenBlocks.units(rows)))
    let isDense = gradients.allSatisfy { $0 == nil }
    let width = isDense ? 0 : blocks.most * Int(TK_UNIT)
    dz = Tensor([weights[0].shape[0], width], in: workspace)
    x = Tensor([weights.map(\.width).max()!, width], in: workspace)
  }

  /// Adds dZᵀ·X to the gradient of each of the weights, X being what it was multiplied with, the
  /// first of a step overwriting, and puts dZ·W of the first of them into `dx`.
  public func run(
    dz: Activations, inputs: [Activations], rows: Int, dx: UnsafeMutablePointer<Float>
  ) {
    let height = weights[0].shape[0]
    let width = weights[0].width
    var sparse: [(SparseMatrix, Parameter, Activations)] = []
    for ((gradient, weights), x) in zip(zip(gradients, weights), inputs) {
      if let gradient {
        sparse.append((gradient, weights, x))
      } else {
        Products.addTransposed(
          dz, lda: height, x, ldb: weights.width, rows: rows, toGradientOf: weights)
      }
    }
    toInput.prepare()
    let sparseToInput = toInput as? SparseProduct
    if sparseToInput == nil {
      toInput.multiply(dz, lda: height, rows: rows, into: dx, ldc: width, accumulate: false)
    }
    guard !sparse.isEmpty else { return }
    blocks.forEach(rows) { start, count, units in
      let columns = units * Int(TK_UNIT)
      tk_transpose(count, height, dz + start * height, height, self.dz.pointer, columns)
      for (matrix, weights, x) in sparse {
        let width = weights.width
        tk_transpose(count, width, x + start * width, width, self.x.pointer, columns)
        matrix.takeGradient(
          units: units, self.dz.pointer, self.x.pointer, accumulate: start > 0)
      }
      sparseToInput?.multiply(
        units, self.dz.pointer, rows: count, into: dx + start * width, ldc: width,
        accumulate: false)
    }
    for (matrix, weights, _) in sparse {
      matrix.deliver(to: weights.gradient.baseAddress!, accumulate: weights.hasGradient)
      weights.hasGradient = true
    }
  }
}
