import Foundation

/// `value` with `digits` digits behind the point.
package func fixed(_ value: Double, _ digits: Int) -> String {
  String(format: "%.\(digits)f", value)
}

/// A share as a percentage with two digits, as papers print scores.
package func percent(_ value: Double) -> String { fixed(100 * value, 2) }

/// A number of bytes as people say it: `312 MB`, `4.1 GB`, in powers of 1024.
public func sizeText(_ bytes: Int) -> String {
  let (mega, giga) = (Double(bytes) / 0x1p20, Double(bytes) / 0x1p30)
  return giga >= 1 ? fixed(giga, 1) + " GB" : fixed(mega.rounded(.up), 0) + " MB"
}

/// `count` things called `name`: `1 run`, `2 runs`.
package func counted(_ count: Int, _ name: String) -> String {
  "\(count) \(name)\(count == 1 ? "" : "s")"
}

/// A plain-text table: the first column left-aligned, the others right-aligned, no blanks at the
/// end of a line.
package func table(_ rows: [[String]]) -> String {
  let columns = rows.map(\.count).max() ?? 0
  let widths = (0..<columns).map { column in
    rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
  }
  return rows.map { row in
    let cells = row.enumerated().map { column, cell in
      let padding = String(repeating: " ", count: widths[column] - cell.count)
      return column == 0 ? cell + padding : padding + cell
    }
    var line = cells.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }.joined(separator: "\n")
}

/// Names and what they stand for, in two columns.
package func list(_ entries: [(name: String, value: String)]) -> String {
  let width = entries.map(\.name.count).max() ?? 0
  return entries.map { name, value in
    name + String(repeating: " ", count: width - name.count) + "  " + value
  }.joined(separator: "\n")
}

/// Comma-separated values (RFC 4180), with `lineBreak` between rows; fields with commas, quotes or
/// line breaks are quoted.
package func csvText(_ rows: [[String]], lineBreak: String = "\n") -> String {
  let special = CharacterSet.newlines.union([",", "\""])
  return rows.map { row in
    row.map { field in
      field.unicodeScalars.contains(where: special.contains)
        ? "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : field
    }.joined(separator: ",")
  }.joined(separator: lineBreak)
}

/// `value` as indented JSON with sorted keys, its control characters escaped.
public func jsonText(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self).escaped {
    let digits = String($0.value, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}

extension String {
  /// The text as it may be written to a terminal, whoever wrote it: its lines and tabs as they are,
  /// other control characters and those that turn the direction of what follows as `\u{1b}`.
  public var forTerminal: String { escaped { "\\u{\(String($0.value, radix: 16))}" } }

  /// The text with `escape` of every character that a terminal would obey.
  fileprivate func escaped(_ escape: (Unicode.Scalar) -> String) -> String {
    // Most texts have none: what begins such a character is looked for first.
    let isSuspect = utf8.contains { byte in
      byte < 32 && byte != 9 && byte != 10 || byte == 127 || byte == 0xc2 || byte == 0xe2
    }
    guard isSuspect else { return self }
    var result = ""
    var rest = unicodeScalars[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\r" where rest.first == "\n": result.unicodeScalars.append(scalar)
      case "\t", "\n": result.unicodeScalars.append(scalar)
      case "\u{0}"..<"\u{20}", "\u{7f}"..<"\u{a0}", "\u{200e}", "\u{200f}",
        "\u{2028}"..."\u{202e}", "\u{2066}"..."\u{2069}":
        result += escape(scalar)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
