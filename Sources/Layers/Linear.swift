import CKernels
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
    let packed = tape.tensor([tk_packed_size(inputs, outputs)])
    let w = weight.values.baseAddress!
    tk_pack(packed.pointer, w, inputs, outputs, 1, inputs, nil)
    func multiply(_ rows: Range<Int>) {
      let start = rows.lowerBound
      tk_gemm(
        rows.count, outputs, inputs, x.value.pointer + start * inputs, inputs, 1, packed.pointer,
        y.pointer + start * outputs, outputs, 1)
    }
    Parallel.both(threads: tape.threads, { multiply(0..<n / 2) }, { multiply(n / 2..<n) })
    return tape.record(y) { [weight, bias] gradient in
      let dx = tape.tensor(x.value.shape)
      Parallel.both(
        threads: tape.threads,
        {
          tk_gemm_rows(
            n, inputs, outputs, gradient.pointer, outputs, 1, w, inputs, dx.pointer, inputs, 0)
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
