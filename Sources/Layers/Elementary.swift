import CKernels
import Tensors

/// Operations that stand between the layers.
extension Tape {
  /// Dropout: every number is zeroed with probability `rate`, the others divided by 1 − rate.
  /// What is zeroed depends on `key` and the position alone. In evaluation nothing happens.
  public func dropout(_ x: Variable, rate: Float, key: UInt64) -> Variable {
    guard isRecording, rate > 0 else { return x }
    let y = tensor(x.value.shape)
    tk_dropout(y.count, x.value.pointer, y.pointer, key, rate)
    return record(y) { [self] gradient in
      let dx = tensor(x.value.shape)
      tk_dropout(dx.count, gradient.pointer, dx.pointer, key, rate)
      add(dx, to: x)
    }
  }

  /// [N, D₁] and [N, D₂] side by side: [N, D₁ + D₂].
  public func concatenate(_ x: Variable, _ y: Variable) -> Variable {
    let n = x.value.shape[0]
    let dx = x.value.shape[1]
    let dy = y.value.shape[1]
    let d = dx + dy
    let result = tensor([n, d])
    for i in 0..<n {
      (result.pointer + i * d).update(from: x.value.pointer + i * dx, count: dx)
      (result.pointer + i * d + dx).update(from: y.value.pointer + i * dy, count: dy)
    }
    return record(result) { [self] gradient in
      let left = tensor([n, dx])
      let right = tensor([n, dy])
      for i in 0..<n {
        (left.pointer + i * dx).update(from: gradient.pointer + i * d, count: dx)
        (right.pointer + i * dy).update(from: gradient.pointer + i * d + dx, count: dy)
      }
      add(left, to: x)
      add(right, to: y)
    }
  }

  /// The rows `indices` of x: [F, D] → [N, D].
  public func gather(_ x: Variable, rows indices: [Int32]) -> Variable {
    let width = x.value.shape[1]
    let result = tensor([indices.count, width])
    for (i, row) in indices.enumerated() {
      (result.pointer + i * width).update(from: x.value.pointer + Int(row) * width, count: width)
    }
    return record(result) { [self] gradient in
      let dx = self.gradient(of: x)
      for (i, row) in indices.enumerated() {
        tk_add(width, gradient.pointer + i * width, dx.pointer + Int(row) * width)
      }
    }
  }
}
