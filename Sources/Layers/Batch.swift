/// A mini-batch of sentences, packed by time step, as every network reads it.
///
/// Sentences stand longest first. Tokens are ordered by time step, and within a step by sentence:
/// step t holds the t-th token of the first `stepSizes[t]` sentences. There is no padding; N is
/// the number of real tokens. This is PyTorch's `PackedSequence` layout.
///
/// Shapes: B sentences, T time steps (length of the longest sentence), N tokens, F distinct
/// written forms.
public struct Batch: Sendable {
  /// The sentences' indices in their corpus, longest first; B of them.
  public let sentences: [Int]
  /// How many sentences have a token at step t; T of them, never increasing.
  public let stepSizes: [Int]
  /// Where step t starts among the tokens; T + 1 of them, the last is N.
  public let stepOffsets: [Int]
  /// Word id of every token, 0 for unknown; N of them.
  public let words: [Int32]
  /// The token's written form, an index into the batch's distinct forms; N of them.
  public let forms: [Int32]
  /// Where form f's characters start in `characters`; F + 1 of them.
  public let formStarts: [Int32]
  /// Character ids of the distinct forms, one after the other, 0 for unknown.
  public let characters: [Int32]
  /// Gold label id of every token for one task, -1 for a label unseen in training; N of them, or
  /// none where no task is asked for.
  public let labels: [Int32]

  /// N.
  public var tokenCount: Int { words.count }
  /// B.
  public var sentenceCount: Int { sentences.count }
  /// F.
  public var formCount: Int { formStarts.count - 1 }

  /// Puts a batch together; see the properties for what each part holds.
  public init(
    sentences: [Int], stepSizes: [Int], words: [Int32], forms: [Int32], formStarts: [Int32],
    characters: [Int32], labels: [Int32]
  ) {
    self.sentences = sentences
    self.stepSizes = stepSizes
    stepOffsets = stepSizes.reduce(into: [0]) { $0.append($0.last! + $1) }
    self.words = words
    self.forms = forms
    self.formStarts = formStarts
    self.characters = characters
    self.labels = labels
    precondition(stepOffsets.last == words.count && forms.count == words.count)
    precondition(labels.isEmpty || labels.count == words.count)
  }

  /// The tokens of the batch's sentence `index`, first to last, as rows of packed tensors.
  public func tokens(of index: Int) -> [Int] {
    var rows: [Int] = []
    for (step, size) in stepSizes.enumerated() {
      guard index < size else { break }
      rows.append(stepOffsets[step] + index)
    }
    return rows
  }
}
