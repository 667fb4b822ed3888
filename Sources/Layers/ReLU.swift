import Tensors

/// The rectifier: max(x, 0), number by number.
public struct ReLU: Sendable {
  /// The rectifier; it has nothing to set.
  public init() {}

  /// What of x is above zero, a tensor of x's shape; NaN stays NaN, so that it is noticed.
  public func callAsFunction(_ x: Variable, on tape: Tape) -> Variable {
    let count = x.value.count
    let y = tape.tensor(x.value.shape)
    let (from, to) = (x.value.pointer, y.pointer)
    for i in 0..<count { to[i] = from[i] < 0 ? 0 : from[i] }
    return tape.record(y) { gradient in
      let dx = tape.tensor(y.shape)
      let (slope, upstream, result) = (y.pointer, gradient.pointer, dx.pointer)
      for i in 0..<count { result[i] = slope[i] > 0 ? upstream[i] : 0 }
      tape.add(dx, to: x)
    }
  }
}
