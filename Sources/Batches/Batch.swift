/// A mini-batch, as every network reads it: a packing, what its rows hold, and the gold labels of
/// one task.
///
/// Shapes: B sentences or texts, N rows, one a token; see `Packing` and `Inputs`.
public struct Batch: Sendable {
  /// The sentences' indices in their corpus, longest first; B of them.
  public let sentences: [Int]
  /// Which row is which sentence's which token.
  public let packing: Packing
  /// What the rows hold.
  public let inputs: Inputs
  /// Gold label ids of one task, -1 for a label unseen in training: N of them where labels belong
  /// to tokens, B where they belong to texts or vectors, none where no task is asked for.
  public let labels: [Int32]
  /// Gold values of a task of regression instead, B of them.
  public let values: [Float]

  /// Puts a batch together; see the properties for what each part holds.
  public init(
    sentences: [Int], packing: Packing, inputs: Inputs, labels: [Int32] = [], values: [Float] = []
  ) {
    let rows = packing.rowCount
    precondition(sentences.count == packing.sentenceCount)
    precondition(inputs.words.isEmpty || inputs.words.count == rows)
    precondition(rows == 0 || inputs.features.count % rows == 0)
    precondition(labels.isEmpty || labels.count == rows || labels.count == sentences.count)
    precondition(values.isEmpty || values.count == sentences.count)
    self.sentences = sentences
    self.packing = packing
    self.inputs = inputs
    self.labels = labels
    self.values = values
  }

  /// N.
  public var tokenCount: Int { packing.rowCount }
  /// B.
  public var sentenceCount: Int { sentences.count }
}
