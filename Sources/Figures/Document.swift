/// What is to be shown, whatever it is drawn as: text, Markdown, LaTeX or an HTML page.
///
/// Names and labels may come from strangers: every drawing escapes them in its own way, leaves
/// control characters out and cuts what is very long.
public struct Document: Sendable {
  /// One part under a heading.
  public struct Section: Sendable {
    /// Its heading.
    public let heading: String
    /// What it holds, from above.
    public let blocks: [Block]
    /// Whether a page shows it only when it is asked for; in print it is open.
    public let isFolded: Bool

    /// Creates a section.
    public init(_ heading: String, isFolded: Bool = false, _ blocks: [Block]) {
      self.heading = heading
      self.isFolded = isFolded
      self.blocks = blocks
    }
  }

  /// A piece of a section.
  public indirect enum Block: Sendable {
    /// Sentences.
    case paragraph(String)
    /// What the reader should know before trusting what stands there, or what is left out.
    case note(String)
    /// Rows and columns.
    case table(Table)
    /// A drawing; text, Markdown and LaTeX leave it out.
    case figure(Figure)
    /// Lines to be shown as they are, as of a file.
    case verbatim(String)
    /// Blocks that a page shows only when they are asked for; in print they are open.
    case folded(String, [Block])
  }

  /// What stands above everything.
  public let title: String
  /// What stands before the first heading.
  public let opening: [Block]
  /// The parts.
  public let sections: [Section]

  /// Creates a document.
  public init(_ title: String, opening: [Block] = [], _ sections: [Section]) {
    self.title = title
    self.opening = opening
    self.sections = sections
  }
}

extension String {
  /// The most characters of a name, a cell or a caption, and of a paragraph.
  static let (shortest, longest) = (300, 4000)

  /// The text on one line: blanks for line breaks, no control characters and none that turn the
  /// direction of what follows, and an ellipsis where it is longer than `limit` characters.
  func shown(limit: Int = shortest) -> String {
    var line = String.UnicodeScalarView()
    // Scalars know their count only by counting.
    var count = 0
    for scalar in unicodeScalars {
      guard count < limit else {
        line.append("…")
        break
      }
      switch scalar {
      case "\t", "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": line.append(" ")
      case "\u{0}"..<"\u{20}", "\u{7f}"..<"\u{a0}", "\u{202a}"..."\u{202e}",
        "\u{2066}"..."\u{2069}",
        "\u{fffe}", "\u{ffff}":
        continue
      default: line.append(scalar)
      }
      count += 1
    }
    return String(line)
  }
}
