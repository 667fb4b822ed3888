import Batches
import Testing

@Suite struct PackingTests {
  /// Sentences of 4, 3 and 1 tokens.
  private let packing = Packing(stepSizes: [3, 2, 2, 1])

  @Test func rows() {
    #expect(packing.rowCount == 8 && packing.sentenceCount == 3)
    #expect(packing.stepOffsets == [0, 3, 5, 7, 8])
    #expect(packing.rows(of: 0) == [0, 3, 5, 7])
    #expect(packing.rows(of: 1) == [1, 4, 6])
    #expect(packing.rows(of: 2) == [2])
    #expect(packing.lastRows == [7, 6, 2] && packing.lengths == [4, 3, 1])
  }

  @Test func nothing() {
    let none = Packing(stepSizes: [])
    #expect(none.rowCount == 0 && none.sentenceCount == 0 && none.lastRows == [])
  }

  /// Examples that are no sequences: every one is a first and last token.
  @Test func featureVectors() {
    let batch = Batch(
      sentences: [4, 2], packing: Packing(stepSizes: [2]),
      inputs: Inputs(features: [1, 2, 3, 4, 5, 6]), labels: [1, 0])
    #expect(batch.tokenCount == 2 && batch.packing.lastRows == [0, 1])
  }
}
