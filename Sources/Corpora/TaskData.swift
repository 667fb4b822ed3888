import Basics
import Batches

/// A corpus with the gold labels of one task, as training and evaluation read it.
public struct TaskData: Sendable {
  /// The sentences; shared by the tasks of one corpus.
  public let encoded: EncodedCorpus
  /// The task.
  public let task: TaskVocabulary
  /// Gold label id of every token, or of every sentence if the task labels texts; -1 for a label
  /// unseen in training. None for regression.
  public let labels: [Int32]
  /// Gold value of every sentence; none unless for regression.
  public let values: [Float]

  /// Looks up the labels of the task called `name` in the corpus's vocabulary.
  ///
  /// - Throws: `Failure` of kind `usage` if the corpus or the vocabulary has no such task; of kind
  ///   `badData`, with file and line, for a label that no scheme knows in a task of spans, or naming
  ///   the file where vectors have another length, or values stand for labels.
  public init(_ encoded: EncodedCorpus, task name: String) throws {
    self.encoded = encoded
    try encoded.vocabulary.require(encoded.corpus)
    task = try encoded.vocabulary.task(name)
    let written = try encoded.corpus.task(name)
    guard written.kind == task.kind else {
      throw Failure(
        .badData,
        "\(encoded.corpus.files[0]): task \(name) is one of \(written.kind.rawValue) here, of "
          + "\(task.kind.rawValue) in training; I64 tensors are classes, F32 tensors values")
    }
    guard written.level == task.level else {
      throw Failure(
        .badData,
        "task \(name): labels belong to \(written.level.rawValue)s in the files, to "
          + "\(task.level.rawValue)s in the vocabulary; is vocabulary.json damaged?")
    }
    if task.isSpans { try written.checkSpans(of: task.scheme, in: encoded.corpus) }
    let column = written.recoded(from: task.scheme, to: task.encoding, in: encoded.corpus)
    let known = StringTable(task.labels)
    let ids = column.table.strings.map { known.id(of: $0) ?? -1 }
    labels = column.labels.map { ids[Int($0)] }
    values = written.values
  }

  /// How many labels or values there are.
  public var count: Int { task.kind == .regression ? values.count : labels.count }

  /// What to tell the user about texts that were cut, in one line; nil if none was.
  ///
  /// - Parameter split: what the data are: `train`, `dev`, `test`.
  public func cutTexts(split: String) -> String? {
    let (cut, all) = (encoded.corpus.cutTexts, encoded.corpus.sentenceCount)
    return cut == 0 ? nil : "task \(task.name): \(cut) of \(all) \(split) texts were cut"
  }

  /// Checks that every label is one of the task's, as training needs them.
  ///
  /// - Throws: `Failure` of kind `badData` naming the task and where the first other one stands.
  public func requireKnownLabels() throws {
    guard let index = labels.firstIndex(where: { $0 < 0 }) else { return }
    let corpus = encoded.corpus
    let token = task.level == .token ? index : corpus.sentenceStarts[index]
    let sentence = corpus.sentenceStarts.lastIndex { $0 <= token }!
    let written = try corpus.task(task.name)
    throw Failure(
      .badData,
      "\(corpus.files[Int(corpus.sentenceFiles[sentence])]):\(corpus.lines[token]): the label "
        + "\(written.table[written.labels[index]]) of "
        + "task \(task.name) is not in the vocabulary; is vocabulary.json damaged?")
  }

  /// All sentences in batches of `size` of similar lengths, with gold labels, in random order.
  ///
  /// See `EncodedCorpus.batches(size:labels:stream:)`.
  public func batches(size: Int, stream: inout RandomStream) -> BatchList {
    encoded.batches(
      size: size, labels: labels, values: values, level: task.level, stream: &stream)
  }
}
