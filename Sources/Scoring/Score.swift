import Corpora

/// The score of one task on one corpus: span F1 for spans, accuracy for anything else.
public struct Score: Hashable, Codable, Sendable {
  /// What `value` measures.
  public enum Metric: String, Codable, Sendable {
    /// F1 over spans, as `conlleval` computes it.
    case f1
    /// The share of tokens labelled right.
    case accuracy
  }

  /// The task's name.
  public let task: String
  /// What `value` measures.
  public let metric: Metric
  /// From 0 to 1; the number to select by and to report.
  public let value: Double
  /// Token accuracy over labels as the files write them, as `conlleval` prints it.
  public let accuracy: Accuracy
  /// The same over tokens whose lower-cased word was seen in training.
  public let known: Accuracy
  /// The same over the other tokens.
  public let unknown: Accuracy
  /// The counts behind F1; nil for a task without spans.
  public let spans: SpanScore?
  /// What each sentence adds to `value`, in the corpus's order; for `Significance`.
  public let sentences: [SentenceCounts]

  /// Scores what a network predicts for the tokens of a corpus.
  ///
  /// - Parameters:
  ///   - predicted: a label id of the task's vocabulary for every token of the corpus.
  ///   - data: the corpus and the task.
  /// - Throws: `Failure` of kind `usage` if the corpus lacks the task.
  public init(predicted: [Int32], for data: TaskData) throws {
    let corpus = data.encoded.corpus
    precondition(predicted.count == corpus.tokenCount, "one label a token is needed")
    try self.init(
      fileLabels: (0..<corpus.sentenceCount).flatMap {
        data.task.fileLabels(predicted[corpus.range(ofSentence: $0)])
      }, for: data)
  }

  /// Scores labels as files write them against the corpus's own.
  ///
  /// Gold labels and spans are those of the file, so one that does not occur in training counts
  /// as an error like any other.
  ///
  /// - Parameters:
  ///   - predicted: a label for every token of the corpus.
  ///   - data: the corpus and the task.
  /// - Throws: `Failure` of kind `usage` if the corpus lacks the task.
  public init(fileLabels predicted: [String], for data: TaskData) throws {
    let corpus = data.encoded.corpus
    precondition(predicted.count == corpus.tokenCount, "one label a token is needed")
    let gold = try corpus.task(data.task.name)
    var table = gold.table
    let found = predicted.map { table.intern($0) }
    let reader = data.task.isSpans ? SpanReader(labels: table.strings) : nil

    var spans = SpanScore()
    var known = Accuracy()
    var unknown = Accuracy()
    var sentences: [SentenceCounts] = []
    sentences.reserveCapacity(corpus.sentenceCount)
    for sentence in 0..<corpus.sentenceCount {
      let range = corpus.range(ofSentence: sentence)
      var correct = 0
      for token in range {
        let isCorrect = gold.labels[token] == found[token]
        if isCorrect { correct += 1 }
        if data.encoded.isUnknown(token) {
          unknown.add(isCorrect: isCorrect)
        } else {
          known.add(isCorrect: isCorrect)
        }
      }
      guard let reader else {
        sentences.append(
          SentenceCounts(gold: range.count, predicted: range.count, correct: correct))
        continue
      }
      let before = spans.overall
      spans.add(
        gold: reader.spans(of: gold.labels[range]), predicted: reader.spans(of: found[range]))
      sentences.append(
        SentenceCounts(
          gold: spans.overall.gold - before.gold,
          predicted: spans.overall.predicted - before.predicted,
          correct: spans.overall.correct - before.correct))
    }
    task = data.task.name
    accuracy = known + unknown
    metric = data.task.isSpans ? .f1 : .accuracy
    value = data.task.isSpans ? spans.overall.f1 : accuracy.value
    self.known = known
    self.unknown = unknown
    self.spans = data.task.isSpans ? spans : nil
    self.sentences = sentences
  }
}
