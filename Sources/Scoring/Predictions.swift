import Corpora

/// What was predicted for every token, text or vector of a corpus, in its order.
public enum Predictions: Hashable, Sendable {
  /// Labels as files write them: numbers of `names`.
  case labels(names: [String], ids: [Int32])
  /// Values, for regression.
  case values([Float])

  /// Labels as files write them.
  public init(fileLabels: [String]) {
    var table = StringTable()
    let ids = fileLabels.map { table.intern($0) }
    self = .labels(names: table.strings, ids: ids)
  }

  /// Labels as files write them, of what a network predicts.
  ///
  /// - Parameters:
  ///   - predicted: a label id of the task's vocabulary for every token, text or vector.
  ///   - data: the corpus and the task.
  public init(_ predicted: [Int32], for data: TaskData) {
    precondition(predicted.count == data.labels.count, "one label a token or text is needed")
    let corpus = data.encoded.corpus
    guard data.task.isSpans else {
      self = .labels(names: data.task.labels, ids: predicted)
      return
    }
    self.init(
      fileLabels: (0..<corpus.sentenceCount).flatMap {
        data.task.fileLabels(predicted[corpus.range(ofSentence: $0)])
      })
  }

  /// The label of every token, text or vector; none for values.
  public var labels: [String] {
    guard case .labels(let names, let ids) = self else { return [] }
    return ids.map { names[Int($0)] }
  }

  /// Whether they can be of `data`: as many, and of its kind.
  public func fit(_ data: TaskData) -> Bool {
    switch self {
    case .labels(let names, let ids):
      data.task.kind == .classification && ids.count == data.count
        && ids.allSatisfy { names.indices.contains(Int($0)) }
    case .values(let values): data.task.kind == .regression && values.count == data.count
    }
  }
}
