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

  /// Scores predictions against the corpus's own labels.
  ///
  /// Gold labels and spans are those of the file, so one that does not occur in training counts
  /// as an error like any other.
  ///
  /// - Parameters:
  ///   - predicted: a label id of the task's vocabulary for every token of the corpus.
  ///   - data: the corpus and the task.
  /// - Throws: `Failure` of kind `usage` if the corpus lacks the task.
  public init(predicted: [Int32], for data: TaskData) throws {
    let corpus = data.encoded.corpus
    precondition(predicted.count == corpus.tokenCount, "one label a token is needed")
    let column = try corpus.task(data.task.name)
    let goldLabels = column.table.strings
    let goldReader = SpanReader(labels: goldLabels)
    let reader = SpanReader(labels: data.task.labels)

    var spans = SpanScore()
    var accuracy = Accuracy()
    var known = Accuracy()
    var unknown = Accuracy()
    var sentences: [SentenceCounts] = []
    sentences.reserveCapacity(corpus.sentenceCount)
    for sentence in 0..<corpus.sentenceCount {
      let range = corpus.range(ofSentence: sentence)
      let labels: [String]
      let (spansBefore, correctBefore) = (spans.overall, accuracy.correct)
      if data.task.isSpans {
        let found = reader.spans(of: predicted[range])
        spans.add(gold: goldReader.spans(of: column.labels[range]), predicted: found)
        labels = data.task.scheme.encode(found, length: range.count)
      } else {
        labels = predicted[range].map { data.task.labels[Int($0)] }
      }
      for (token, label) in zip(range, labels) {
        let isCorrect = goldLabels[Int(column.labels[token])] == label
        accuracy.add(isCorrect: isCorrect)
        if data.encoded.isUnknown(token) {
          unknown.add(isCorrect: isCorrect)
        } else {
          known.add(isCorrect: isCorrect)
        }
      }
      sentences.append(
        data.task.isSpans
          ? SentenceCounts(
            gold: spans.overall.gold - spansBefore.gold,
            predicted: spans.overall.predicted - spansBefore.predicted,
            correct: spans.overall.correct - spansBefore.correct)
          : SentenceCounts(
            gold: range.count, predicted: range.count,
            correct: accuracy.correct - correctBefore))
    }
    task = data.task.name
    metric = data.task.isSpans ? .f1 : .accuracy
    value = data.task.isSpans ? spans.overall.f1 : accuracy.value
    self.accuracy = accuracy
    self.known = known
    self.unknown = unknown
    self.spans = data.task.isSpans ? spans : nil
    self.sentences = sentences
  }
}
