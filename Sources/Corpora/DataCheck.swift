import Batches

/// What the data of an experiment look like, and everything that is wrong with them.
public struct DataCheck: Codable, Sendable {
  /// One task in one split.
  public struct TaskCounts: Codable, Sendable {
    /// The task's name.
    public let task: String
    /// How many distinct labels the split has, as the files write them.
    public let labels: Int
    /// How many spans, by the rules of `conlleval`; nil for a task without spans.
    public let spans: Int?
    /// The labels that do not occur in training, sorted.
    public let unseenLabels: [String]
    /// How many tokens, or texts, bear one of them.
    public let unseenTokens: Int
    /// How many texts or vectors bear each label, the most frequent first; nil for labels of tokens.
    public let labelCounts: [LabelCount]?
    /// The range of the values of a task of regression; nil for labels.
    public let values: ValueRange?
  }

  /// Where values lie.
  public struct ValueRange: Codable, Sendable {
    /// The smallest, the largest, and their mean.
    public let least: Float, most: Float, mean: Double
  }

  /// One label of texts.
  public struct LabelCount: Codable, Sendable {
    /// The label, as the files write it.
    public let label: String
    /// How many texts bear it.
    public let texts: Int
  }

  /// One split.
  public struct SplitCounts: Codable, Sendable {
    /// `train`, `dev` or `test`.
    public let split: String
    /// How many sentences.
    public let sentences: Int
    /// How many tokens.
    public let tokens: Int
    /// The number of tokens in the longest sentence.
    public let longestSentence: Int
    /// How many distinct lower-cased words.
    public let words: Int
    /// The share of tokens whose lower-cased word does not occur in training; nil for training.
    public let unknownTokens: Double?
    /// The share of distinct lower-cased words that do not occur in training; nil for training.
    public let unknownWords: Double?
    /// The tasks, in the order of the format.
    public let tasks: [TaskCounts]
    /// The numbers of a feature vector; nil where there are none.
    public let features: Int?
    /// Lengths and repetitions; nil where no task labels texts.
    public let texts: TextCounts?
    /// For every earlier split, how many sentences it and this one share.
    public let shared: [SharedSentences]
  }

  /// A task and its label scheme, as found in training.
  public struct TaskScheme: Codable, Sendable {
    /// The task's name.
    public let task: String
    /// Its scheme.
    public let scheme: LabelScheme
  }

  /// The splits that have files.
  public let splits: [SplitCounts]
  /// The tasks and their schemes.
  public let schemes: [TaskScheme]
  /// What is wrong: in reading, then labels that break the scheme; of every kind in a file the
  /// first 20, then how many more there are.
  public let problems: [Problem]
  /// How many problems there are, those not listed included.
  public let problemCount: Int

  /// Reads the files of all splits as far as they can be read, and looks them over.
  ///
  /// - Parameter features: the safetensors file with the features of a file's tokens; nil if there
  ///   are none.
  public init(
    train: [String], dev: [String] = [], test: [String] = [], format: ColumnFormat,
    features: ((String) -> String)? = nil
  ) throws {
    try self.init(train, dev, test, tasks: format.tasks) {
      Self.adding(features, to: Corpus.lenient(files: $0, format: format))
    }
  }

  /// The corpus with the features of its tokens, or the problem that they have.
  private static func adding(
    _ features: ((String) -> String)?, to read: (corpus: Corpus, problems: [Problem])
  ) -> (corpus: Corpus, problems: [Problem]) {
    // Tokens that could not be read have features all the same.
    guard let features, read.problems.isEmpty else { return read }
    var (corpus, problems) = read
    var list = ProblemList(lenient: true)
    // A lenient list throws nothing.
    _ = try? list.attempt(features(corpus.files[0])) {
      try corpus.readFeatures(from: corpus.files.map(features))
    }
    problems += list.all
    return (corpus, problems)
  }

  /// The same for files of texts, which are looked at whole, whatever the format keeps of them.
  public init(
    train: [String], dev: [String] = [], test: [String] = [], texts format: TextFormat
  ) throws {
    let whole = format.keepingAllTokens
    try self.init(train, dev, test, tasks: format.tasks, limit: format.maxTokens) {
      Corpus.lenient(texts: $0, format: whole)
    }
  }

  /// The same for files of feature vectors, of each of which the first problem is listed.
  public init(
    train: [String], dev: [String] = [], test: [String] = [], vectors format: VectorFormat
  ) throws {
    try self.init(train, dev, test, tasks: format.tasks) {
      Corpus.lenient(vectors: $0, format: format)
    }
  }

