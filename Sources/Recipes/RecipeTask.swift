import Basics
import Corpora

/// One task of a recipe: its name, where its labels stand, and its own files if it has any.
public struct RecipeTask: Equatable, Sendable {
  /// Where a task's labels come from.
  public enum Column: Equatable, Sendable {
    /// A column of the files, from 0.
    case index(Int)
    /// The token's position in its sentence (Sun et al. 2020, Table 6): no column is needed.
    case position
    /// The labels of a column of the files, from 0, permuted at random over all tokens of a split
    /// (Ruder et al. 2019, Figure 2, *Random*).
    case random(of: Int)
    /// The value of a comment line above each sentence, as in `# topic = x`: one label a sentence.
    case comment(String)
    /// Files of texts: the usual column of the labels, or one of its own, by number or name.
    case text(column: String?)
    /// Files of feature vectors: the tensor of the task's name, or another.
    case vector(tensor: String?)

    /// The column that is read, if there is one.
    var index: Int? {
      switch self {
      case .index(let index), .random(of: let index): index
      case .position, .comment, .text, .vector: nil
      }
    }
  }

  /// The name, of letters, digits, `_` and `-`; files and folders of the run carry it.
  public var name: String
  /// What stands for `{task}` in file names: the name it was given, before domains.
  public let problem: String
  /// Where its labels come from.
  public var column: Column
  /// What the labels of its column are declared to be; nil to judge by the training files.
  public var labels: LabelKind?
  /// Its own training files; empty with the other two means the common files.
  public var train: [String]
  /// Its own files for choosing epochs and rounds.
  public var dev: [String]
  /// Its own files for the final scores.
  public var test: [String]
  /// The column of the words in its own files, if it is not the common one.
  public var wordColumn: Int?
  /// The domains whose files it reads; empty as it is given means all there are.
  public var domains: [String]

  /// Creates a task; without files of its own it reads the recipe's.
  public init(
    name: String, column: Column, labels: LabelKind? = nil, train: [String] = [],
    dev: [String] = [], test: [String] = [], wordColumn: Int? = nil, domains: [String] = []
  ) {
    self.name = name
    problem = name
    self.column = column
    self.labels = labels
    self.train = train
    self.dev = dev
    self.test = test
    self.wordColumn = wordColumn
    self.domains = domains
  }

  /// Whether the task reads files of its own instead of the recipe's.
  public var hasOwnFiles: Bool { !(train.isEmpty && dev.isEmpty && test.isEmpty) }

  /// Whether its files are files of texts, not column files.
  public var readsTexts: Bool { if case .text = column { true } else { false } }

  /// Whether its files are files of feature vectors.
  public var readsVectors: Bool { if case .vector = column { true } else { false } }

  /// The layers of the built-in corpus.
  public static let builtIn = [
    RecipeTask(name: "pos", column: .index(1)),
    RecipeTask(name: "chunk", column: .index(2)),
    RecipeTask(name: "ner", column: .index(3)),
  ]

  /// Whether `name` can name a task: letters, digits, `_` and `-`, at most 64, and not `all`,
  /// which means every task on the command line.
  public static func isName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count) && name != "all"
      && name.utf8.allSatisfy(\.isLetterDigitOrDash)
  }
}

extension UInt8 {
  /// Whether this ASCII code is a letter, a digit, `_` or `-`.
  package var isLetterDigitOrDash: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

/// Reading and writing the value of `tasks`.
///
/// `pos=1,ner=3:spans,pp=position,aux=random:1,topic=comment:topic,tone`, or `digit=vector`, on the
/// command line; in a recipe that text, a list, or a mapping from name to column or to
/// `{column:, train:, dev:, test:, word-column:, domains:}`.
extension RecipeTask {
  static func list(_ value: RecipeValue, _ place: RecipePlace) throws -> [RecipeTask] {
    let tasks: [RecipeTask]
    switch value {
    case .mapping(let entries):
      tasks = try entries.map { try task($0.key, $0.value, place) }
    case .list(let items):
      tasks = try items.flatMap { try listItem($0, place) }
    default:
      tasks = try pairs(value.scalarText ?? "", place)
    }
    if let twice = tasks.firstDuplicate(by: \.name) {
      throw place.refuse(twice, "names two tasks; give each task its own name")
    }
    return tasks
  }

  static func value(_ tasks: [RecipeTask]) -> RecipeValue {
    if tasks.contains(where: {
      $0.hasOwnFiles || $0.wordColumn != nil || !$0.domains.isEmpty
    }) {
      return .list(tasks.map(\.mapping))
    }
    return .text(tasks.map { "\($0.name)=\($0.columnText)" }.joined(separator: ","))
  }

  private static func listItem(_ item: RecipeValue, _ place: RecipePlace) throws -> [RecipeTask] {
    guard case .mapping(let entries) = item else {
      return try pairs(item.scalarText ?? "", place)
    }
    guard let name = entries.first(where: { $0.key == "name" })?.value.scalarText else {
      throw place.refuse(item.shown, "has no 'name'")
    }
    return [try task(name, .mapping(entries.filter { $0.key != "name" }), place)]
  }

