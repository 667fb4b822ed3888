import CKernels

/// A weight matrix ready for many products, its dead weights zero or left out.
///
/// W has the shape [R, S] (PyTorch's [outputs, inputs]). All memory is taken at the start;
/// `prepare` and `multiply` may then be called on another thread.
public protocol WeightProduct: AnyObject {
  /// Takes over W as it is now.
  func prepare()
  /// C = A·P or C += A·P for P = Wᵀ (forward) or W (backward): `rows` rows, A's and C's rows `lda`
  /// and `ldc` apart.
  func multiply(
    _ a: UnsafePointer<Float>, lda: Int, rows: Int, into c: UnsafeMutablePointer<Float>, ldc: Int,
    accumulate: Bool)
}

/// Which product with a weight matrix W, [R, S].
public enum ProductKind: Hashable, Sendable {
  /// X·Wᵀ: [m, S] × W → [m, R], the forward direction; `step` if m is a time step's sentences.
  case forward, forwardStep
  /// X·W: [m, R] × W → [m, S], the way back to the inputs.
  case backward, backwardStep
  /// dZᵀ·X: the gradient of W.
  case gradient

  var isForward: Bool { self == .forward || self == .forwardStep }
}

extension Parameter {
  /// This matrix, ready for products of `kind` with at most `rows` rows.
  public func product(_ kind: ProductKind, rows: Int, in workspace: Workspace) -> any WeightProduct
  {
    guard let alive, alive.isSparse else { return DenseProduct(self, for: kind, in: workspace) }
    return SparseProduct(alive.matrix(kind), of: self, for: kind, rows: rows, in: workspace)
  }
}

/// A weight matrix whose products pass over all weights, dead ones as zeros.
///
/// For products with the sentences of one time step, of which there are many, it is packed once;
/// else panel by panel on the way. Packing applies the mask, so that no masked copy of the weights
/// is ever kept.
final class DenseProduct: WeightProduct {
  private let weights: Parameter
  /// Inner and outer extent of the product, and what separates W's elements along them.
  private let k: Int, n: Int, strides: (k: Int, n: Int)
  private let packed: Tensor?

  init(_ weights: Parameter, for kind: ProductKind, in workspace: Workspace) {
    precondition(weights.stored == nil, "dense products need all weights")
    self.weights = weights
    let (rows, columns) = (weights.shape[0], weights.width)
    (k, n) = kind.isForward ? (columns, rows) : (rows, columns)
    strides = kind.isForward ? (1, columns) : (columns, 1)
    let isForSteps = kind == .forwardStep || kind == .backwardStep
    packed = isForSteps ? Tensor([tk_packed_size(k, n)], in: workspace) : nil
  }

  func prepare() {
    guard let packed else { return }
    weights.withMask {
      tk_pack(
        packed.pointer, weights.values.baseAddress, k, n, strides.k, strides.n, $0)
    }
  }

  func multiply(
    _ a: UnsafePointer<Float>, lda: Int, rows: Int, into c: UnsafeMutablePointer<Float>, ldc: Int,
    accumulate: Bool
  ) {
    if let packed {
      tk_gemm(rows, n, k, a, lda, 1, packed.pointer, c, ldc, accumulate ? 1 : 0)
    } else {
      weights.withMask {
        tk_product(
          rows, n, k, a, lda, 1, weights.values.baseAddress, strides.k, strides.n, $0, c, ldc,
          accumulate ? 1 : 0)
      }
    }
  }
}

/// Matrix products over plain memory.
public enum Products {
  /// Adds AᵀB to the parameter's gradient ([R, S]): A is [N, R], B is [N, S], rows `lda` and
  /// `ldb` apart. The first product of a step overwrites.
  public static func addTransposed(
    _ a: UnsafePointer<Float>, lda: Int, _ b: UnsafePointer<Float>, ldb: Int, rows: Int,
    toGradientOf parameter: Parameter
  ) {
    let width = parameter.width
    tk_product(
      parameter.shape[0], width, rows, a, 1, lda, b, ldb, 1, nil, parameter.gradient.baseAddress,
      width, parameter.hasGradient ? 1 : 0)
    parameter.hasGradient = true
  }

  /// Adds the column sums of A ([N, R]) to the parameter's gradient ([R]).
  public static func addColumnSums(
    _ a: UnsafePointer<Float>, rows: Int, toGradientOf parameter: Parameter
  ) {
    parameter.ensureGradient()
    tk_column_sums(rows, parameter.count, a, parameter.gradient.baseAddress)
  }

  /// Adds `values`, one for each element, to the parameter's gradient.
  public static func add(_ values: Tensor, toGradientOf parameter: Parameter) {
    parameter.ensureGradient()
    tk_add(parameter.count, values.pointer, parameter.gradient.baseAddress)
  }
}
