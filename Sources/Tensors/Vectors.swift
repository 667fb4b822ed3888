import CKernels

/// Element-wise work on whole tensors.
public enum Vectors {
  /// y += x.
  public static func add(_ x: Tensor, to y: Tensor) {
    precondition(x.count == y.count)
    tk_add(x.count, x.pointer, y.pointer)
  }
}
