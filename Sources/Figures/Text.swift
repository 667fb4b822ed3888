import Foundation

/// `value` with `digits` digits behind the point.
package func fixed(_ value: Double, _ digits: Int) -> String {
  String(format: "%.\(digits)f", value)
}

/// A share as a percentage with two digits, as papers print scores.
package func percent(_ value: Double) -> String { fixed(100 * value, 2) }

/// A plain-text table: the first column left-aligned, the others right-aligned.
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
    return cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
  }.joined(separator: "\n")
}

/// A Markdown table whose first row is its head.
package func markdownTable(_ rows: [[String]]) -> String {
  let lines = rows.map { row in
    "| " + row.map { $0.replacingOccurrences(of: "|", with: "\\|") }.joined(separator: " | ") + " |"
  }
  let rule = "|" + String(repeating: " --- |", count: rows.first?.count ?? 0)
  return (lines.prefix(1) + [rule] + lines.dropFirst()).joined(separator: "\n")
}

/// Comma-separated values; fields with commas, quotes or line breaks are quoted.
package func csvText(_ rows: [[String]]) -> String {
  rows.map { row in
    row.map { field in
      field.contains { $0 == "," || $0 == "\"" || $0.isNewline }
        ? "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : field
    }.joined(separator: ",")
  }.joined(separator: "\n")
}

/// `value` as indented JSON with sorted keys.
public func jsonText(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
