import CKernels

/// A weight matrix packed for many products, its dead weights zero.
///
/// W has the shape [R, S] (PyTorch's [outputs, inputs]). Packing applies the mask, so that no
/// masked copy of the weights is ever kept.
public struct PackedWeights {
  /// Which product the packing is for.
  public enum Product {
    /// X·Wᵀ: [m, S] × W → [m, R], the forward direction.
    case forward
    /// X·W: [m, R] × W → [m, S], the way back to the inputs.
    case backward
  }

  private let weights: Parameter
  private let product: Product
  private let packed: Tensor
  /// Inner and outer extent of the product.
  private let k: Int, n: Int

  /// Room for W, the values of `weights` under its mask; `pack` fills it.
  public init(_ weights: Parameter, for product: Product, in workspace: Workspace) {
    self.weights = weights
    self.product = product
    k = product == .forward ? weights.width : weights.shape[0]
    n = product == .forward ? weights.shape[0] : weights.width
    packed = Tensor([tk_packed_size(k, n)], in: workspace)
  }

  /// Packs W as it is now; may be called on another thread than `init`.
  public func pack() {
    let isForward = product == .forward
    precondition(weights.stored == nil, "dense products need all weights")
    weights.withMask {
      tk_pack(
        packed.pointer, weights.values.baseAddress, k, n, isForward ? 1 : n, isForward ? k : 1, $0)
    }
  }

  /// C = A·P or C += A·P for the packed P: `rows` rows, A's and C's rows `lda` and `ldc` apart.
  public func multiply(
    _ a: UnsafePointer<Float>, lda: Int, rows: Int, into c: UnsafeMutablePointer<Float>, ldc: Int,
    accumulate: Bool
  ) {
    tk_gemm(rows, n, k, a, lda, 1, packed.pointer, c, ldc, accumulate ? 1 : 0)
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
    tk_gemm_rows(
      parameter.shape[0], width, rows, a, 1, lda, b, ldb, parameter.gradient.baseAddress, width,
      parameter.hasGradient ? 1 : 0)
    parameter.hasGradient = true
  }

  /// Adds the column sums of A ([N, R]) to the parameter's gradient ([R]).
  public static func addColumnSums(
    _ a: UnsafePointer<Float>, rows: Int, toGradientOf parameter: Parameter
  ) {
    if !parameter.hasGradient { parameter.gradient.update(repeating: 0) }
    tk_column_sums(rows, parameter.count, a, parameter.gradient.baseAddress)
    parameter.hasGradient = true
  }

  /// Adds `values` to the parameter's gradient.
  public static func add(_ values: Tensor, toGradientOf parameter: Parameter) {
    if !parameter.hasGradient { parameter.gradient.update(repeating: 0) }
    tk_add(parameter.count, values.pointer, parameter.gradient.baseAddress)
    parameter.hasGradient = true
  }
}
