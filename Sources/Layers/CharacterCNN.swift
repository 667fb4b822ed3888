import Basics
import Tensors

/// Character features of a word: embedding, convolution of width 3 with zero padding 1, maximum
/// over the word's positions (ALGORITHMS §1). Forms → [F, filters].
///
/// The convolution of a character at each of the three offsets is computed once per character of
/// the alphabet, not once per occurrence: out[p] = b + T₀[c(p−1)] + T₁[c(p)] + T₂[c(p+1)] with
/// T_j = E·W_jᵀ. That is the same sum in another order, and many times cheaper.
public final class CharacterCNN {
  /// Character vectors [A, D].
  public let embedding: Parameter
  /// Filters [filters, D, 3], as `torch.nn.Conv1d` has them.
  public let weight: Parameter
  /// Biases [filters].
  public let bias: Parameter

  private var alphabet: Int { embedding.shape[0] }
  private var dimension: Int { embedding.shape[1] }
  private var filters: Int { weight.shape[0] }

  /// Features by `filters` filters over an alphabet of `alphabet` characters of `dimension`.
  public init(alphabet: Int, dimension: Int, filters: Int, seed: UInt64) {
    embedding = Parameter("characters.weight", [alphabet, dimension])
    weight = Parameter("conv.weight", [filters, dimension, 3], isPrunable: true)
    bias = Parameter("conv.bias", [filters])
    Initialisation.uniform(embedding, within: (3 / Float(dimension)).squareRoot(), seed: seed)
    let bound = 1 / Float(3 * dimension).squareRoot()
    Initialisation.uniform(weight, within: bound, seed: seed)
    Initialisation.uniform(bias, within: bound, seed: seed)
  }

  /// The parameters, in the order of the weights file.
  public var parameters: [Parameter] { [embedding, weight, bias] }

  /// The features of the batch's distinct forms: [F, filters].
  public func callAsFunction(_ batch: Batch, on tape: Tape) -> Variable {
    let filters = self.filters
    let alphabet = self.alphabet
    let dimension = self.dimension
    let kernel = rearrangedWeights(on: tape)
    let table = tape.tensor([alphabet, 3 * filters])
    let characters = embedding.effectiveValues(in: tape.workspace)
    let bias = bias.effectiveValues(in: tape.workspace)
    Products.blas(
      m: alphabet, n: 3 * filters, k: dimension, characters.pointer, kernel.pointer,
      bTransposed: true,
      into: table.pointer)
    let output = tape.tensor([batch.formCount, filters])
    var best = [Int32](repeating: 0, count: batch.formCount * filters)
    let row = tape.tensor([filters])
    for form in 0..<batch.formCount {
      let start = Int(batch.formStarts[form])
      let end = Int(batch.formStarts[form + 1])
      let result = output.pointer + form * filters
      result.update(repeating: -.infinity, count: filters)
      // A start inside the word even if nothing compares greater, as with weights that diverged.
      for j in 0..<filters { best[form * filters + j] = Int32(start) }
      for position in start..<end {
        row.pointer.update(from: bias.pointer, count: filters)
        for (offset, neighbour) in Self.window(position, start, end) {
          let entry =
            table.pointer + (Int(batch.characters[neighbour]) * 3 + offset) * filters
          for j in 0..<filters { row.pointer[j] += entry[j] }
        }
        for j in 0..<filters where row.pointer[j] > result[j] {
          result[j] = row.pointer[j]
          best[form * filters + j] = Int32(position)
        }
      }
    }
    return tape.record(output) { [self] gradient in
      backward(
        gradient, batch: batch, best: best, kernel: kernel, characters: characters, on: tape)
    }
  }

  private func backward(
    _ gradient: Tensor, batch: Batch, best: [Int32], kernel: Tensor,
    characters: EffectiveValues, on tape: Tape
  ) {
    let filters = self.filters
    Products.addColumnSums(gradient.pointer, rows: batch.formCount, toGradientOf: bias)
    let dTable = Tensor([alphabet, 3 * filters], filledWith: 0, in: tape.workspace)
    for form in 0..<batch.formCount {
      let start = Int(batch.formStarts[form])
      let end = Int(batch.formStarts[form + 1])
      for j in 0..<filters {
        let slope = gradient.pointer[form * filters + j]
        for (offset, neighbour) in Self.window(Int(best[form * filters + j]), start, end) {
          dTable.pointer[(Int(batch.characters[neighbour]) * 3 + offset) * filters + j] += slope
        }
      }
    }
    if !embedding.hasGradient { embedding.gradient.update(repeating: 0) }
    embedding.hasGradient = true
    Products.blas(
      m: alphabet, n: dimension, k: 3 * filters, dTable.pointer, kernel.pointer,
      into: embedding.gradient.baseAddress!, beta: 1)
    let dKernel = tape.tensor([3 * filters, dimension])
    Products.blas(
      m: 3 * filters, n: dimension, k: alphabet, dTable.pointer, aTransposed: true,
      characters.pointer, into: dKernel.pointer)
    if !weight.hasGradient { weight.gradient.update(repeating: 0) }
    weight.hasGradient = true
    for j in 0..<filters {
      for d in 0..<dimension {
        for offset in 0..<3 {
          weight.gradient[(j * dimension + d) * 3 + offset] +=
            dKernel.pointer[(offset * filters + j) * dimension + d]
        }
      }
    }
  }

  /// The filters as a matrix [3 · filters, D], offset outermost, dead weights zero.
  private func rearrangedWeights(on tape: Tape) -> Tensor {
    let kernel = tape.tensor([3 * filters, dimension])
    let values = weight.effectiveValues(in: tape.workspace)
    for j in 0..<filters {
      for d in 0..<dimension {
        for offset in 0..<3 {
          kernel.pointer[(offset * filters + j) * dimension + d] =
            values.pointer[(j * dimension + d) * 3 + offset]
        }
      }
    }
    return kernel
  }

  /// The pairs (offset in the filter, position) that position `p` of the word start..<end sees.
  @inline(__always)
  private static func window(
    _ p: Int, _ start: Int, _ end: Int
  ) -> Zip2Sequence<Range<Int>, Range<Int>> {
    let first = max(p - 1, start)
    let last = min(p + 1, end - 1)
    return zip(first - p + 1..<last - p + 2, first..<last + 1)
  }
}
