import Batches
import CKernels
import Tensors

/// Character features of a word: embedding, convolution of width 3 with zero padding 1, maximum
/// over the word's positions (Ma and Hovy 2016). Forms → [F, filters].
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
  /// Numbers that the table holds for a character.
  private var width: Int { 3 * tk_characters_stride(filters) }

  /// Features by `filters` filters over an alphabet of `alphabet` characters of `dimension`.
  public init(alphabet: Int, dimension: Int, filters: Int, seed: UInt64?) {
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

  /// The features of the distinct forms: [F, filters].
  public func callAsFunction(_ inputs: Inputs, on tape: Tape) -> Variable {
    inputs.requireCharacters(of: alphabet)
    let columns = tape.tensor([dimension, width])
    weight.withMask {
      tk_filters_to_columns(filters, dimension, weight.values.baseAddress, $0, columns.pointer)
    }
    let table = tape.tensor([alphabet, width])
    let vectors = embedding.effectiveValues(in: tape.workspace)
    Products.multiply(
      m: alphabet, n: width, k: dimension, vectors.pointer, (dimension, 1), columns.pointer,
      (width, 1), into: table.pointer, ldc: width)
    let output = tape.tensor([inputs.formCount, filters])
    let best = tape.integers(inputs.formCount * width / 3)
    let bias = bias.effectiveValues(in: tape.workspace)
    tk_characters_forward(
      inputs.formCount, inputs.formStarts, inputs.characters, filters, table.pointer, bias.pointer,
      output.pointer, best.pointer)
    return tape.record(output) { [self] gradient in
      backward(gradient, inputs, best: best, columns: columns, vectors: vectors, on: tape)
    }
  }

  private func backward(
    _ gradient: Tensor, _ inputs: Inputs, best: Integers, columns: Tensor, vectors: EffectiveValues,
    on tape: Tape
  ) {
    Products.addColumnSums(gradient.pointer, rows: inputs.formCount, toGradientOf: bias)
    let dTable = Tensor([alphabet, width], filledWith: 0, in: tape.workspace)
    tk_characters_backward(
      inputs.formCount, inputs.formStarts, inputs.characters, filters, gradient.pointer,
      best.pointer, dTable.pointer)
    embedding.ensureGradient()
    Products.multiply(
      m: alphabet, n: dimension, k: width, dTable.pointer, (width, 1), columns.pointer, (1, width),
      into: embedding.gradient.baseAddress!, ldc: dimension, accumulate: true)
    let dColumns = tape.tensor([dimension, width])
    Products.multiply(
      m: dimension, n: width, k: alphabet, vectors.pointer, (1, dimension), dTable.pointer,
      (width, 1), into: dColumns.pointer, ldc: width)
    weight.ensureGradient()
    tk_add_columns_to_filters(
      filters, dimension, dColumns.pointer, weight.gradient.baseAddress)
  }
}
