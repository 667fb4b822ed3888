extension Document {
  /// Rows under a head, in groups that stand apart.
  public struct Table: Sendable {
    /// What it shows; empty where that is clear.
    public let caption: String
    /// The names of the columns.
    public let head: [String]
    /// The rows by group, each as wide as the head.
    public let groups: [[[Cell]]]

    /// Creates a table.
    public init(_ caption: String, head: [String], groups: [[[Cell]]]) {
      precondition(
        groups.joined().allSatisfy { $0.count == head.count }, "rows are as wide as the head")
      self.caption = caption
      self.head = head
      self.groups = groups.filter { !$0.isEmpty }
    }

    /// Creates a table of texts whose first row is its head; shorter rows end with empty cells.
    public init(_ caption: String, _ rows: [[String]]) {
      let width = rows.map(\.count).max() ?? 0
      let filled = rows.map { $0 + Array(repeating: "", count: width - $0.count) }
      self.init(
        caption, head: filled.first ?? [],
        groups: [filled.dropFirst().map { row in row.map { Cell($0) } }])
    }

    /// All rows.
    var rows: [[Cell]] { Array(groups.joined()) }

    /// By column: whether its cells are numbers, but for those that say there is none.
    var isNumeric: [Bool] {
      head.indices.map { column in
        let cells = rows.map { $0[column] }.filter { $0.text != "" }
        return !cells.isEmpty && cells.allSatisfy { $0.number != nil || $0.text == "-" }
      }
    }
  }

  /// One cell of a table.
  public struct Cell: Sendable {
    /// What the reader should see at once.
    public enum Mark: Sendable {
      case none
      /// The best of its kind.
      case best
      /// An error.
      case wrong
    }

    /// What it shows.
    public let text: String
    /// The number that it is, by which it can be sorted; nil if it is none.
    public let number: Double?
    /// How it stands out.
    public let mark: Mark

    /// Creates a cell that is a number if it reads as one: `1.5`, `+2`, `<0.0001`, `× 3`, `4 *`.
    public init(_ text: String, mark: Mark = .none) {
      let bare = text.drop { "+<× ".contains($0) }
      let digits = bare.hasSuffix(" *") ? bare.dropLast(2) : bare
      // Names such as "nan" and "infinity" are names.
      let isNumber = digits.contains { $0.isASCII && $0.isNumber }
      self.init(text, number: isNumber ? Double(digits) : nil, mark: mark)
    }

    /// Creates a cell for `number`; for a text if it is nil.
    public init(_ text: String, number: Double?, mark: Mark = .none) {
      self.text = text
      self.number = number
      self.mark = mark
    }

    /// The text with a sign where it is an error, for readers that see no colours.
    var signed: String { mark == .wrong ? "✗ " + text : text }
  }
}
