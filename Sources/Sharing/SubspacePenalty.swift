import CKernels
import Layers
import Tensors

/// What keeps the two subspaces of layers apart, over input weights W [4H, D] of one direction.
///
/// A unit belongs to the first subspace if it is among the first H/2, in each of the four gates:
/// G₁ and G₂ [D, 2H] hold the weights that lead into the units of either subspace, a column a
/// gate of a unit. Dead weights count as zero.
final class SubspacePenalty {
  /// Which penalty; its raw value is what metrics call it.
  enum Kind: String {
    /// Σ ‖G₁ᵀG₂‖_F² (Ruder et al. 2019, "Adding Inductive Bias").
    case orthogonality
    /// Σ ‖G₁‖_F + ‖G₂‖_F, the ℓ1/ℓ2 group lasso over subspaces (the same, "Prior Work").
    case groupLasso = "group-lasso"
  }

  private let kind: Kind
  private let weight: Float
  /// Memory for either half of the matrices, which two threads may work on.
  private let workspaces = [Workspace(), Workspace()]

  /// `weight` times the penalty.
  init(_ kind: Kind, weight: Float) {
    self.kind = kind
    self.weight = weight
  }

  /// The penalty over `matrices`, each [4H, D], as a loss; its gradient is added to theirs on the
  /// way back.
  func loss(over matrices: [Parameter], on tape: Tape) -> AuxiliaryLoss {
    let terms = matrices.indices.map { index in
      Term(matrices[index], workspaces[2 * index < matrices.count ? 0 : 1], kind)
    }
    var values = [Double](repeating: 0, count: terms.count)
    values.withUnsafeMutableBufferPointer { values in
      nonisolated(unsafe) let values = values
      Self.forHalves(of: terms, threads: tape.threads) { values[$0] = terms[$0].run() }
    }
    let value = Tensor(
      [1], [Float(Double(weight) * values.reduce(0, +))], in: tape.workspace)
    let result = tape.record(value) { [weight] gradient in
      let factor = weight * gradient.pointer[0]
      Self.forHalves(of: terms, threads: tape.threads) { terms[$0].addGradient(factor) }
    }
    return AuxiliaryLoss(kind.rawValue, result)
  }

  private static func forHalves(
    of terms: [Term], threads: Int, _ body: @escaping (Int) -> Void
  ) {
    let half = (terms.count + 1) / 2
    Parallel.both(
      threads: threads, { for i in 0..<half { body(i) } },
      { for i in half..<terms.count { body(i) } })
  }
}

/// The penalty over one matrix.
private final class Term {
  private let matrix: Parameter
  private let workspace: Workspace
  private let kind: SubspacePenalty.Kind
  private var halves: [Half] = []
  /// G₁ᵀG₂ [2H, 2H] for orthogonality.
  private var products: Tensor?
  /// ‖G₁‖_F and ‖G₂‖_F for the group lasso.
  private var norms: [Double] = []

  init(_ matrix: Parameter, _ workspace: Workspace, _ kind: SubspacePenalty.Kind) {
    self.matrix = matrix
    self.workspace = workspace
    self.kind = kind
  }

  /// The value, without the weight.
  func run() -> Double {
    halves = [0, 1].map { Half(of: matrix, subspace: $0, in: workspace) }
    switch kind {
    case .orthogonality:
      let (n, d) = (halves[0].rows.shape[0], halves[0].rows.shape[1])
      let products = Tensor([n, n], in: workspace)
      Products.multiply(
        m: n, n: n, k: d, halves[0].rows.pointer, (d, 1), halves[1].rows.pointer, (1, d),
        into: products.pointer, ldc: n)
      self.products = products
      return tk_sum_squares(products.count, products.pointer, nil)
    case .groupLasso:
      norms = halves.map {
        tk_sum_squares($0.rows.count, $0.rows.pointer, nil).squareRoot()
      }
      return norms.reduce(0, +)
    }
  }

  /// Adds `factor` times the slope to the matrix's gradient.
  func addGradient(_ factor: Float) {
    let gradient = Tensor(matrix.shape, filledWith: 0, in: workspace)
    switch kind {
    case .orthogonality: addOrthogonality(factor, gradient)
    case .groupLasso: addGroupLasso(factor, gradient)
    }
    matrix.addToGradient(gradient)
  }

  private func addOrthogonality(_ factor: Float, _ gradient: Tensor) {
    guard let products else { return }
    let (n, d) = (halves[0].rows.shape[0], halves[0].rows.shape[1])
    tk_scale(products.count, 2 * factor, products.pointer)
    for gate in 0..<4 {
      let first = gate * n / 4
      Products.multiply(
        m: n / 4, n: d, k: n, products.pointer + first * n, (n, 1), halves[1].rows.pointer, (d, 1),
        into: gradient.pointer + halves[0].start(gate) * d, ldc: d)
      Products.multiply(
        m: n / 4, n: d, k: n, products.pointer + first, (1, n), halves[0].rows.pointer, (d, 1),
        into: gradient.pointer + halves[1].start(gate) * d, ldc: d)
    }
  }

  private func addGroupLasso(_ factor: Float, _ gradient: Tensor) {
    for (half, norm) in zip(halves, norms) where norm > 0 {
      let rows = half.rows
      let d = rows.shape[1]
      let part = rows.count / 4
      for gate in 0..<4 {
        tk_add_scaled(
          1, part, factor / Float(norm), rows.pointer + gate * part, part,
          gradient.pointer + half.start(gate) * d, part)
      }
    }
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
