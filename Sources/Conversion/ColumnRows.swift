import Foundation

/// A column file in the making: a token a line, tabs between columns, an empty line behind every
/// sentence.
public struct ColumnRows: Sendable {
  /// What has been written so far, UTF-8.
  public private(set) var data = Data()

  init() {}

  /// Appends a sentence.
  ///
  /// - Parameter rows: a row a token, as many fields in each, none of them empty.
  mutating func append(_ rows: [[String]]) {
    for row in rows {
      precondition(!row.contains(""), "a field is empty")
      data.append(contentsOf: row.joined(separator: "\t").utf8)
      data.append(UInt8(ascii: "\n"))
    }
    data.append(UInt8(ascii: "\n"))
  }
}
