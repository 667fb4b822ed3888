import CKernels
import Tensors

/// The features of every row's written form: [F, D], a form a row [N] → [N, D].
public struct FormRows: Sendable {
  /// It has nothing to set.
  public init() {}

  /// The rows `rows` of `features`, after dropout.
  public func callAsFunction(
    _ features: Variable, rows: [Int32], dropout: Dropout, on tape: Tape
  ) -> Variable {
    rows.requireRows(of: features.value.shape[0])
    let (n, width) = (rows.count, features.value.shape[1])
    let (key, rate) = (dropout.key, dropout.rate)
    let result = tape.tensor([n, width])
    tk_gather(
      n, rows, width, features.value.pointer, nil, result.pointer, width, 0, key, rate)
    return tape.record(result) { gradient in
      tk_scatter_add(
        n, rows, width, gradient.pointer, width, 0, key, rate,
        tape.gradient(of: features).pointer)
    }
  }
}
