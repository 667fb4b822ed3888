import Basics
import Batches

extension Corpus {
  /// The same tokens cut into sentences of `length` tokens each, for measuring how speed depends
  /// on length; what is left at the end is dropped.
  ///
  /// - Throws: `Failure` of kind `usage` if there is not even one such sentence, or the tokens are
  ///   feature vectors, which make no sentences.
  package func recut(every length: Int) throws -> Corpus {
    guard hasWords else {
      throw Failure(
        .usage, setting: "sentence-length", value: "\(length)", "feature vectors make no sentences")
    }
    let count = tokenCount / length
    guard count > 0 else {
      throw Failure(
        .usage, setting: "sentence-length", value: "\(length)",
        "the data have no more than \(tokenCount) tokens")
    }
    var cut = self
    cut.tokens.removeSubrange((count * length)...)
    cut.lines.removeSubrange((count * length)...)
    cut.sentenceStarts = (0...count).map { $0 * length }
    // The old sentences, by where the first tokens of the new ones stand.
    let originals = (0..<count).map { sentence in
      sentenceStarts.partitioningIndex { $0 > sentence * length } - 1
    }
    cut.sentenceFiles = originals.map { sentenceFiles[$0] }
    cut.features = features?.choosing([0..<count * length])
    for task in cut.tasks.indices {
      switch cut.tasks[task].level {
      case .token: cut.tasks[task].labels.removeSubrange((count * length)...)
      case .text, .vector: cut.tasks[task].labels = originals.map { tasks[task].labels[$0] }
      }
    }
    return cut
  }
}

extension [Int] {
  /// The first index whose element, and all behind it, satisfy `predicate`.
  fileprivate func partitioningIndex(where predicate: (Int) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
