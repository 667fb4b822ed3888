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
    weight.withMask { mask in
      for (i, id) in ids.enumerated() {
        let row = result.pointer + i * width
        row.update(from: weight.values.baseAddress! + Int(id) * width, count: width)
        guard let mask else { continue }
        for j in 0..<width {
          let bit = Int(id) * width + j
          if mask[bit / 64] >> (bit % 64) & 1 == 0 { row[j] = 0 }
        }
      }
    }
    return tape.record(result) { [weight] gradient in
      weight.hasGradient = true
      for (i, id) in ids.enumerated() {
        weight.addToRow(Int(id), gradient.pointer + i * width)
      }
    }
  }
}