  /// - Parameter limit: how many tokens of a text a run would keep, 0 for all.
  private init(
    _ train: [String], _ dev: [String], _ test: [String], tasks: [TaskSource], limit: Int = 0,
    reading: ([String]) -> (corpus: Corpus, problems: [Problem])
  ) throws {
    var problems: [Problem] = []
    var corpora: [(split: String, corpus: Corpus)] = []
    for (split, files) in [("train", train), ("dev", dev), ("test", test)] where !files.isEmpty {
      let (corpus, found) = reading(files)
      corpora.append((split, corpus))
      problems += found
    }
    let training = corpora.first { $0.split == "train" }?.corpus ?? Corpus(tasks: tasks)
    let texts = TextCounts.of(corpora, limit: limit)
    let shared = SharedSentences.ofEach(corpora)
    schemes = try tasks.map {
      TaskScheme(task: $0.name, scheme: try LabelScheme.detect([training], task: $0.name))
    }
    let known = Self.words(training)
    var splits: [SplitCounts] = []
    for (place, (split, corpus)) in corpora.enumerated() {
      let isTraining = split == "train"
      problems += Self.differences(of: corpus, from: training)
      let words = isTraining ? known : Self.words(corpus)
      let unknown = isTraining ? nil : Self.unknown(words, to: known)
      splits.append(
        SplitCounts(
          split: split, sentences: corpus.sentenceCount, tokens: corpus.tokenCount,
          longestSentence: (0..<corpus.sentenceCount).map(corpus.length).max() ?? 0,
          words: words.count, unknownTokens: unknown?.tokens, unknownWords: unknown?.words,
          tasks: try schemes.map { try Self.counts($0, corpus, training) },
          features: corpus.features?.dimension,
          texts: tasks.contains { $0.source.level == .text } ? texts[place] : nil,
          shared: shared[place]))
      for task in schemes {
        problems += try task.scheme.problemsByFile(in: corpus, task: task.task)
      }
    }
    self.splits = splits
    self.problems = problems.capped()
    problemCount = problems.count
  }

  /// What keeps a network trained on `training` from reading the vectors and values of `corpus`.
  private static func differences(of corpus: Corpus, from training: Corpus) -> [Problem] {
    guard let file = corpus.files.first else { return [] }
    var messages: [String] = []
    if let found = corpus.features?.dimension, let known = training.features?.dimension,
      found != known
    {
      messages.append("\(found) features a row, but \(known) in training")
    }
    if corpus.features != nil, training.features != nil {
      for (task, known) in zip(corpus.tasks, training.tasks) where task.kind != known.kind {
        messages.append(
          "task \(task.name) is one of \(task.kind.rawValue), of \(known.kind.rawValue) in training"
        )
      }
    }
    return messages.map { Problem(file: file, line: 0, kind: "features", message: $0) }
  }

  private static func words(_ corpus: Corpus) -> [String: Int] {
    guard corpus.hasWords else { return [:] }
    var counts = [Int](repeating: 0, count: corpus.forms.count)
    for form in corpus.tokens { counts[Int(form)] += 1 }
    // Forms of sentences that were left out have no tokens.
    return zip(corpus.forms.strings, counts).filter { $0.1 > 0 }.reduce(into: [:]) {
      $0[Vocabulary.word(of: $1.0), default: 0] += $1.1
    }
  }

  private static func unknown(
    _ words: [String: Int], to known: [String: Int]
  ) -> (tokens: Double, words: Double)? {
    guard !words.isEmpty else { return nil }
    let unknown = words.filter { known[$0.key] == nil }
    let tokens = words.values.reduce(0, +)
    return (
      Double(unknown.values.reduce(0, +)) / Double(tokens),
      Double(unknown.count) / Double(words.count)
    )
  }

  private static func counts(
    _ task: TaskScheme, _ corpus: Corpus, _ training: Corpus
  ) throws -> TaskCounts {
    let column = try corpus.task(task.task)
    let unseen = try UnseenLabels(
      corpus, training: training, task: task.task, scheme: task.scheme)
    let labels = column.table.strings
    let reader = task.scheme == .plain ? nil : SpanReader(labels: labels)
    let spans = reader.map { reader in
      (0..<corpus.sentenceCount).reduce(0) {
        $0 + reader.count(of: column.labels[corpus.range(ofSentence: $1)])
      }
    }
    return TaskCounts(
      task: task.task, labels: labels.count, spans: spans,
      unseenLabels: unseen.labels, unseenTokens: unseen.count, labelCounts: column.textLabelCounts,
      values: column.valueRange)
  }
}
