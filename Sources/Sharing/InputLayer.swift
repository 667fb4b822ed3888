import Batches
import Layers
import Tensors

/// What every network reads a row as: of a token its word vector ⊕ character features (Sun et al.
/// 2020, section 4; Ruder et al. 2019), and ⊕ its feature vector or that alone; after dropout and
/// noise.
public final class InputLayer {
  private let words: Embedding?
  private let characters: ((Inputs, Tape) -> Variable)?
  private let shape: NetworkShape
  /// The parameters, in the order of the weights file.
  public let parameters: [Parameter]

  /// An input layer of `shape`, initialised under `seed`.
  public init(_ shape: NetworkShape, seed: UInt64?) {
    self.shape = shape
    guard shape.rows == .tokens else {
      (words, characters, parameters) = (nil, nil, [])
      return
    }
    words =
      shape.wordDimension == 0
      ? nil
      : Embedding("words", count: shape.words, dimension: shape.wordDimension, seed: seed)
    let table = [words?.weight].compactMap(\.self)
    switch shape.characterEncoder {
    case .cnn where shape.characterFilters == 0:
      (parameters, characters) = (table, nil)
    case .cnn:
      let layer = CharacterCNN(
        alphabet: shape.characters, dimension: shape.characterDimension,
        filters: shape.characterFilters, seed: seed)
      (parameters, characters) = (table + layer.parameters, { layer($0, on: $1) })
    case .bilstm:
      let layer = CharacterBiLSTM(
        alphabet: shape.characters, dimension: shape.characterDimension,
        hidden: shape.characterHidden, seed: seed)
      (parameters, characters) = (table + layer.parameters, { layer($0, on: $1) })
    }
  }

  /// The word vectors; nil if there are none.
  public var wordTable: Parameter? { words?.weight }

  /// The input of the first layer, [N, D].
  public func callAsFunction(_ inputs: Inputs, draws: StepDraws?, on tape: Tape) -> Variable {
    tape.part("embedding") {
      // What a step reads of the tables does not depend on which words are dropped.
      words?.weight.willRead?(inputs.words + [0])
      let parts = [ofForms(inputs, draws, on: tape), features(inputs, draws, on: tape)]
      let input = SideBySide()(parts.compactMap(\.self), on: tape)
      guard let draws, shape.inputNoise > 0 else { return input }
      return GaussianNoise(deviation: shape.inputNoise, key: draws.key("input noise"))(
        input, on: tape)
    }
  }

  /// Word vectors ⊕ character features, as far as there are any.
  private func ofForms(_ inputs: Inputs, _ draws: StepDraws?, on tape: Tape) -> Variable? {
    let dropout = shape.dropout("embedding dropout", draws)
    let features = tape.part("characters") {
      characters.map { (values: $0(inputs, tape), rows: inputs.forms) }
    }
    if let words {
      return words(
        wordDropout(inputs.words, draws), beside: features, dropout: dropout, on: tape)
    }
    return features.map { FormRows()($0.values, rows: $0.rows, dropout: dropout, on: tape) }
  }

  /// The rows' feature vectors.
  private func features(_ inputs: Inputs, _ draws: StepDraws?, on tape: Tape) -> Variable? {
    let width = shape.featureDimension
    guard width > 0 else { return nil }
    let values = Tensor(
      [inputs.features.count / width, width], inputs.features, in: tape.workspace)
    return shape.dropout("feature dropout", draws)(tape.variable(values), on: tape)
  }

  private func wordDropout(_ ids: [Int32], _ draws: StepDraws?) -> [Int32] {
    guard var stream = draws?.stream("word dropout"), shape.wordDropout > 0 else { return ids }
    return ids.map { stream.uniform() < shape.wordDropout ? 0 : $0 }
  }
}

extension NetworkShape {
  /// The network's dropout for `use` in a training step, none in evaluation.
  func dropout(_ use: String, _ draws: StepDraws?) -> Dropout {
    guard let draws, dropout > 0 else { return .none }
    return Dropout(rate: dropout, key: draws.key(use))
  }
}
