import Batches
import Layers
import Tensors

/// What every network reads a token as: word vector ⊕ character features, after dropout and noise
/// (Sun et al. 2020, section 4; Ruder et al. 2019).
final class InputLayer {
  private let words: Embedding
  private let characterParameters: [Parameter]
  private let characters: ((Inputs, Tape) -> Variable)?
  private let shape: NetworkShape

  /// An input layer of `shape`, initialised under `seed`.
  init(_ shape: NetworkShape, seed: UInt64?) {
    self.shape = shape
    words = Embedding("words", count: shape.words, dimension: shape.wordDimension, seed: seed)
    switch shape.characterEncoder {
    case .cnn where shape.characterFilters == 0:
      (characterParameters, characters) = ([], nil)
    case .cnn:
      let layer = CharacterCNN(
        alphabet: shape.characters, dimension: shape.characterDimension,
        filters: shape.characterFilters, seed: seed)
      (characterParameters, characters) = (layer.parameters, { layer($0, on: $1) })
    case .bilstm:
      let layer = CharacterBiLSTM(
        alphabet: shape.characters, dimension: shape.characterDimension,
        hidden: shape.characterHidden, seed: seed)
      (characterParameters, characters) = (layer.parameters, { layer($0, on: $1) })
    }
  }

  /// The word vectors.
  var wordTable: Parameter { words.weight }

  /// The parameters, in the order of the weights file.
  var parameters: [Parameter] { [words.weight] + characterParameters }

  /// The input of the first BiLSTM layer, [N, D].
  func callAsFunction(_ inputs: Inputs, draws: StepDraws?, on tape: Tape) -> Variable {
    tape.part("embedding") {
      // What a step reads of the tables does not depend on which words are dropped.
      words.weight.willRead?(inputs.words + [0])
      let features = tape.part("characters") {
        characters.map { (values: $0(inputs, tape), rows: inputs.forms) }
      }
      let input = words(
        wordDropout(inputs.words, draws), beside: features,
        dropout: shape.dropout("embedding dropout", draws), on: tape)
      guard let draws, shape.inputNoise > 0 else { return input }
      return GaussianNoise(deviation: shape.inputNoise, key: draws.key("input noise"))(
        input, on: tape)
    }
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
