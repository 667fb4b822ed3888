import Foundation

/// A help screen as the parser renders it without line breaks of its own, set for a width.
///
/// The parser would keep the line breaks of discussions, never break a usage line, and squeeze the
/// texts of options into what their names leave of a narrow line. Here paragraphs flow, commands
/// are continued as a shell takes them, and below 60 columns texts stand under their options.
struct HelpText {
  /// Where the parser begins the texts of options.
  private static let textColumn = 26
  /// What the parser is to take for the width so that it breaks no line.
  static let unbroken = 1 << 20

  private let width: Int
  private var lines: [String] = []

  /// `screen` in lines of at most `width` columns, but for words that are longer.
  static func set(_ screen: String, width: Int) -> String {
    var text = HelpText(width: max(width, 30))
    text.add(screen.trimmed.split(separator: "\n", omittingEmptySubsequences: false)[...])
    return text.lines.joined(separator: "\n")
  }

  private init(width: Int) { self.width = width }

  private mutating func add(_ screen: ArraySlice<Substring>) {
    var rest = screen
    var isDiscussion = true
    while let line = rest.popFirst() {
      if line.hasPrefix("USAGE: ") {
        isDiscussion = false
        addUsage(line)
      } else if line.hasPrefix("  tickets ") && isDiscussion {
        var command = [line]
        while command.last!.hasSuffix("\\"), let next = rest.popFirst() { command.append(next) }
        addCommand(command)
      } else if line.hasPrefix("  ") && !isDiscussion && !line.hasPrefix("  See '") {
        addOption(line, &rest)
      } else if line.hasPrefix(" ") {
        let indent = line.prefix { $0 == " " }.count
        fill(line.split(separator: " "), indent: indent, hanging: indent == 2 ? 4 : indent)
      } else if line.isEmpty || !isDiscussion {
        lines.append(String(line))
      } else {
        var paragraph = [line]
        while let next = rest.first, !next.isEmpty, next.first != " " {
          paragraph.append(rest.removeFirst())
        }
        fill(paragraph.flatMap { $0.split(separator: " ") })
      }
    }
  }

  /// Options stay with their values.
  private mutating func addUsage(_ line: Substring) {
    let parts = line.matches(of: /\[[^\]]*\]|--\S+ <[^>]*>|\S+/).map(\.output)
    fill(parts, hanging: width < 60 ? 4 : 7)
  }

  /// A command as its author broke it, if that fits.
  private mutating func addCommand(_ command: [Substring]) {
    guard command.contains(where: { $0.count > width }) else {
      lines += command.map(String.init)
      return
    }
    let words = command.flatMap {
      $0.matches(of: /--\S+ (?:'[^']*'|[^-<>\s\\]\S*)|'[^']*'|[^\s\\]+/).map(\.output)
    }
    fill(words, indent: 2, hanging: 6, end: " \\")
  }

  /// A line of names, and the text behind them or on the next line.
  private mutating func addOption(_ line: Substring, _ rest: inout ArraySlice<Substring>) {
    var (names, text) = (line, Substring())
    if let next = rest.first, next.hasPrefix(String(repeating: " ", count: Self.textColumn)) {
      text = rest.removeFirst()
    } else if line.count > Self.textColumn {
      (names, text) = (line.prefix(Self.textColumn), line.dropFirst(Self.textColumn))
    }
    while names.last == " " { names.removeLast() }
    let words = text.split(separator: " ")
    let indent = width < 60 ? 6 : Self.textColumn
    if names.count >= indent {
      fill(names.split(separator: " "), indent: 2, hanging: 4)
      fill(words, indent: indent, hanging: indent)
    } else {
      let start = lines.count
      fill(words, indent: indent, hanging: indent)
      if lines.count == start {
        lines.append(String(names))
      } else {
        lines[start] = String(names) + lines[start].dropFirst(names.count)
      }
    }
  }

  /// Adds lines of `words`, the first behind `indent` blanks, the others behind `hanging`; all but
  /// the last end with `end`. A word that fits no line is broken behind a separator, if it has one.
  private mutating func fill(
    _ words: [Substring], indent: Int = 0, hanging: Int = 0, end: String = ""
  ) {
    guard !words.isEmpty else { return }
    let blanks = String(repeating: " ", count: hanging)
    var line = String(repeating: " ", count: indent)
    var isEmpty = true
    for word in words {
      for (index, piece) in pieces(of: word, room: width - hanging - end.count).enumerated() {
        let gap = isEmpty || index > 0 ? "" : " "
        if !isEmpty, line.count + gap.count + piece.count + end.count > width {
          lines.append(line + (index > 0 ? "" : end))
          line = blanks + piece
        } else {
          line += gap + piece
        }
        isEmpty = false
      }
    }
    lines.append(line)
  }

  private func pieces(of word: Substring, room: Int) -> [Substring] {
    guard word.count > room else { return [word] }
    return word.matches(of: /[^|,;\/]*[|,;\/]?/).map(\.output).filter { !$0.isEmpty }
  }
}

extension HelpText {
  /// The columns of help on standard output: those of the terminal, as far as long lines can be
  /// read, or what `COLUMNS` says; 80 if it is none.
  static var standardWidth: Int {
    if let given = ProcessInfo.processInfo.environment["COLUMNS"].flatMap(Int.init), given > 0 {
      return min(given, 100)
    }
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return min(Int(size.ws_col), 100)
  }
}
