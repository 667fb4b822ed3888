import Basics
import Batches

extension EncodedCorpus {
  /// How many batches' worth of sentences are sorted by length together.
  ///
  /// Large enough that sentences of a batch have nearly one length, small enough that batches
  /// differ from epoch to epoch.
  private static let poolSize = 50

  /// All sentences in batches of `size` of similar lengths, in random order.
  ///
  /// Sentences are shuffled and cut into pools of 50 batches; each pool is sorted by length and
  /// cut into batches; the batches are shuffled. The order depends on `stream` alone. The last
  /// batch of the last pool may be smaller.
  ///
  /// - Parameters:
  ///   - labels: a label id for every token of the corpus, or for every sentence where `level` says
  ///     so, or none.
  ///   - values: a value for every sentence, or none.
  public func batches(
    size: Int, labels: [Int32] = [], values: [Float] = [], level: LabelLevel = .token,
    stream: inout RandomStream
  ) -> BatchList {
    let shuffled = (0..<corpus.sentenceCount).shuffled(using: &stream)
    var batches: [[Int]] = []
    for pool in Self.cut(shuffled, size * Self.poolSize) {
      batches += Self.cut(longestFirst(pool), size)
    }
    batches.shuffle(using: &stream)
    return BatchList(self, batches, labels, values, level)
  }

  /// All sentences in batches of `size`, the longest first; the same at every call.
  ///
  public func evaluationBatches(size: Int) -> BatchList {
    BatchList(self, Self.cut(longestFirst(Array(0..<corpus.sentenceCount)), size), [], [], .token)
  }

  /// How many labels the corpus has at `level`: its tokens or its sentences.
  public func count(_ level: LabelLevel) -> Int {
    level == .token ? corpus.tokenCount : corpus.sentenceCount
  }

  /// Puts the values of a batch's tokens, or of its sentences, where these stand in the corpus.
  ///
  /// - Parameters:
  ///   - values: N × `width` values in the batch's order, or B × `width`.
  ///   - batch: a batch of this corpus.
  ///   - width: how many values a token or sentence has.
  ///   - result: `width` values per token or sentence of the corpus.
  public func unpack<Value>(
    _ values: [Value], of batch: Batch, level: LabelLevel = .token, width: Int = 1,
    into result: inout [Value]
  ) {
    precondition(result.count == count(level) * width)
    guard level == .token else {
      precondition(values.count == batch.sentenceCount * width)
      for (i, sentence) in batch.sentences.enumerated() {
        for j in 0..<width { result[sentence * width + j] = values[i * width + j] }
      }
      return
    }
    precondition(values.count == batch.tokenCount * width)
    for (step, size) in batch.packing.stepSizes.enumerated() {
      for i in 0..<size {
        let from = (batch.packing.stepOffsets[step] + i) * width
        let to = (corpus.sentenceStarts[batch.sentences[i]] + step) * width
        for j in 0..<width { result[to + j] = values[from + j] }
      }
    }
  }

  private func longestFirst(_ sentences: [Int]) -> [Int] {
    // Of equal lengths the earlier stays first, so that no detail of sorting shows.
    let entries = sentences.enumerated().map {
      (place: $0.offset, sentence: $0.element, length: corpus.length(ofSentence: $0.element))
    }
    return
      entries
      .sorted { $0.length != $1.length ? $0.length > $1.length : $0.place < $1.place }
      .map(\.sentence)
  }

  private static func cut(_ sentences: [Int], _ size: Int) -> [[Int]] {
    precondition(size > 0, "a batch holds at least one sentence")
    return stride(from: 0, to: sentences.count, by: size).map {
      Array(sentences[$0..<min($0 + size, sentences.count)])
    }
  }
}
