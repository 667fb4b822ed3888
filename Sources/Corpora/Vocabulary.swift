import Basics
import Batches

/// The labels a network knows for one task, and how they relate to the files' labels.
public struct TaskVocabulary: Hashable, Sendable {
  /// The task's name.
  public let name: String
  /// What its labels belong to.
  public let level: LabelLevel
  /// The scheme of the training files, in which predictions are written; `plain` for texts.
  public let scheme: LabelScheme
  /// The scheme of `labels`; `plain` if and only if `scheme` is.
  public let encoding: LabelScheme
  /// The labels seen in training, the most frequent first; a label's id is its index. None for
  /// regression.
  public let labels: [String]
  /// What the task predicts.
  public let kind: TaskKind

  /// Creates the vocabulary of a task.
  public init(
    name: String, scheme: LabelScheme, encoding: LabelScheme, labels: [String],
    level: LabelLevel = .token, kind: TaskKind = .classification
  ) {
    precondition(level == .token || scheme == .plain, "labels of texts mark no spans")
    precondition(kind == .classification || labels.isEmpty, "values have no labels")
    self.name = name
    self.level = level
    self.scheme = scheme
    self.encoding = encoding
    self.labels = labels
    self.kind = kind
  }

  /// C, how many scores a network gives: one a label, or the value.
  public var classes: Int { kind == .regression ? 1 : labels.count }

  /// Whether the task is to find spans, scored by F1.
  public var isSpans: Bool { scheme != .plain }

  /// The labels of one sentence, or of texts, as the files write them.
  ///
  /// For spans the ids are read as `conlleval` reads them and the spans written in the files'
  /// scheme, so that `conlleval` finds the same spans in the output.
  ///
  /// - Parameter ids: a label id for every token of the sentence, or for every text.
  public func fileLabels(_ ids: some Collection<Int32>) -> [String] {
    guard isSpans else { return ids.map { labels[Int($0)] } }
    return scheme.encode(SpanReader(labels: labels).spans(of: ids), length: ids.count)
  }
}

/// The words, characters and labels a network knows: those of its training data, no others.
public struct Vocabulary: Sendable {
  /// What stands for every unknown word and every unknown character; its id is 0.
  public static let unknown = "<unk>"

  /// Lower-cased words, the most frequent first after `unknown`; a word's id is its index.
  public let words: [String]
  /// Characters (Unicode scalars as they are), the most frequent first after `unknown`.
  public let characters: [String]
  /// The tasks, in the order of the corpora.
  public let tasks: [TaskVocabulary]
  /// D, the numbers of a feature vector; 0 where there are none.
  public let featureDimension: Int

  private let wordTable: StringTable
  private let characterTable: StringTable

  /// Creates a vocabulary from lists as the properties describe them.
  ///
  /// - Throws: `Failure` of kind `badData` if a list does not start with `unknown` or repeats
  ///   an entry.
  public init(
    words: [String], characters: [String], tasks: [TaskVocabulary], featureDimension: Int = 0
  ) throws {
    self.featureDimension = featureDimension
    self.words = words
    self.characters = characters
    self.tasks = tasks
    wordTable = StringTable(words)
    characterTable = StringTable(characters)
    for (what, list, table) in [
      ("words", words, wordTable), ("characters", characters, characterTable),
    ] {
      guard list.first == Self.unknown else {
        throw Failure(.badData, "vocabulary: the \(what) do not start with \(Self.unknown)")
      }
      guard table.count == list.count else {
        throw Failure(.badData, "vocabulary: the \(what) hold an entry twice")
      }
    }
    for task in tasks where StringTable(task.labels).count != task.labels.count {
      throw Failure(.badData, "vocabulary: the labels of \(task.name) hold an entry twice")
    }
  }

  /// The word that a written form is looked up as: lower-cased.
  package static func word(of form: String) -> String { form.lowercased() }

  /// The id of a lower-cased word, 0 if it is unknown.
  public func id(ofWord word: String) -> Int32 { wordTable.id(of: word) ?? 0 }

  /// The id of the lower-cased word with these UTF-8 bytes, nil if it is unknown.
  func id(ofWord utf8: UnsafeRawBufferPointer) -> Int32? { wordTable.id(of: utf8) }

