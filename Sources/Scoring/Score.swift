import Batches
import Corpora

/// The score of one task on one corpus: span F1 for spans, rank correlation for values, accuracy for
/// anything else.
///
/// Gold labels and spans are those of the file, so one that does not occur in training counts as an
/// error like any other.
public struct Score: Hashable, Codable, Sendable {
  /// What `value` measures.
  public enum Metric: String, Codable, Sendable {
    /// F1 over spans, as `conlleval` computes it.
    case f1
    /// The share of tokens, texts or vectors labelled right.
    case accuracy
    /// Spearman's ρ between predicted and gold values: unlike their squared difference it grows with
    /// quality and has no units.
    case spearman
  }

  /// The task's name.
  public let task: String
  /// What `value` measures.
  public let metric: Metric
  /// From 0 to 1, ρ from -1; the number to select by and to report.
  public let value: Double
  /// The mean of the squared difference between predicted and gold values; nil for labels.
  public let meanSquaredError: Double?
  /// Accuracy over labels as the files write them: of tokens, as `conlleval` prints it, or of
  /// texts or vectors; empty for values.
  public let accuracy: Accuracy
  /// The same over tokens whose lower-cased word was seen in training; empty for texts.
  public let known: Accuracy
  /// The same over the other tokens; empty for texts.
  public let unknown: Accuracy
  /// The counts behind F1; nil for a task without spans.
  public let spans: SpanScore?
  /// Every label, or type of spans, that is gold or predicted, by falling support; nil for values.
  public let labels: [LabelScore]?
  /// Every gold label with every label that it was predicted as, right or wrong, by falling count:
  /// labels of tokens, texts or vectors as files write them; nil for values.
  public let confusion: [Confusion]?
  /// The same of spans' types where first and last token agree, with spans that were missed and
  /// spurious ones; nil for a task without spans.
  public let spanConfusion: [Confusion]?
  /// What each sentence, text or vector adds to `value`, in the corpus's order; for `Significance`.
  /// None for values, whose ρ is no sum.
  public let sentences: [SentenceCounts]
}

extension Score {
  /// Scores what is predicted for the tokens, texts or vectors of a corpus.
  ///
  /// - Throws: `Failure` of kind `usage` if the corpus lacks the task.
  public init(_ predictions: Predictions, for data: TaskData) throws {
    precondition(predictions.fit(data), "one label or value a token, text or vector is needed")
    switch predictions {
    case .values(let values): self.init(values: values, for: data)
    case .labels(let names, let ids):
      let gold = try data.encoded.corpus.task(data.task.name)
      var table = gold.table
      let places = names.map { table.intern($0) }
      let found = ids.map { places[Int($0)] }
      switch data.task.level {
      case .token: self.init(tokens: found, table, gold.labels, for: data)
      case .text, .vector: self.init(texts: found, table, gold.labels, task: data.task.name)
      }
    }
  }

  /// Scores what a network predicts for the tokens, texts or vectors of a corpus.
  ///
  /// - Parameters:
  ///   - predicted: a label id of the task's vocabulary for every token, or every text.
  ///   - data: the corpus and the task.
  /// - Throws: `Failure` of kind `usage` if the corpus lacks the task.
  public init(predicted: [Int32], for data: TaskData) throws {
    try self.init(Predictions(predicted, for: data), for: data)
  }

  /// Scores labels as files write them against the corpus's own.
  ///
  /// - Parameters:
  ///   - predicted: a label for every token, or every text.
  ///   - data: the corpus and the task.
  /// - Throws: `Failure` of kind `usage` if the corpus lacks the task.
  public init(fileLabels predicted: [String], for data: TaskData) throws {
    try self.init(Predictions(fileLabels: predicted), for: data)
  }

