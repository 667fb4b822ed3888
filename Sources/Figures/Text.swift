import Foundation

/// `value` with `digits` digits behind the point.
package func fixed(_ value: Double, _ digits: Int) -> String {
  String(format: "%.\(digits)f", value)
}

/// A share as a percentage with two digits, as papers print scores.
package func percent(_ value: Double) -> String { fixed(100 * value, 2) }

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

/// `value` as indented JSON with sorted keys.
public func jsonText(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
