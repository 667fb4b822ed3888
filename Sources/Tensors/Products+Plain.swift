import CKernels

extension Products {
  /// C (m × n, rows `ldc` apart) = A·B or C += A·B over matrices as they are in memory, by our
  /// kernels where the processor has some, else by OpenBLAS.
  ///
  /// A's element (i, l) is at `a[i · row + l · k]`, B's (l, j) at `b[l · k + j · column]`; one of
  /// the strides of each is 1.
  public static func multiply(
    m: Int, n: Int, k: Int, _ a: UnsafePointer<Float>, _ aStrides: (row: Int, k: Int),
    _ b: UnsafePointer<Float>, _ bStrides: (k: Int, column: Int),
    into c: UnsafeMutablePointer<Float>, ldc: Int, accumulate: Bool = false
  ) {
    if tk_level() == 0, let library = OpenBLAS.shared {
      library.multiply(
        m: m, n: n, k: k, a, aStrides, b, bStrides, into: c, ldc: ldc, accumulate: accumulate)
    } else {
      tk_product(
        m, n, k, a, aStrides.row, aStrides.k, b, bStrides.k, bStrides.column, nil, c, ldc,
        accumulate ? 1 : 0)
    }
  }
}
