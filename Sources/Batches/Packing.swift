/// Sentences of different lengths as rows of one tensor, without padding.
///
/// Sentences stand longest first. Rows are ordered by time step, and within a step by sentence:
/// step t holds the t-th token of the first `stepSizes[t]` sentences. This is the layout of
/// PyTorch's `PackedSequence`. Examples that are no sequences, such as feature vectors, are
/// sentences of one token.
///
/// Shapes: B sentences, T time steps (length of the longest sentence), N rows, one a token.
public struct Packing: Sendable, Equatable {
  /// How many sentences have a token at step t; T of them, never increasing.
  public let stepSizes: [Int]
  /// Where step t starts among the rows; T + 1 of them, the last is N.
  public let stepOffsets: [Int]

  /// A packing whose step t has `stepSizes[t]` sentences.
  public init(stepSizes: [Int]) {
    precondition(zip(stepSizes, stepSizes.dropFirst()).allSatisfy(>=), "the longest comes first")
    self.stepSizes = stepSizes
    stepOffsets = stepSizes.reduce(into: [0]) { $0.append($0.last! + $1) }
  }

  /// N.
  public var rowCount: Int { stepOffsets[stepOffsets.count - 1] }
  /// B.
  public var sentenceCount: Int { stepSizes.first ?? 0 }

  /// The rows of sentence `index`, first token to last.
  public func rows(of index: Int) -> [Int] {
    stepSizes.indices.prefix { index < stepSizes[$0] }.map { stepOffsets[$0] + index }
  }

  /// How many tokens every sentence has; B of them.
  public var lengths: [Int] {
    var lengths = [Int](repeating: 0, count: sentenceCount)
    for size in stepSizes { for index in 0..<size { lengths[index] += 1 } }
    return lengths
  }

  /// The row of every sentence's last token; B of them.
  public var lastRows: [Int] {
    var rows = [Int](repeating: 0, count: sentenceCount)
    for (step, size) in stepSizes.enumerated() {
      for index in 0..<size { rows[index] = stepOffsets[step] + index }
    }
    return rows
  }
}
