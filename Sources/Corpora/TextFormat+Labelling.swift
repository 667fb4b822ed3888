import Foundation

extension TextFormat {
  /// Whether the lines of a file are texts and nothing else: no labels are asked for, and the first
  /// line has none.
  func areTextsAlone(_ text: ColumnText, _ kind: Kind) -> Bool {
    guard tasks.isEmpty, kind != .csv else { return false }
    var lines = text.lines()
    while let line = lines.next() {
      if line.isBlank { continue }
      return kind == .fasttext
        ? !line.bytes.starts(with: FastText.prefix) : !line.bytes.contains(UInt8(ascii: "\t"))
    }
    return false
  }

  /// A file of texts with a field more for each of `columns`, at the end of every record; a header
  /// gets their names. Lines stay as they are; CSV is written anew, fields in quotes where they
  /// need them.
  ///
  /// - Parameters:
  ///   - data: the file called `name`, from which a corpus could be read.
  ///   - columns: names, and a value for every text.
  public func adding(
    _ columns: [(name: String, values: [String])], to data: Data, named name: String
  ) -> Data {
    data.withUnsafeBytes { bytes in
      let text = ColumnText(bytes)
      let kind = kind(of: text, named: name)
      guard kind == .csv else { return addingToLines(columns, text, kind) }
      var records = CSVRecords(text.bytes)
      var result = Data()
      var row = -1
      while case .record(let record)? = records.next() {
        let added = columns.map { row < 0 ? $0.name : $0.values[row] }
        let fields = record.fields.map { String(decoding: $0.bytes, as: UTF8.self) } + added
        result += Data((fields.map(Self.quoted).joined(separator: ",") + "\n").utf8)
        row += 1
      }
      precondition(
        columns.allSatisfy { $0.values.count == row }, "a value is needed for every text")
      return result
    }
  }

  private func addingToLines(
    _ columns: [(name: String, values: [String])], _ text: ColumnText, _ kind: Kind
  ) -> Data {
    let hasHeader = hasNamedColumns && !areTextsAlone(text, kind)
    var result = Data()
    var row = hasHeader ? -1 : 0
    var lines = text.lines()
    while let line = lines.next() {
      result += Data(line.bytes)
      if !line.isBlank {
        for column in columns {
          result += Data(("\t" + (row < 0 ? column.name : column.values[row])).utf8)
        }
        row += 1
      }
      result.append(UInt8(ascii: "\n"))
    }
    precondition(columns.allSatisfy { $0.values.count == row }, "a value is needed for every text")
    return result
  }

  private static func quoted(_ field: String) -> String {
    guard field.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return field }
    return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
