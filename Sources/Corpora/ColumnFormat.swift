import Basics
import Batches
import Foundation

/// What the labels of a column are declared to be, where that is not left to be found out.
public enum LabelKind: String, Hashable, Codable, Sendable {
  /// They mark spans; any that cannot is an error.
  case spans
  /// One label a token, whatever they look like.
  case plain
}

/// Where the labels of one task come from.
public struct TaskSource: Hashable, Codable, Sendable {
  /// What the labels are read from.
  public enum Source: Hashable, Codable, Sendable {
    /// A column of the file; the first is 0.
    case column(Int)
    /// The token's own index in its sentence, from 0: position prediction (Sun et al. 2020, Table
    /// 6).
    case position
    /// The labels of a column of the file, permuted at random over all tokens: a task without a
    /// signal. The corpus is read with the column's own labels; `Corpus.permuteLabels` permutes.
    case random(of: Int)
    /// A comment before every sentence, `# topic = x` for the key `topic`: one label a sentence.
    case comment(String)
    /// The labels of a file of texts, or those in a column of its own; one label a text.
    case text(column: String?)
    /// A tensor of a file of feature vectors, that of the task's name if nil: one label, or one
    /// value, a vector.
    case vector(tensor: String?)

    /// What the labels belong to.
    public var level: LabelLevel {
      switch self {
      case .column, .position, .random: .token
      case .comment, .text: .text
      case .vector: .vector
      }
    }

    /// The column of a file of texts, if it has one of its own.
    var textColumn: String? { if case .text(let column) = self { column } else { nil } }

    /// Whether the labels are those of a column in their own order.
    var mayMarkSpans: Bool {
      if case .column = self { true } else { false }
    }

    /// The column that is read, if there is one.
    var column: Int? {
      switch self {
      case .column(let column), .random(of: let column): column
      case .position, .comment, .text, .vector: nil
      }
    }
  }

  /// The task's name, as options and reports give it.
  public let name: String
  /// Where its labels come from.
  public let source: Source
  /// What its labels are declared to be; nil to judge by the labels.
  public let labels: LabelKind?

  /// Creates the source of the task called `name`.
  public init(name: String, source: Source, labels: LabelKind? = nil) {
    self.name = name
    self.source = source
    self.labels = labels
  }

  /// The task as the setting `tasks` writes it: `ner=3`, `ner=3:spans`, `pp=position`,
  /// `aux=random:3`, `topic=comment:topic`; `topic` and `topic=text:genre` for files of texts,
  /// `digit=vector` and `odd=vector:parity` for files of feature vectors.
  public var option: String {
    switch source {
    case .column(let column):
      "\(name)=\(column)" + (labels.map { ":\($0.rawValue)" } ?? "")
    case .position: "\(name)=position"
    case .random(of: let column): "\(name)=random:\(column)"
    case .comment(let key): "\(name)=comment:\(key)"
    case .text(let column): name + (column.map { "=text:\($0)" } ?? "")
    case .vector(let tensor): "\(name)=vector" + (tensor.map { ":\($0)" } ?? "")
    }
  }
}

/// Which columns of a file hold the words and the labels of the tasks.
public struct ColumnFormat: Hashable, Codable, Sendable {
  /// The column of the words; the first is 0.
  public let wordColumn: Int
  /// The tasks, in the order given.
  public let tasks: [TaskSource]

  /// Creates a format.
  ///
  /// - Throws: `Failure` of kind `usage` for a negative column, or a task name that is empty,
  ///   given twice, or holds anything but ASCII letters, digits, `_` and `-`.
  public init(wordColumn: Int, tasks: [TaskSource]) throws {
    guard wordColumn >= 0 else {
      throw Failure(
        .usage, setting: "word-column", value: "\(wordColumn)", "columns are counted from 0")
    }
    try TaskSource.checkNames(tasks)
    for task in tasks {
      if task.labels == .spans, !task.source.mayMarkSpans {
        throw Failure(
          .usage, setting: "tasks", value: task.name, "such labels cannot be declared as spans")
      }
      if let column = task.source.column, column < 0 {
        throw Failure(.usage, setting: "tasks", value: task.option, "columns are counted from 0")
      }
      switch task.source {
      case .comment(let key)
      where key.isEmpty || key.contains { "=\n\t".contains($0) }
        || key.first == " " || key.last == " ":
        throw Failure(
          .usage, setting: "tasks", value: task.option,
          "the key is what stands before '=' in a comment")
      case .text, .vector:
        throw Failure(
          .usage, setting: "tasks", value: task.option,
          "a column file has no texts or vectors with labels")
      default: break
      }
    }
    self.wordColumn = wordColumn
    self.tasks = tasks
  }
}

extension TaskSource {
  /// Refuses task names that are empty, given twice, or hold anything but ASCII letters, digits,
  /// `_` and `-`.
  static func checkNames(_ tasks: [TaskSource]) throws {
    var names: Set<String> = []
    for task in tasks {
      guard !task.name.isEmpty, task.name.utf8.allSatisfy(Self.mayStandInName) else {
        throw Failure(
          .usage, setting: "tasks", value: task.option,
          "a task name has letters, digits, _ and - only, at least one")
      }
      guard names.insert(task.name).inserted else {
        throw Failure(
          .usage, setting: "tasks", value: task.option, "the task \(task.name) is given twice")
      }
    }
  }

  private static func mayStandInName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

extension ColumnFormat {
  /// How a column file is written.
  package struct Layout {
    /// Whether columns are separated by tabs.
    package let isTabbed: Bool
    package let columns: Int
    /// Whether it is CoNLL-U: ten columns, the first of which counts words.
    package let isUniversal: Bool
  }

  /// What the first token line of `data` tells; nil if there is none.
  package static func layout(of data: Data) -> Layout? {
    data.withUnsafeBytes { bytes in
      let text = ColumnText(bytes)
      return text.layout.map {
        Layout(
          isTabbed: $0.tabs, columns: $0.columns,
          isUniversal: $0.isUniversal && text.countsWords)
      }
    }
  }

  /// How many columns the column file at `path` has; nil if it holds no token.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it cannot be read.
  package static func columnCount(of path: String) throws -> Int? {
    layout(of: try Files.readPlain(path, limit: ProblemList.largestFile))?.columns
  }
}
