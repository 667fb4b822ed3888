import Batches
import Layers
import Tensors

/// What every network reads a row as: of a token its word vector ⊕ character features (Sun et al.
/// 2020, section 4; Ruder et al. 2019), of a feature vector the vector; after dropout and noise.
final class InputLayer {
  /// What reads a batch's inputs, after dropout.
  private enum Reader {
    case words(Embedding, characters: ((Inputs, Tape) -> Variable)?)
    case vectors
  }

  private let reader: Reader
  private let shape: NetworkShape
  /// The parameters, in the order of the weights file.
  let parameters: [Parameter]

  /// An input layer of `shape`, initialised under `seed`.
  init(_ shape: NetworkShape, seed: UInt64?) {
    self.shape = shape
    guard shape.rows == .tokens else {
      (reader, parameters) = (.vectors, [])
      return
    }
    let words = Embedding("words", count: shape.words, dimension: shape.wordDimension, seed: seed)
    switch shape.characterEncoder {
    case .cnn where shape.characterFilters == 0:
      parameters = [words.weight]
      reader = .words(words, characters: nil)
    case .cnn:
      let layer = CharacterCNN(
        alphabet: shape.characters, dimension: shape.characterDimension,
        filters: shape.characterFilters, seed: seed)
      parameters = [words.weight] + layer.parameters
      reader = .words(words) { layer($0, on: $1) }
    case .bilstm:
      let layer = CharacterBiLSTM(
        alphabet: shape.characters, dimension: shape.characterDimension,
        hidden: shape.characterHidden, seed: seed)
      parameters = [words.weight] + layer.parameters
      reader = .words(words) { layer($0, on: $1) }
    }
  }

  /// The word vectors; nil if there are none.
  var wordTable: Parameter? { if case .words(let words, _) = reader { words.weight } else { nil } }

  /// The input of the first layer, [N, D].
  func callAsFunction(_ inputs: Inputs, draws: StepDraws?, on tape: Tape) -> Variable {
    tape.part("embedding") {
      let dropout = shape.dropout("embedding dropout", draws)
      let input: Variable
      switch reader {
      case .words(let words, let characters):
        // What a step reads of the tables does not depend on which words are dropped.
        words.weight.willRead?(inputs.words + [0])
        let features = tape.part("characters") {
          characters.map { (values: $0(inputs, tape), rows: inputs.forms) }
        }
        input = words(
          wordDropout(inputs.words, draws), beside: features, dropout: dropout, on: tape)
      case .vectors:
        input = dropout(features(inputs, on: tape), on: tape)
      }
      guard let draws, shape.inputNoise > 0 else { return input }
      return GaussianNoise(deviation: shape.inputNoise, key: draws.key("input noise"))(
        input, on: tape)
    }
  }

  /// The rows' feature vectors.
  private func features(_ inputs: Inputs, on tape: Tape) -> Variable {
    let width = shape.featureDimension
    return tape.variable(
      Tensor([inputs.features.count / width, width], inputs.features, in: tape.workspace))
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
