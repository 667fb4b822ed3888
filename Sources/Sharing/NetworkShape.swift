import Batches
import Layers
import Tensors

/// What makes features of a word's characters.
public enum CharacterEncoder: String, Sendable, CaseIterable, Codable {
  /// A convolution of width 3, then the maximum over the word (Sun et al. 2020).
  case cnn
  /// The last states of a BiLSTM's two directions (Ruder et al. 2019).
  case bilstm
}

/// The sizes of a network; the defaults are those of Sun et al. 2020, section 4.
public struct NetworkShape: Sendable, Equatable {
  /// What the rows of a batch are.
  public enum Rows: Sendable {
    /// Tokens of sentences, read by a BiLSTM.
    case tokens
    /// Feature vectors, each an example of its own, read by fully connected layers.
    case vectors
  }

  /// What the rows of a batch are.
  public var rows = Rows.tokens
  /// Numbers of a row's feature vector, beside words and characters where rows are tokens; 0 where
  /// there are none.
  public var featureDimension = 0
  /// Words in the vocabulary, the unknown one included.
  public var words: Int
  /// Characters in the vocabulary, the unknown one included.
  public var characters: Int
  /// Numbers of a word vector; 0 for no words.
  public var wordDimension = 100
  /// Numbers of a character vector.
  public var characterDimension = 30
  /// What reads characters.
  public var characterEncoder = CharacterEncoder.cnn
  /// Filters of the character CNN; 0 for no characters.
  public var characterFilters = 30
  /// Units of a direction of the character BiLSTM.
  public var characterHidden = 100
  /// H, the units of a direction, or of a fully connected layer.
  public var hidden = 200
  /// K, the layers.
  public var layers = 2
  /// Which ways layers over tokens read.
  public var directions = Directions.both
  /// Units of the hidden layer between states and labels; 0 for none.
  public var headHidden = 0
  /// What makes one vector of a text's states.
  public var pooling = TextPooling.mean
  /// Dropout on the encoder's input and output.
  public var dropout: Float = 0.5
  /// Probability that a training word is read as unknown.
  public var wordDropout: Float = 0.01
  /// Standard deviation of the noise added to the first layer's input in training.
  public var inputNoise: Float = 0

  /// The published sizes for a vocabulary.
  public init(words: Int, characters: Int) {
    self.words = words
    self.characters = characters
  }

  /// D, what the first layer reads of a row.
  package var inputWidth: Int {
    guard rows == .tokens else { return featureDimension }
    return switch characterEncoder {
    case .cnn: wordDimension + characterFilters + featureDimension
    case .bilstm: wordDimension + 2 * characterHidden + featureDimension
    }
  }

  /// S, the numbers of an encoder's state.
  var stateWidth: Int { rows == .tokens ? directions.count * hidden : hidden }

  /// One vector an example out of its `states`: of a sentence as texts are pooled, of a feature vector
  /// its state.
  func pooled(_ states: Variable, _ packing: Packing, on tape: Tape) -> Variable {
    rows == .tokens
      ? pooling(states, packing: packing, hidden: hidden, directions: directions, on: tape)
      : states
  }

  /// Layers over the input: `lstm`, or `mlp` for vectors.
  ///
  /// - Parameters:
  ///   - owner: the task it belongs to, or the module it is, part of its parameters' names; nil if
  ///     all tasks share it.
  ///   - inputs: what it reads of a row; nil for D.
  ///   - depth: how many layers; nil for K.
  ///   - isPrunable: whether pruning may remove its weights.
  public func makeEncoder(
    of owner: String? = nil, inputs: Int? = nil, depth: Int? = nil, isPrunable: Bool = true,
    seed: UInt64?
  ) -> any LayerStack {
    let suffix = owner.map { ".\($0)" } ?? ""
    let inputs = inputs ?? inputWidth
    let layers = depth ?? layers
    return switch (rows, directions) {
    case (.tokens, .both):
      BiLSTM(
        "lstm" + suffix, inputs: inputs, hidden: hidden, layers: layers, isPrunable: isPrunable,
        seed: seed)
    case (.tokens, .forward):
      LSTM(
        "lstm" + suffix, inputs: inputs, hidden: hidden, layers: layers, isPrunable: isPrunable,
        seed: seed)
    case (.vectors, _):
      FullyConnected(
        "mlp" + suffix, inputs: inputs, hidden: hidden, layers: layers, isPrunable: isPrunable,
        seed: seed)
    }
  }
}

/// How a task's scores become labels.
public enum HeadKind: String, Sendable, CaseIterable, Codable {
  /// Each token or text by itself.
  case softmax
  /// The whole sentence by a linear-chain conditional random field; texts each by itself.
  case crf
}

/// A task as a network sees it.
public struct TaskShape: Sendable, Equatable {
  /// The task's name, part of its head's parameter names.
  public let name: String
  /// C, how many labels it has.
  public let classes: Int
  /// How its scores become labels.
  public let head: HeadKind
  /// λ, what its loss counts for (Ruder et al. 2019).
  public let lossWeight: Float
  /// What its labels belong to.
  public let level: LabelLevel
  /// What it predicts; for regression C is 1.
  public let kind: TaskKind

  /// A task called `name` with `classes` labels, or with values.
  public init(
    name: String, classes: Int, head: HeadKind = .softmax, lossWeight: Float = 1,
    level: LabelLevel = .token, kind: TaskKind = .classification
  ) {
    precondition(kind == .classification || classes == 1, "a value is one score")
    self.name = name
    self.classes = classes
    self.head = head
    self.lossWeight = lossWeight
    self.level = level
    self.kind = kind
  }
}