  private static func pairs(_ text: String, _ place: RecipePlace) throws -> [RecipeTask] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { pair in
      let parts = pair.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard parts.count <= 2 else {
        throw place.refuse(
          RecipeValue.text(text).shown,
          "must be name=column pairs, as in pos=1,ner=3 or pp=position, or names of tasks of texts")
      }
      return try task(parts[0], .text(parts.count == 2 ? parts[1] : textPrefix), place)
    }
  }

  private static func task(
    _ name: String, _ value: RecipeValue, _ place: RecipePlace
  ) throws -> RecipeTask {
    guard isName(name) else {
      throw place.refuse(
        RecipeValue.text(name).shown,
        "must name a task with up to 64 letters, digits, '_' or '-', and not 'all'")
    }
    guard case .mapping(let entries) = value else {
      let (column, labels) = try column(name, value, place)
      return RecipeTask(name: name, column: column, labels: labels)
    }
    var task = RecipeTask(name: name, column: .position)
    for entry in entries {
      switch entry.key {
      case "column": (task.column, task.labels) = try column(name, entry.value, place)
      case "train": task.train = try place.paths(entry.value)
      case "dev": task.dev = try place.paths(entry.value)
      case "test": task.test = try place.paths(entry.value)
      case "word-column":
        guard case (.index(let index), nil) = try column(name, entry.value, place) else {
          throw place.refuse(name, "has no number as its word-column")
        }
        task.wordColumn = index
      case "domains":
        guard let domains = DomainOptions.names(entry.value), !domains.isEmpty,
          domains.firstDuplicate(by: \.self) == nil
        else {
          throw place.refuse(
            name, "has \(entry.value.shown) as its domains; they must be names, each once")
        }
        task.domains = domains
      default:
        throw place.refuse(
          name,
          "has an unknown key '\(entry.key)'"
            + didYouMean(
              entry.key, among: ["column", "train", "dev", "test", "word-column", "domains"]))
      }
    }
    guard entries.contains(where: { $0.key == "column" }) else {
      throw place.refuse(name, "has no 'column'")
    }
    return task
  }

  private static func column(
    _ name: String, _ value: RecipeValue, _ place: RecipePlace
  ) throws -> (Column, LabelKind?) {
    if value == .text("position") { return (.position, nil) }
    let text = value.scalarText ?? ""
    if text == textPrefix { return (.text(column: nil), nil) }
    if text == vectorPrefix { return (.vector(tensor: nil), nil) }
    for prefix in [textPrefix + ":", commentPrefix, vectorPrefix + ":"]
    where text.hasPrefix(prefix) {
      let rest = String(text.dropFirst(prefix.count))
      guard (1...64).contains(rest.utf8.count), !rest.contains(where: { ",=#".contains($0) }) else {
        throw place.refuse(
          "\(name)=\(value.shown)", "after '\(prefix)' must stand a name of up to 64 bytes")
      }
      switch prefix {
      case commentPrefix: return (.comment(rest), nil)
      case vectorPrefix + ":": return (.vector(tensor: rest), nil)
      default: return (.text(column: rest), nil)
      }
    }
    let isRandom = text.hasPrefix(randomPrefix)
    let parts = (isRandom ? text.dropFirst(randomPrefix.count) : text[...])
      .split(separator: ":", omittingEmptySubsequences: false)
    let labels = parts.count == 2 && !isRandom ? LabelKind(rawValue: String(parts[1])) : nil
    guard let number = parts.first, let index = Int(number), (0...999).contains(index),
      parts.count == 1 || labels != nil
    else {
      throw place.refuse(
        "\(name)=\(value.shown)",
        "the column must be a number from 0 to 999 (':spans' or ':plain' may follow), 'position', a "
          + "number after 'random:', 'text', 'vector', or a name after 'text:', 'vector:' or "
          + "'comment:'")
    }
    return (isRandom ? .random(of: index) : .index(index), labels)
  }

  private static let randomPrefix = "random:"
  private static let textPrefix = "text"
  private static let vectorPrefix = "vector"
  private static let commentPrefix = "comment:"

  private var columnText: String {
    switch column {
    case .index(let index): String(index) + (labels.map { ":\($0.rawValue)" } ?? "")
    case .position: "position"
    case .random(of: let index): Self.randomPrefix + String(index)
    case .comment(let key): Self.commentPrefix + key
    case .text(let column): Self.textPrefix + (column.map { ":" + $0 } ?? "")
    case .vector(let tensor): Self.vectorPrefix + (tensor.map { ":" + $0 } ?? "")
    }
  }

  private var mapping: RecipeValue {
    var entries = [RecipeValue.Entry("name", .text(name))]
    switch column {
    case .index(let index) where labels == nil:
      entries.append(.init("column", .number(Double(index))))
    case .index, .position, .random, .comment, .text, .vector:
      entries.append(.init("column", .text(columnText)))
    }
    for (key, files) in [("train", train), ("dev", dev), ("test", test)] where !files.isEmpty {
      entries.append(.init(key, .list(files.map { .text($0) })))
    }
    if let wordColumn { entries.append(.init("word-column", .number(Double(wordColumn)))) }
    if !domains.isEmpty {
      entries.append(.init("domains", .text(domains.joined(separator: ","))))
    }
    return .mapping(entries)
  }
}
