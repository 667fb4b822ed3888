import Tensors

/// An affine map: [N, D] → [N, C], Y = X·Wᵀ + b.
public final class Linear {
  /// W [C, D].
  public let weight: Parameter
  /// b [C].
  public let bias: Parameter

  /// A map from `inputs` to `outputs` numbers, Xavier-uniform weights and zero bias.
  public init(_ name: String, inputs: Int, outputs: Int, seed: UInt64?) {
    weight = Parameter("\(name).weight", [outputs, inputs])
    bias = Parameter("\(name).bias", [outputs])
    Initialisation.xavier(weight, seed: seed)
  }

  /// Applies the map to every row of `x`.
  public func callAsFunction(_ x: Variable, on tape: Tape) -> Variable {
    let n = x.value.shape[0]
    let outputs = weight.shape[0]
    let inputs = weight.width
    let y = tape.tensor([n, outputs])
    for i in 0..<n {
      (y.pointer + i * outputs).update(from: bias.values.baseAddress!, count: outputs)
    }
    let w = weight.effectiveValues(in: tape.workspace)
    func multiply(_ rows: Range<Int>) {
      let start = rows.lowerBound
      Products.multiply(
        m: rows.count, n: outputs, k: inputs, x.value.pointer + start * inputs, (inputs, 1),
        w.pointer,
        (1, inputs), into: y.pointer + start * outputs, ldc: outputs, accumulate: true)
    }
    Parallel.both(threads: tape.threads, { multiply(0..<n / 2) }, { multiply(n / 2..<n) })
    return tape.record(y) { [weight, bias] gradient in
      let dx = tape.tensor(x.value.shape)
      Parallel.both(
        threads: tape.threads,
        {
          Products.multiply(
            m: n, n: inputs, k: outputs, gradient.pointer, (outputs, 1), w.pointer, (inputs, 1),
            into: dx.pointer, ldc: inputs)
        },
        {
          Products.addTransposed(
            gradient.pointer, lda: outputs, x.value.pointer, ldb: inputs, rows: n,
            toGradientOf: weight)
          Products.addColumnSums(gradient.pointer, rows: n, toGradientOf: bias)
        })
      tape.add(dx, to: x)
    }
  }
}
