import Batches

/// The batches of a pass over a corpus, each packed when it is asked for.
///
/// Packing takes microseconds, and a pass over a large corpus would take much memory at once. A
/// list belongs to one thread.
public struct BatchList: RandomAccessCollection {
  private let corpus: EncodedCorpus
  private let sentences: [[Int]]
  private let packer: BatchPacker

  /// - Parameter sentences: each batch's, the longest first.
  init(
    _ corpus: EncodedCorpus, _ sentences: [[Int]], _ labels: [Int32], _ values: [Float],
    _ level: LabelLevel
  ) {
    self.corpus = corpus
    self.sentences = sentences
    packer = BatchPacker(encoded: corpus, labels: labels, values: values, level: level)
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { sentences.count }

  /// Packs batch `index`.
  public subscript(index: Int) -> Batch { packer.pack(sentences[index]) }

  /// How many tokens batch `index` has, without packing it.
  public func tokenCount(_ index: Int) -> Int {
    sentences[index].reduce(0) { $0 + corpus.corpus.length(ofSentence: $1) }
  }
}
