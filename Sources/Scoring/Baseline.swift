import Batches
import Corpora

/// What can be scored without a network, to set beside the networks' scores.
public enum Baseline: String, Codable, Sendable, CaseIterable {
  /// Every token, text or vector has the label that is most frequent in training.
  case majority
  /// Every token has the label most frequent in training for its lower-cased word; a word unseen
  /// in training has the majority label.
  case mostFrequentTag = "most-frequent-tag"
  /// Every text has the label that multinomial naive Bayes finds for its lower-cased words.
  case naiveBayes = "naive-bayes"
  /// Every vector has the mean of the values in training.
  case meanValue = "mean-value"

  /// The baselines for a task.
  public static func serving(_ task: TaskVocabulary) -> [Baseline] {
    switch (task.kind, task.level) {
    case (.regression, _): [.meanValue]
    case (.classification, .token): [.majority, .mostFrequentTag]
    case (.classification, .text): [.majority, .naiveBayes]
    case (.classification, .vector): [.majority]
    }
  }

  /// A label for every token, text or vector of `data`, as files write it, counted in `training`.
  ///
  /// Labels are counted as the training files have them, whatever encoding networks are trained
  /// in. Ties go to the label more frequent in training, then to the first by UTF-8 bytes.
  ///
  /// - Parameters:
  ///   - data: the corpus to label.
  ///   - training: the training corpus of the same task and vocabulary.
  /// - Throws: `Failure` of kind `usage` if a corpus lacks the task.
  public func predict(_ data: TaskData, training: TaskData) throws -> [String] {
    precondition(Self.serving(data.task).contains(self), "the baseline serves others")
    let column = try training.encoded.corpus.task(training.task.name)
    precondition(data.task == training.task && !column.labels.isEmpty, "the task is another")
    switch self {
    case .majority:
      let order = column.order
      return [String](repeating: column.table[order[0]], count: data.labels.count)
    case .mostFrequentTag: return Self.mostFrequentTags(data, training.encoded, column)
    case .naiveBayes:
      let model = NaiveBayes(training.encoded, column)
      return (0..<data.encoded.corpus.sentenceCount).map {
        model.label(ofSentence: $0, data.encoded)
      }
    case .meanValue: preconditionFailure("values are no labels")
    }
  }

  private static func mostFrequentTags(
    _ data: TaskData, _ trained: EncodedCorpus, _ column: TaskColumn
  ) -> [String] {
    let wordCount = trained.vocabulary.words.count
    var perWord: [[Int32: Int]] = Array(repeating: [:], count: wordCount)
    for (form, label) in zip(trained.corpus.tokens, column.labels) {
      perWord[Int(trained.formWords[Int(form)])][label, default: 0] += 1
    }
    let order = column.order
    let labels = order.map { column.table[$0] }
    var places = [Int](repeating: 0, count: order.count)
    for (place, label) in order.enumerated() { places[Int(label)] = place }
    var byWord = perWord.map { counts in
      counts.max { ($0.value, -places[Int($0.key)]) < ($1.value, -places[Int($1.key)]) }
        .map { labels[places[Int($0.key)]] } ?? labels[0]
    }
    // Words that training does not have share this place with one that is written like it.
    byWord[0] = labels[0]
    return data.encoded.corpus.tokens.map { byWord[Int(data.encoded.formWords[Int($0)])] }
  }

  /// What the baseline predicts for `data`.
  ///
  /// - Throws: as `predict`.
  public func predictions(_ data: TaskData, training: TaskData) throws -> Predictions {
    guard self == .meanValue else {
      return Predictions(fileLabels: try predict(data, training: training))
    }
    let sum = training.values.reduce(0.0) { $0 + Double($1) }
    let mean = Float(sum / Double(max(1, training.values.count)))
    return .values([Float](repeating: mean, count: data.values.count))
  }

  /// The score of the baseline on `data`.
  public func score(_ data: TaskData, training: TaskData) throws -> Score {
    try Score(predictions(data, training: training), for: data)
  }
}

extension TaskColumn {
  /// The labels, the most frequent first, those equally frequent by their bytes.
  fileprivate var order: [Int32] {
    var counts = [Int](repeating: 0, count: table.count)
    for label in labels { counts[Int(label)] += 1 }
    return table.byFalling(counts)
  }
}
