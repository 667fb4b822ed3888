import CKernels
import Tensors

/// One use of input noise: to every number one from N(0, σ²) is added (Ruder et al. 2019). Which
/// one depends on `key` and the number's place alone.
///
/// Dropout under the same key would draw from the same hash; give each use a key of its own.
public struct GaussianNoise: Sendable {
  /// Where nothing is added, as in evaluation.
  public static let none = GaussianNoise(deviation: 0, key: 0)

  let deviation: Float
  let key: UInt64

  /// Noise of standard deviation `deviation`, σ, as `key` selects it.
  public init(deviation: Float, key: UInt64) {
    self.deviation = deviation
    self.key = key
  }

  /// x with noise, a tensor of its shape; x itself where σ is 0.
  public func callAsFunction(_ x: Variable, on tape: Tape) -> Variable {
    guard deviation > 0 else { return x }
    let (from, count) = (x.value.pointer, x.value.count)
    let y = tape.tensor(x.value.shape)
    let half = count / 128 * 64
    Parallel.both(
      threads: tape.threads, { tk_noise(half, from, y.pointer, 0, key, deviation) },
      { tk_noise(count - half, from + half, y.pointer + half, half, key, deviation) })
    // Nothing else reads the gradient of the sum, so x may take it over as it is.
    return tape.record(y) { gradient in tape.add(gradient, to: x) }
  }
}
