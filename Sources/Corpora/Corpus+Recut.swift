import Basics

extension Corpus {
  /// The same tokens cut into sentences of `length` tokens each, for measuring how speed depends
  /// on length; what is left at the end is dropped.
  ///
  /// - Throws: `Failure` of kind `usage` if there is not even one such sentence.
  package func recut(every length: Int) throws -> Corpus {
    let count = tokenCount / length
    guard count > 0 else {
      throw Failure(
        .usage, "--sentence-length \(length): the data have no more than \(tokenCount) tokens")
    }
    var cut = self
    cut.tokens.removeSubrange((count * length)...)
    cut.lines.removeSubrange((count * length)...)
    cut.sentenceStarts = (0...count).map { $0 * length }
    cut.sentenceFiles = (0..<count).map { sentence in
      // Where its first token stands.
      let original = sentenceStarts.partitioningIndex { $0 > sentence * length } - 1
      return sentenceFiles[original]
    }
    for task in cut.tasks.indices {
      cut.tasks[task].labels.removeSubrange((count * length)...)
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
