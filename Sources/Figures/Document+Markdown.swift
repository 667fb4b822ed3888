extension Document {
  /// The document as Markdown with tables (GitHub's).
  public var markdown: String {
    let parts = opening.compactMap(Self.markdown) + sections.compactMap(Self.markdown)
    return (["# " + Self.markdown(title)] + parts).joined(separator: "\n\n")
  }

  /// Nil if nothing of `section` can be shown as Markdown.
  private static func markdown(_ section: Section) -> String? {
    let parts = section.blocks.compactMap(markdown)
    guard !parts.isEmpty else { return nil }
    return (["## " + markdown(section.heading)] + parts).joined(separator: "\n\n")
  }

  private static func markdown(_ block: Block) -> String? {
    switch block {
    case .paragraph(let text): return paragraph(text)
    case .note(let text): return "> " + paragraph(text)
    // Four blanks keep every line as it is, whatever it holds.
    case .verbatim(let text): return text.lines.map { "    " + $0 }.joined(separator: "\n")
    case .figure: return nil
    case .folded(let title, let blocks):
      let parts = blocks.compactMap(markdown)
      return parts.isEmpty
        ? nil : (["### " + markdown(title)] + parts).joined(separator: "\n\n")
    case .table(let table):
      let caption = table.caption.isEmpty ? [] : [paragraph(table.caption)]
      return (caption + [markdown(table)]).joined(separator: "\n\n")
    }
  }

  private static func markdown(_ table: Table) -> String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    let rule = "|" + table.isNumeric.map { $0 ? " ---: |" : " --- |" }.joined()
    let rows = table.rows.map { row in
      line(
        row.map { cell in
          let text = markdown(cell.signed)
          return cell.mark == .best ? "**\(text)**" : text
        })
    }
    return ([line(table.head.map { markdown($0) }), rule] + rows).joined(separator: "\n")
  }

  /// `text` as a paragraph that is not taken for a heading, a list or anything else by its beginning.
  private static func paragraph(_ text: String) -> String {
    let line = markdown(text, limit: String.longest).drop { $0 == " " }
    if let match = line.prefixMatch(of: /([0-9]+)([.)])/) {
      return match.1 + "\\" + line[match.2.startIndex...]
    }
    return line.first.map { "#-+=".contains($0) } == true ? "\\" + line : String(line)
  }

  /// `text` as one line in which nothing is markup.
  private static func markdown(_ text: String, limit: Int = String.shortest) -> String {
    var result = ""
    for character in text.shown(limit: limit) {
      switch character {
      case "\\", "`", "*", "_", "[", "]", "|", "~", "$": result += "\\\(character)"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      default: result.append(character)
      }
    }
    return result
  }
}
