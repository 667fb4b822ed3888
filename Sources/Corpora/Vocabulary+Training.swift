import Basics
import Batches

extension Vocabulary {
  /// Collects the vocabulary of training corpora: one jointly annotated, or one or more a task.
  ///
  /// Lists are ordered by falling frequency, then by UTF-8 bytes, so that the same data give the
  /// same ids whatever the order of the files.
  ///
  /// - Parameters:
  ///   - corpora: training data only; a task may occur in several of them.
  ///   - encoding: the labels to train spans with.
  /// - Throws: `Failure` of kind `usage` if a task labels tokens in one corpus and texts in another,
  ///   `badData` if feature vectors differ in their length.
  public init(training corpora: [Corpus], encoding: SpanEncoding) throws {
    var words = Counter()
    var characters = Counter()
    var names: [String] = []
    for corpus in corpora {
      for task in corpus.tasks where !names.contains(task.name) { names.append(task.name) }
      guard corpus.hasWords else { continue }
      var frequencies = [Int](repeating: 0, count: corpus.forms.count)
      for form in corpus.tokens { frequencies[Int(form)] += 1 }
      for (form, frequency) in zip(corpus.forms.strings, frequencies) {
        words.add(Self.word(of: form), frequency)
        for scalar in form.unicodeScalars { characters.add(String(scalar), frequency) }
      }
    }
    let tasks = try names.map { name in
      let sources = corpora.filter { corpus in corpus.tasks.contains { $0.name == name } }
      return try TaskVocabulary(name, sources, encoding)
    }
    try self.init(
      words: words.sorted(after: Self.unknown),
      characters: characters.sorted(after: Self.unknown), tasks: tasks,
      featureDimension: corpora.first?.features?.dimension ?? 0)
    for corpus in corpora { try require(corpus) }
  }

  /// Checks that the feature vectors of `corpus` are as long as those of training.
  ///
  /// - Throws: `Failure` of kind `badData` naming the corpus's first file.
  public func require(_ corpus: Corpus) throws {
    let found = corpus.features?.dimension ?? 0
    guard found != featureDimension else { return }
    throw Failure(
      .badData,
      "\(corpus.files.first ?? "the data"): \(found) features a row, but "
        + "\(featureDimension) in training")
  }
}

extension Vocabulary {
  /// The words and characters of `known` in their order, behind them those that only this one has,
  /// with this one's tasks: a network for `known` stays valid row by row.
  package func extending(_ known: Vocabulary) throws -> Vocabulary {
    guard featureDimension == known.featureDimension else {
      throw Failure(
        .badData,
        "the rows have \(featureDimension) features, those of the known vocabulary "
          + "\(known.featureDimension)")
    }
    return try Vocabulary(
      words: StringTable(known.words + words).strings,
      characters: StringTable(known.characters + characters).strings, tasks: tasks,
      featureDimension: featureDimension)
  }
}

extension TaskVocabulary {
  fileprivate init(_ name: String, _ corpora: [Corpus], _ encoding: SpanEncoding) throws {
    let levels = Set(try corpora.map { try $0.task(name).level })
    guard let level = levels.first, levels.count == 1 else {
      throw Failure(
        .usage, "the task \(name) has labels of tokens in some files and of texts in others")
    }
    let kinds = Set(try corpora.map { try $0.task(name).kind })
    guard let kind = kinds.first, kinds.count == 1 else {
      throw Failure(
        .usage, "the task \(name) has classes in some files and values in others")
    }
    let scheme = try LabelScheme.detect(corpora, task: name)
    let target = scheme == .plain ? .plain : encoding.scheme
    var labels = Counter()
    for corpus in corpora {
      let column = try corpus.task(name).recoded(from: scheme, to: target, in: corpus)
      var frequencies = [Int](repeating: 0, count: column.table.count)
      for label in column.labels { frequencies[Int(label)] += 1 }
      for (label, frequency) in zip(column.table.strings, frequencies) {
        labels.add(label, frequency)
      }
    }
    self.init(
      name: name, scheme: scheme, encoding: target, labels: labels.sorted(), level: level,
      kind: kind)
  }
}

/// Counts strings, told apart by their bytes.
private struct Counter {
  private var table = StringTable()
  private var counts: [Int] = []

  mutating func add(_ string: String, _ count: Int) {
    let id = Int(table.intern(string))
    if id == counts.count { counts.append(0) }
    counts[id] += count
  }

  /// The strings by falling count, then by bytes; `first`, if given, before all of them.
  func sorted(after first: String? = nil) -> [String] {
    let strings = table.byFalling(counts).map { table[$0] }
    guard let first else { return strings }
    return [first] + strings.filter { !$0.utf8.elementsEqual(first.utf8) }
  }
}
