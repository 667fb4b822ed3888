extension Document {
  /// The document as one HTML page that needs nothing else: no other file, no network, and no script
  /// to be read. Equal documents give equal pages.
  public var html: String {
    let names = Self.names(sections.map(\.heading))
    let contents = zip(sections, names).map { section, name in
      "<li><a href=\"#\(name)\">\(Self.html(section.heading))</a></li>"
    }
    let parts = zip(sections, names).map(Self.html)
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(HTMLPage.policy)">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(Self.html(title))</title>
      <style>\(HTMLPage.style)</style>
      </head>
      <body>
      <header><h1>\(Self.html(title))</h1>
      \(opening.map(Self.html).joined())</header>
      <nav aria-label="Contents"><ul>
      \(contents.joined(separator: "\n"))
      </ul></nav>
      <main>
      \(parts.joined())</main>
      <script>\(HTMLPage.script)</script>
      </body>
      </html>

      """
  }

  /// A name for each heading that an address can hold, no two the same.
  private static func names(_ headings: [String]) -> [String] {
    var names: [String] = []
    for heading in headings {
      let words = heading.shown(limit: 60).lowercased().split {
        !($0.isASCII && ($0.isLetter || $0.isNumber))
      }
      let name = words.prefix(6).joined(separator: "-")
      names.append(name.isEmpty || names.contains(name) ? "part-\(names.count + 1)" : name)
    }
    return names
  }

  private static func html(_ section: Section, _ name: String) -> String {
    let heading = "<h2>\(html(section.heading))</h2>"
    let blocks = section.blocks.map(html).joined()
    let body =
      section.isFolded
      ? "<details><summary>\(heading)</summary>\n\(blocks)</details>" : "\(heading)\n\(blocks)"
    return "<section id=\"\(name)\">\n\(body)\n</section>\n"
  }

  private static func html(_ block: Block) -> String {
    switch block {
    case .paragraph(let text): return "<p>\(html(text, limit: String.longest))</p>\n"
    case .note(let text):
      return "<p class=\"note\"><b>Note:</b> \(html(text, limit: String.longest))</p>\n"
    case .verbatim(let text):
      let lines = text.lines.map { html($0, limit: .max) }
      return "<pre tabindex=\"0\">\(lines.joined(separator: "\n"))</pre>\n"
    case .figure(let figure): return "<figure class=\"drawing\">\(figure.svg)</figure>\n"
    case .folded(let title, let blocks):
      return "<details><summary>\(html(title))</summary>\n\(blocks.map(html).joined())</details>\n"
    case .table(let table): return html(table)
    }
  }

  private static func html(_ table: Table) -> String {
    let isNumeric = table.isNumeric
    let head = zip(table.head, isNumeric).map { name, isNumeric in
      "<th scope=\"col\"\(isNumeric ? " class=\"number\"" : "")>\(html(name))</th>"
    }
    let groups = table.groups.map { rows in
      let lines = rows.map { row in
        "<tr>"
          + zip(row, isNumeric).enumerated().map { cell($1.0, isNumeric: $1.1, at: $0) }.joined()
          + "</tr>\n"
      }
      return "<tbody>\n\(lines.joined())</tbody>\n"
    }
    let caption =
      table.caption.isEmpty
      ? "" : "<figcaption>\(html(table.caption, limit: String.longest))</figcaption>"
    // The box can be reached by keyboard, so that it can be scrolled by keyboard.
    return "<figure class=\"table\">\(caption)"
      + "<div class=\"scroll\" tabindex=\"0\" role=\"group\""
      + " aria-label=\"\(html(table.caption.isEmpty ? "Table" : table.caption))\">\n"
      + "<table>\n<thead><tr>\(head.joined())</tr></thead>\n\(groups.joined())</table>\n"
      + "</div></figure>\n"
  }

  private static func cell(_ cell: Cell, isNumeric: Bool, at column: Int) -> String {
    var text = html(cell.text)
    var classes = isNumeric ? ["number"] : []
    switch cell.mark {
    case .none: break
    case .best:
      classes.append("best")
      text = "<b>\(text)</b>"
    case .wrong:
      classes.append("wrong")
      text = "<span aria-label=\"wrong\">✗</span> \(text)"
    }
    let names = classes.isEmpty ? "" : " class=\"\(classes.joined(separator: " "))\""
    let value = cell.number.map { " data-value=\"\($0)\"" } ?? ""
    return column == 0
      ? "<th scope=\"row\"\(names)\(value)>\(text)</th>" : "<td\(names)\(value)>\(text)</td>"
  }

  /// `text` on one line, for use between tags or quotes.
  private static func html(_ text: String, limit: Int = String.shortest) -> String {
    SVG.escape(text.shown(limit: limit))
  }
}
