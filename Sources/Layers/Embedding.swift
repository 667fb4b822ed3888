import Basics
import Tensors

/// A table of vectors, one a word: ids [N] → [N, D].
public final class Embedding {
  /// The table [V, D].
  public let weight: Parameter

  /// A table of `count` vectors of `dimension` numbers, uniform in ±√(3/D).
  public init(_ name: String, count: Int, dimension: Int, seed: UInt64) {
    weight = Parameter("\(name).weight", [count, dimension], isEmbedding: true)
    Initialisation.uniform(weight, within: (3 / Float(dimension)).squareRoot(), seed: seed)
  }

  /// The vectors of `ids`.
  public func callAsFunction(_ ids: [Int32], on tape: Tape) -> Variable {
    let width = weight.width
    let result = tape.tensor([ids.count, width])
    let table = weight.effectiveValues(in: tape.workspace)
    for (i, id) in ids.enumerated() {
      (result.pointer + i * width).update(from: table.pointer + Int(id) * width, count: width)
    }
    return tape.record(result) { [weight] gradient in
      weight.hasGradient = true
      for (i, id) in ids.enumerated() {
        weight.addToRow(Int(id), gradient.pointer + i * width)
      }
    }
  }
}