  /// Scores the values predicted for the vectors of a corpus.
  ///
  /// - Parameters:
  ///   - predicted: a value for every vector.
  ///   - data: the corpus and the task, one of regression.
  public init(values predicted: [Float], for data: TaskData) {
    precondition(predicted.count == data.values.count, "one value a vector is needed")
    let squares = zip(predicted, data.values).reduce(0.0) { sum, pair in
      let difference = Double(pair.0) - Double(pair.1)
      return sum + difference * difference
    }
    self.init(
      task: data.task.name, metric: .spearman,
      value: RankCorrelation.spearman(predicted, data.values),
      meanSquaredError: squares / Double(max(1, predicted.count)), accuracy: Accuracy(),
      known: Accuracy(), unknown: Accuracy(), spans: nil, labels: nil, confusion: nil,
      spanConfusion: nil, sentences: [])
  }

  /// Scores the labels `found` of tokens, which `table` numbers as those of gold.
  private init(tokens found: [Int32], _ table: StringTable, _ gold: [Int32], for data: TaskData) {
    let corpus = data.encoded.corpus
    let reader = data.task.isSpans ? SpanReader(labels: table.strings) : nil

    var spans = SpanScore()
    var types = SpanConfusions()
    var counts = LabelCounts(table)
    var known = Accuracy()
    var unknown = Accuracy()
    var sentences: [SentenceCounts] = []
    sentences.reserveCapacity(corpus.sentenceCount)
    for sentence in 0..<corpus.sentenceCount {
      let range = corpus.range(ofSentence: sentence)
      var correct = 0
      for token in range {
        let isCorrect = gold[token] == found[token]
        if isCorrect { correct += 1 }
        counts.add(gold: gold[token], predicted: found[token])
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
      let pair = (gold: reader.spans(of: gold[range]), predicted: reader.spans(of: found[range]))
      spans.add(gold: pair.gold, predicted: pair.predicted)
      types.add(gold: pair.gold, predicted: pair.predicted)
      sentences.append(
        SentenceCounts(
          gold: spans.overall.gold - before.gold,
          predicted: spans.overall.predicted - before.predicted,
          correct: spans.overall.correct - before.correct))
    }
    let accuracy = known + unknown
    let isSpans = reader != nil
    let labels = isSpans ? [LabelScore](spans.types) : counts.labels
    self.init(
      task: data.task.name, metric: isSpans ? .f1 : .accuracy,
      value: isSpans ? spans.overall.f1 : accuracy.value,
      meanSquaredError: nil, accuracy: accuracy, known: known, unknown: unknown,
      spans: isSpans ? spans : nil, labels: labels, confusion: counts.confusion,
      spanConfusion: isSpans ? types.list : nil, sentences: sentences)
  }

  /// Scores the labels `found` of texts or vectors, which `table` numbers as those of gold.
  private init(texts found: [Int32], _ table: StringTable, _ gold: [Int32], task: String) {
    var accuracy = Accuracy()
    var counts = LabelCounts(table)
    for (found, gold) in zip(found, gold) {
      accuracy.add(isCorrect: found == gold)
      counts.add(gold: gold, predicted: found)
    }
    self.init(
      task: task, metric: .accuracy, value: accuracy.value,
      meanSquaredError: nil, accuracy: accuracy, known: Accuracy(), unknown: Accuracy(), spans: nil,
      labels: counts.labels, confusion: counts.confusion, spanConfusion: nil,
      sentences: zip(found, gold).map {
        SentenceCounts(gold: 1, predicted: 1, correct: $0 == $1 ? 1 : 0)
      })
  }
}

/// Gold and predicted labels, numbered by a table, counted one by one and in pairs.
private struct LabelCounts {
  private let table: StringTable
  private var counts: [SpanCounts]
  private var pairs = ConfusionCounts()

  init(_ table: StringTable) {
    self.table = table
    counts = Array(repeating: SpanCounts(), count: table.count)
  }

  mutating func add(gold: Int32, predicted: Int32) {
    counts[Int(gold)].gold += 1
    counts[Int(predicted)].predicted += 1
    if gold == predicted { counts[Int(gold)].correct += 1 }
    pairs.add(gold: gold, predicted: predicted)
  }

  var labels: [LabelScore] { [LabelScore](table, counts) }

  var confusion: [Confusion] { pairs.list(table) }
}
