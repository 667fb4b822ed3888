/// The sizes of a CNN-BiLSTM tagger (ALGORITHMS §1); the defaults are the published ones.
public struct NetworkShape: Sendable, Equatable {
  /// Words in the vocabulary, the unknown one included.
  public var words: Int
  /// Characters in the vocabulary, the unknown one included.
  public var characters: Int
  /// Numbers of a word vector.
  public var wordDimension = 100
  /// Numbers of a character vector.
  public var characterDimension = 30
  /// Filters of the character CNN; 0 for no characters.
  public var characterFilters = 30
  /// H, the units of a direction.
  public var hidden = 200
  /// K, the BiLSTM layers.
  public var layers = 2
  /// Dropout on the embeddings and on the BiLSTM's output.
  public var dropout: Float = 0.5
  /// Probability that a training word is read as unknown.
  public var wordDropout: Float = 0.01

  /// The published sizes for a vocabulary.
  public init(words: Int, characters: Int) {
    self.words = words
    self.characters = characters
  }
}

/// How a task's scores become labels.
public enum HeadKind: String, Sendable, CaseIterable, Codable {
  /// Each token by itself.
  case softmax
  /// The whole sentence by a linear-chain conditional random field.
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

  /// A task called `name` with `classes` labels.
  public init(name: String, classes: Int, head: HeadKind = .softmax) {
    self.name = name
    self.classes = classes
    self.head = head
  }
}