  /// The id of a character, 0 if it is unknown.
  public func id(ofCharacter character: Unicode.Scalar) -> Int32 {
    characterTable.id(of: String(character)) ?? 0
  }

  /// The vocabulary of the task called `name`.
  ///
  /// - Throws: `Failure` of kind `usage` if there is no such task.
  public func task(_ name: String) throws -> TaskVocabulary {
    guard let task = tasks.first(where: { $0.name == name }) else {
      let known = tasks.map(\.name).joined(separator: ", ")
      throw Failure(.usage, "there is no task \(name) here; the tasks are \(known)")
    }
    return task
  }
}

extension Vocabulary: Encodable {
  private enum CodingKeys: String, CodingKey {
    case words
    case characters
    case tasks
    case features
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(words, forKey: .words)
    try container.encode(characters, forKey: .characters)
    try container.encode(tasks, forKey: .tasks)
    // Where there are no vectors nothing is said of them, as before there were any.
    if featureDimension > 0 { try container.encode(featureDimension, forKey: .features) }
  }
}

extension Vocabulary {
  /// Reads the JSON that encoding gives; messages call it `path`.
  ///
  /// By hand, because every prediction waits for it: `JSONDecoder` takes ten times as long.
  ///
  /// - Throws: `Failure` of kind `badData` if it is anything else.
  public init(json: [UInt8], named path: String) throws {
    var scanner = JSONScanner(bytes: json[...], subject: "\(path): is damaged: it is no vocabulary")
    var words: [String]?
    var characters: [String]?
    var tasks: [TaskVocabulary]?
    var features = 0
    try scanner.object { scanner, key in
      switch key {
      case "words": words = try scanner.list { try $0.string() }
      case "characters": characters = try scanner.list { try $0.string() }
      case "tasks": tasks = try scanner.list { try TaskVocabulary(&$0) }
      case "features":
        features = try scanner.integer()
        guard features <= FeatureTable.longest else {
          throw scanner.failure("\(features) features are too many")
        }
      default: throw scanner.failure("the key '\(key)' is unknown")
      }
    }
    try scanner.end()
    guard let words, let characters, let tasks else { throw scanner.failure("a list is missing") }
    for task in tasks {
      // They are written into files as they are.
      let bad = task.labels.first { label in
        label.isEmpty || label.utf8.contains { $0 < 0x20 || $0 == 0x7f }
      }
      if let bad { throw scanner.failure("'\(bad)' is no label of a file") }
    }
    do {
      try self.init(
        words: words, characters: characters, tasks: tasks, featureDimension: features)
    } catch let failure as Failure {
      throw Failure(failure.kind, "\(path): \(failure.message)")
    }
  }
}

extension TaskVocabulary: Encodable {
  private enum CodingKeys: String, CodingKey {
    case name
    case level
    case kind
    case scheme
    case encoding
    case labels
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    // Tasks of tokens are written as they were before there were others.
    if level != .token { try container.encode(level, forKey: .level) }
    if kind != .classification { try container.encode(kind, forKey: .kind) }
    try container.encode(scheme, forKey: .scheme)
    try container.encode(encoding, forKey: .encoding)
    try container.encode(labels, forKey: .labels)
  }

  fileprivate init(_ scanner: inout JSONScanner) throws {
    var texts: [String: String] = [:]
    var labels: [String]?
    try scanner.object { scanner, key in
      switch key {
      case "labels": labels = try scanner.list { try $0.string() }
      case "name", "level", "kind", "scheme", "encoding": texts[key] = try scanner.string()
      default: throw scanner.failure("the key '\(key)' is unknown")
      }
    }
    guard let labels, let name = texts["name"],
      let scheme = texts["scheme"].flatMap(LabelScheme.init),
      let encoding = texts["encoding"].flatMap(LabelScheme.init),
      let level = LabelLevel(rawValue: texts["level"] ?? LabelLevel.token.rawValue),
      let kind = TaskKind(rawValue: texts["kind"] ?? TaskKind.classification.rawValue),
      level == .token || scheme == .plain, (scheme == .plain) == (encoding == .plain),
      kind == .classification || level == .vector, labels.isEmpty == (kind == .regression)
    else { throw scanner.failure("a task needs name, scheme, encoding and labels") }
    self.init(
      name: name, scheme: scheme, encoding: encoding, labels: labels, level: level, kind: kind)
  }
}
