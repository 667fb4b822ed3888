import CKernels
import COpenBLAS
import Foundation

/// OpenBLAS, loaded when it is first needed: only processors without kernels of our own need it,
/// and loading it and its threads takes longer than a short command.
public struct OpenBLAS: Sendable {
  /// The library, nil if it is not installed or lacks what we call.
  public static let shared = OpenBLAS()

  private typealias Multiply =
    @convention(c) (
      CBLAS_ORDER, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, blasint, blasint, blasint, Float,
      UnsafePointer<Float>, blasint, UnsafePointer<Float>, blasint, Float,
      UnsafeMutablePointer<Float>, blasint
    ) -> Void
  private typealias Name = @convention(c) () -> UnsafePointer<CChar>

  private let sgemm: Multiply
  /// The processor whose kernels it uses, e.g. `SkylakeX`.
  public let core: String

  private init?() {
    // Read once, while the library loads. It takes processors it does not know for old ones, so
    // it is told what it may use; its own threads cost more than they bring at our sizes.
    if tk_best_level() == 2 { setenv("OPENBLAS_CORETYPE", "SkylakeX", 0) }
    setenv("OPENBLAS_NUM_THREADS", "1", 1)
    guard let library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL),
      let sgemm = dlsym(library, "cblas_sgemm"),
      let name = dlsym(library, "openblas_get_corename")
    else { return nil }
    self.sgemm = unsafeBitCast(sgemm, to: Multiply.self)
    core = String(cString: unsafeBitCast(name, to: Name.self)())
  }

  /// C = A·B or C += A·B as `Products.multiply`.
  func multiply(
    m: Int, n: Int, k: Int, _ a: UnsafePointer<Float>, _ aStrides: (row: Int, k: Int),
    _ b: UnsafePointer<Float>, _ bStrides: (k: Int, column: Int),
    into c: UnsafeMutablePointer<Float>, ldc: Int, accumulate: Bool
  ) {
    guard m > 0, n > 0 else { return }
    let aIsPlain = aStrides.k == 1
    let bIsPlain = bStrides.column == 1
    sgemm(
      CblasRowMajor, aIsPlain ? CblasNoTrans : CblasTrans, bIsPlain ? CblasNoTrans : CblasTrans,
      blasint(m), blasint(n), blasint(k), 1, a, blasint(aIsPlain ? aStrides.row : aStrides.k), b,
      blasint(bIsPlain ? bStrides.k : bStrides.column), accumulate ? 1 : 0, c, blasint(ldc))
  }
}
