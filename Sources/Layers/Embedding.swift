import CKernels
import Tensors

/// A table of vectors, one a word: ids [N] → [N, D].
public final class Embedding {
  /// The table [V, D].
  public let weight: Parameter

  /// A table of `count` vectors of `dimension` numbers, uniform in ±√(3/D).
  public init(_ name: String, count: Int, dimension: Int, seed: UInt64?) {
    weight = Parameter("\(name).weight", [count, dimension], isEmbedding: true)
    Initialisation.uniform(weight, within: (3 / Float(dimension)).squareRoot(), seed: seed)
  }

  /// The vectors of `ids`, each beside its row of `features` if there are any ([F, D₂], the rows
  /// `rows`), after dropout: [N, D + D₂]. All in one pass, and one pass back.
  public func callAsFunction(
    _ ids: [Int32], beside features: (values: Variable, rows: [Int32])? = nil,
    dropout: Dropout = .none, on tape: Tape
  ) -> Variable {
    ids.requireRows(of: weight.shape[0])
    features.map { $0.rows.requireRows(of: $0.values.value.shape[0]) }
    precondition(features == nil || features!.rows.count == ids.count, "a row an id is needed")
    weight.willRead?(ids)
    let n = ids.count
    let width = weight.width
    let more = features?.values.value.shape[1] ?? 0
    let d = width + more
    let (key, rate) = (dropout.key, dropout.rate)
    let result = tape.tensor([n, d])
    weight.withMask {
      tk_gather(n, ids, width, weight.values.baseAddress, $0, result.pointer, d, 0, key, rate)
    }
    if let (values, rows) = features {
      tk_gather(
        n, rows, more, values.value.pointer, nil, result.pointer + width, d, width, key, rate)
    }
    return tape.record(result) { [weight] gradient in
      weight.touch(ids)
      tk_scatter_add(
        n, ids, width, gradient.pointer, d, 0, key, rate, weight.gradient.baseAddress)
      guard let (values, rows) = features else { return }
      tk_scatter_add(
        n, rows, more, gradient.pointer + width, d, width, key, rate,
        tape.gradient(of: values).pointer)
    }
  }
}
