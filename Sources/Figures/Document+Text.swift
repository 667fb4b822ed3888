extension Document {
  /// The document for a terminal, where the user knows its title: headings on lines of their own,
  /// tables in columns.
  public var text: String {
    (opening.compactMap(Self.text) + sections.compactMap(Self.text)).joined(separator: "\n\n")
  }

  /// Nil if nothing of `section` can be shown as text.
  private static func text(_ section: Section) -> String? {
    let parts = section.blocks.compactMap(text)
    guard !parts.isEmpty else { return nil }
    return section.heading.shown() + "\n\n" + parts.joined(separator: "\n\n")
  }

  private static func text(_ block: Block) -> String? {
    switch block {
    case .paragraph(let text): return text.shown(limit: String.longest)
    case .note(let text): return "note: " + text.shown(limit: String.longest)
    case .verbatim(let text): return text.lines.joined(separator: "\n")
    case .figure: return nil
    case .folded(let title, let blocks):
      let parts = blocks.compactMap(text)
      return parts.isEmpty ? nil : ([title.shown()] + parts).joined(separator: "\n\n")
    case .table(let table): return table.text
    }
  }
}

extension Document.Table {
  /// The table for a terminal, below its caption.
  public var text: String {
    let rows = [head.map { $0.shown() }] + rows.map { $0.map { $0.signed.shown() } }
    let caption = caption.isEmpty ? [] : [caption.shown(limit: String.longest)]
    return (caption + [Figures.table(rows)]).joined(separator: "\n")
  }
}

extension String {
  /// The lines, each without control characters and not cut.
  var lines: [String] {
    split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .map { String($0).shown(limit: .max) }
  }
}
