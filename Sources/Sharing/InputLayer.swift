import Layers
import Tensors

/// What every network reads a token as: word vector ⊕ character features, after dropout and noise
/// (ALGORITHMS §1, "Base network", and §2).
final class InputLayer {
  private let words: Embedding
  private let characterParameters: [Parameter]
  private let characters: ((Batch, Tape) -> Variable)?
  /// The character vectors, where a batch reads only those of its characters.
  private let characterTable: Parameter?
  private let shape: NetworkShape

  /// An input layer of `shape`, initialised under `seed`.
  init(_ shape: NetworkShape, seed: UInt64?) {
    self.shape = shape
    words = Embedding("words", count: shape.words, dimension: shape.wordDimension, seed: seed)
    switch shape.characterEncoder {
    case .cnn where shape.characterFilters == 0:
      (characterParameters, characters, characterTable) = ([], nil, nil)
    case .cnn:
      let layer = CharacterCNN(
        alphabet: shape.characters, dimension: shape.characterDimension,
        filters: shape.characterFilters, seed: seed)
      (characterParameters, characters) = (layer.parameters, { layer($0, on: $1) })
      characterTable = nil
    case .bilstm:
      let layer = CharacterBiLSTM(
        alphabet: shape.characters, dimension: shape.characterDimension,
        hidden: shape.characterHidden, seed: seed)
      (characterParameters, characters) = (layer.parameters, { layer($0, on: $1) })
      characterTable = layer.embedding.weight
    }
  }

  /// The parameters, in the order of the weights file.
  var parameters: [Parameter] { [words.weight] + characterParameters }

  /// The input of the first BiLSTM layer, [N, D].
  func callAsFunction(_ batch: Batch, chance: Chance?, on tape: Tape) -> Variable {
    tape.part("embedding") {
      let features = tape.part("characters") {
        characters.map { (values: $0(batch, tape), rows: batch.forms) }
      }
      let input = words(
        wordDropout(batch.words, chance), beside: features,
        dropout: shape.dropout("embedding dropout", chance), on: tape)
      guard let chance, shape.inputNoise > 0 else { return input }
      return GaussianNoise(deviation: shape.inputNoise, key: chance.key("input noise"))(
        input, on: tape)
    }
  }

  /// The rows of embeddings that a step on `batch` may read: its words, the unknown word, its
  /// characters.
  func rowsRead(by batch: Batch) -> [(embedding: Parameter, rows: [Int32])] {
    [(words.weight, batch.words + [0])] + (characterTable.map { [($0, batch.characters)] } ?? [])
  }

  private func wordDropout(_ ids: [Int32], _ chance: Chance?) -> [Int32] {
    guard var stream = chance?.stream("word dropout"), shape.wordDropout > 0 else { return ids }
    return ids.map { stream.uniform() < shape.wordDropout ? 0 : $0 }
  }
}

extension NetworkShape {
  /// The network's dropout for `use` in a training step, none in evaluation.
  func dropout(_ use: String, _ chance: Chance?) -> Dropout {
    guard let chance, dropout > 0 else { return .none }
    return Dropout(rate: dropout, key: chance.key(use))
  }
}
