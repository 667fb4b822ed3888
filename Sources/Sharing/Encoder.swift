import Layers
import Tensors

/// The CNN-BiLSTM below the task heads: word embedding ⊕ character CNN → BiLSTM stack
/// (ALGORITHMS §1, "Base network").
public final class Encoder {
  /// The word vectors.
  public let words: Embedding
  /// The character features; nil if there are none.
  public let characters: CharacterCNN?
  /// The BiLSTM stack.
  public let lstm: BiLSTM
  private let shape: NetworkShape

  /// An encoder of `shape`, initialised under `seed`.
  public init(_ shape: NetworkShape, seed: UInt64?) {
    self.shape = shape
    words = Embedding("words", count: shape.words, dimension: shape.wordDimension, seed: seed)
    characters =
      shape.characterFilters == 0
      ? nil
      : CharacterCNN(
        alphabet: shape.characters, dimension: shape.characterDimension,
        filters: shape.characterFilters, seed: seed)
    lstm = BiLSTM(
      "lstm", inputs: shape.wordDimension + shape.characterFilters, hidden: shape.hidden,
      layers: shape.layers, seed: seed)
  }

  /// The parameters, in the order of the weights file.
  public var parameters: [Parameter] {
    [words.weight] + (characters?.parameters ?? []) + lstm.parameters
  }

  /// The states of the top layer, after dropout: [N, 2H].
  public func callAsFunction(_ batch: Batch, chance: Chance?, on tape: Tape) -> Variable {
    let input = tape.part("embedding") {
      let features = tape.part("characters") {
        characters.map { (values: $0(batch, on: tape), rows: batch.forms) }
      }
      return words(
        wordDropout(batch.words, chance), beside: features,
        dropout: dropout("embedding dropout", chance), on: tape)
    }
    let states = tape.part("BiLSTM") { lstm(input, batch: batch, on: tape) }
    return tape.part("heads") { dropout("output dropout", chance)(states, on: tape) }
  }

  /// The rows of the word embedding that a step on `batch` may read: its words and the unknown.
  public func rowsRead(by batch: Batch) -> [(embedding: Parameter, rows: [Int32])] {
    [(words.weight, batch.words + [0])]
  }

  private func wordDropout(_ ids: [Int32], _ chance: Chance?) -> [Int32] {
    guard var stream = chance?.stream("word dropout"), shape.wordDropout > 0 else { return ids }
    return ids.map { stream.uniform() < shape.wordDropout ? 0 : $0 }
  }

  private func dropout(_ use: String, _ chance: Chance?) -> Dropout {
    guard let chance, shape.dropout > 0 else { return .none }
    return Dropout(rate: shape.dropout, key: chance.key(use))
  }
}
