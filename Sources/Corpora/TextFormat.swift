import Basics

/// A field of a file of texts: by number from 0, or by its name in the file's first line.
public enum TextField: Hashable, Codable, Sendable, CustomStringConvertible {
  case index(Int)
  case name(String)

  /// The field that `text` means: a whole number, or a name.
  public init(_ text: String) {
    self = Int(text).map { .index($0) } ?? .name(text)
  }

  public var description: String {
    switch self {
    case .index(let index): String(index)
    case .name(let name): name
    }
  }
}

/// How files of texts, each with a label or several, are to be read.
public struct TextFormat: Hashable, Codable, Sendable {
  /// How the files are written.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// `.csv` is CSV; a first line that starts with `__label__` means fastText; anything else TSV.
    case auto
    /// A text a line, fields separated by tabs; without a header, unless a field is given by name.
    case tsv
    /// RFC 4180: fields separated by commas, in quotes where they hold any; with a header.
    case csv
    /// `__label__x text`, one label a line.
    case fasttext
  }

  /// How the files are written.
  public let kind: Kind
  /// The field of the labels; nil for that beside the text's, or `label` in CSV.
  public let labelColumn: TextField?
  /// The field of the texts; nil for that beside the labels', or `text` in CSV.
  public let textColumn: TextField?
  /// The tasks, in the order given; those with a column of their own read it instead.
  public let tasks: [TaskSource]
  /// How many tokens of a text are kept; 0 for all.
  public let maxTokens: Int
  /// Whether a field is given by name, so that the first line of a TSV file holds names.
  let hasNamedColumns: Bool
  /// The most tokens of a text that is not cut: longer ones are refused.
  let longestText: Int

  /// How long a text may be where no number of tokens is said to be kept.
  private static let longestText = 1 << 16

  /// Creates a format.
  ///
  /// - Throws: `Failure` of kind `usage` for a task that is none of texts, bad or repeated names,
  ///   a negative column or limit.
  public init(
    kind: Kind = .auto, labelColumn: TextField? = nil, textColumn: TextField? = nil,
    tasks: [TaskSource], maxTokens: Int = 0
  ) throws {
    try TaskSource.checkNames(tasks)
    for task in tasks {
      guard case .text(let column) = task.source else {
        throw Failure(
          .usage, setting: "tasks", value: task.option, "files of texts have no such labels")
      }
      if case .index(let index)? = column.map(TextField.init), index < 0 {
        throw Failure(.usage, setting: "tasks", value: task.option, "columns are counted from 0")
      }
    }
    for (setting, column) in [("label-column", labelColumn), ("text-column", textColumn)] {
      if case .index(let index)? = column, index < 0 {
        throw Failure(.usage, setting: setting, value: "\(index)", "columns are counted from 0")
      }
    }
    if let labelColumn, labelColumn == textColumn {
      throw Failure(
        .usage, setting: "label-column", value: "\(labelColumn)", "the column holds the texts")
    }
    guard maxTokens >= 0 else {
      throw Failure(
        .usage, setting: "max-tokens", value: "\(maxTokens)", "must be 0, for no limit, or more")
    }
    let columns = tasks.map { $0.source.textColumn.map(TextField.init) }
    self.init(
      kind, labelColumn, textColumn, tasks, maxTokens: maxTokens,
      hasNamedColumns: (columns + [labelColumn, textColumn]).contains {
        if case .name? = $0 { true } else { false }
      }, longestText: Self.longestText)
  }

  private init(
    _ kind: Kind, _ labelColumn: TextField?, _ textColumn: TextField?, _ tasks: [TaskSource],
    maxTokens: Int, hasNamedColumns: Bool, longestText: Int
  ) {
    self.kind = kind
    self.labelColumn = labelColumn
    self.textColumn = textColumn
    self.tasks = tasks
    self.maxTokens = maxTokens
    self.hasNamedColumns = hasNamedColumns
    self.longestText = longestText
  }

  /// The same without a limit, if one is set, to look at texts as they are.
  var keepingAllTokens: TextFormat {
    TextFormat(
      kind, labelColumn, textColumn, tasks, maxTokens: 0, hasNamedColumns: hasNamedColumns,
      longestText: maxTokens > 0 ? .max : longestText)
  }

  /// The same for files whose labels are not read, and which may have none.
  public var withoutLabels: TextFormat {
    TextFormat(
      kind, labelColumn, textColumn, [], maxTokens: maxTokens,
      hasNamedColumns: hasNamedColumns, longestText: longestText)
  }

  /// The field of a task's labels, as it was given.
  func column(of task: TaskSource) -> TextField? {
    if case .text(let column?) = task.source { return TextField(column) }
    return labelColumn
  }

  /// How the file called `name` with this content is written; never `auto`.
  func kind(of text: ColumnText, named name: String) -> Kind {
    guard kind == .auto else { return kind }
    if FileCoding.plainName(of: name).lowercased().hasSuffix(".csv") { return .csv }
    var lines = text.lines()
    while let line = lines.next() {
      if !line.isBlank { return line.bytes.starts(with: FastText.prefix) ? .fasttext : .tsv }
    }
    return .tsv
  }
}
