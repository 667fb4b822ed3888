import CKernels
import Layers
import Tensors

/// What keeps the two subspaces of layers apart, over input weights W [4H, D] of one direction.
///
/// A unit belongs to the first subspace if it is among the first H/2, in each of the four gates:
/// G₁ and G₂ [D, 2H] hold the weights that lead into the units of either subspace, a column a
/// gate of a unit. Dead weights count as zero.
final class SubspacePenalty {
  /// Which penalty.
  enum Kind {
    /// Σ ‖G₁ᵀG₂‖_F² (000, "Adding Inductive Bias").
    case orthogonality
    /// Σ ‖G₁‖_F + ‖G₂‖_F, the ℓ1/ℓ2 group lasso over subspaces (000, "Prior Work").
    case groupLasso
  }

  private let kind: Kind
  private let weight: Float
  private let matrices: [Parameter]
  /// Memory for either half of the matrices, which two threads may work on.
  private let workspaces = [Workspace(), Workspace()]

  /// `weight` times the penalty over `matrices`, each [4H, D].
  init(_ kind: Kind, weight: Float, of matrices: [Parameter]) {
    self.kind = kind
    self.weight = weight
    self.matrices = matrices
  }

  /// Adds the penalty's gradient to those of the matrices that a step moves, and gives the penalty
  /// over these.
  func addGradients(threads: Int) -> Double {
    let moved = matrices.filter(\.hasGradient)
    var sums = [0.0, 0.0]
    sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let sums = sums
      func add(_ half: Int, _ range: Range<Int>) {
        for matrix in moved[range] { sums[half] += addGradient(to: matrix, workspaces[half]) }
      }
      Parallel.both(
        threads: threads, { add(0, 0..<moved.count / 2) },
        { add(1, moved.count / 2..<moved.count) })
    }
    return Double(weight) * (sums[0] + sums[1])
  }

  private func addGradient(to matrix: Parameter, _ workspace: Workspace) -> Double {
    let halves = [0, 1].map { Half(of: matrix, subspace: $0, in: workspace) }
    let gradient = Tensor(matrix.shape, filledWith: 0, in: workspace)
    let value =
      switch kind {
      case .orthogonality: orthogonality(halves, gradient, workspace)
      case .groupLasso: groupLasso(halves, gradient)
      }
    matrix.addToGradient(gradient)
    return value
  }

  private func orthogonality(
    _ halves: [Half], _ gradient: Tensor, _ workspace: Workspace
  ) -> Double {
    let (n, d) = (halves[0].rows.shape[0], halves[0].rows.shape[1])
    let products = Tensor([n, n], in: workspace)
    Products.multiply(
      m: n, n: n, k: d, halves[0].rows.pointer, (d, 1), halves[1].rows.pointer, (1, d),
      into: products.pointer, ldc: n)
    let value = tk_sum_squares(products.count, products.pointer, nil)
    tk_scale(products.count, 2 * weight, products.pointer)
    for gate in 0..<4 {
      let first = gate * n / 4
      Products.multiply(
        m: n / 4, n: d, k: n, products.pointer + first * n, (n, 1), halves[1].rows.pointer, (d, 1),
        into: gradient.pointer + halves[0].start(gate) * d, ldc: d)
      Products.multiply(
        m: n / 4, n: d, k: n, products.pointer + first, (1, n), halves[0].rows.pointer, (d, 1),
        into: gradient.pointer + halves[1].start(gate) * d, ldc: d)
    }
    return value
  }

  private func groupLasso(_ halves: [Half], _ gradient: Tensor) -> Double {
    var value = 0.0
    for half in halves {
      let rows = half.rows
      let norm = tk_sum_squares(rows.count, rows.pointer, nil).squareRoot()
      value += norm
      guard norm > 0 else { continue }
      let d = rows.shape[1]
      let part = rows.count / 4
      for gate in 0..<4 {
        tk_add_scaled(
          1, part, weight / Float(norm), rows.pointer + gate * part, part,
          gradient.pointer + half.start(gate) * d, part)
      }
    }
    return value
  }

  /// The weights into one subspace's units, Gᵀ [2H, D], gate by gate.
  private struct Half {
    let rows: Tensor
    private let hidden: Int, subspace: Int

    init(of matrix: Parameter, subspace: Int, in workspace: Workspace) {
      let (hidden, d) = (matrix.shape[0] / 4, matrix.width)
      self.hidden = hidden
      self.subspace = subspace
      rows = Tensor([2 * hidden, d], in: workspace)
      let values = matrix.effectiveElements(in: workspace)
      for gate in 0..<4 {
        (rows.pointer + gate * hidden / 2 * d).update(
          from: values.pointer + start(gate) * d, count: hidden / 2 * d)
      }
    }

    /// The matrix's first row of `gate` that belongs to the subspace.
    func start(_ gate: Int) -> Int { gate * hidden + subspace * hidden / 2 }
  }
}
