import Basics
import Tensors

/// How parameters start (Sun et al. 2020, section 4), each from a random stream of its own.
public enum Initialisation {
  /// Fills `parameter` uniformly in ±`bound` from the stream its name selects under `seed`.
  /// Without a seed it stays zero: what is loaded next need not be drawn first.
  public static func uniform(_ parameter: Parameter, within bound: Float, seed: UInt64?) {
    guard let seed else { return }
    var stream = RandomStream(seed: seed, "initialisation", parameter.name)
    for i in 0..<parameter.count { parameter.values[i] = stream.uniform(within: bound) }
  }

  /// Xavier-uniform for a matrix [outputs, inputs]: ±√(6 / (inputs + outputs)).
  public static func xavier(_ parameter: Parameter, seed: UInt64?) {
    let sum = parameter.shape[0] + parameter.shape[1]
    uniform(parameter, within: (6 / Float(sum)).squareRoot(), seed: seed)
  }
}
