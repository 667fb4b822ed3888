import Foundation

/// One text with its labels, as a file has it.
struct TextRecord {
  /// A field without its quotes.
  struct Field {
    let bytes: [UInt8]
    /// The line it starts in, from 1.
    let line: Int

    /// Without white space at its ends.
    var trimmed: ArraySlice<UInt8> {
      guard let first = bytes.firstIndex(where: { !isWhiteSpace($0) }) else { return [] }
      return bytes[first...bytes.lastIndex { !isWhiteSpace($0) }!]
    }
  }

  /// The line it starts in, from 1.
  let line: Int
  let fields: [Field]

  /// The most bytes that a record may have: some more than the largest text of 1 MiB.
  static let longest = 1 << 20 + 1 << 16

  /// What a file has next.
  enum Next {
    case record(TextRecord)
    /// What is wrong, in which line; the record is left out.
    case problem(line: Int, String)
  }
}

/// Whether this ASCII code separates tokens: a blank, a tab, or an end of a line or page.
func isWhiteSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

/// How fastText writes labels.
enum FastText {
  static let prefix = Array("__label__".utf8)

  /// The label and the text of a line, or what is wrong with it.
  static func next(_ line: UnsafeRawBufferPointer, number: Int) -> TextRecord.Next {
    let words = line.split(whereSeparator: isWhiteSpace)
    let labels = words.filter { $0.starts(with: prefix) }
    guard labels.count == 1, words[0].starts(with: prefix) else {
      return .problem(
        line: number,
        labels.count > 1
          ? "the text has \(labels.count) labels; one is needed"
          : "the line does not start with a label (__label__…)")
    }
    let fields = [words[0].dropFirst(prefix.count), line[words[0].endIndex...]].map {
      TextRecord.Field(bytes: Array($0), line: number)
    }
    return .record(TextRecord(line: number, fields: fields))
  }
}

/// The records of a file with one a line: TSV, fastText, and texts alone.
struct LineRecords {
  private var lines: ColumnText.Lines
  private let isFastText: Bool
  private let areTextsAlone: Bool

  init(_ text: ColumnText, isFastText: Bool, areTextsAlone: Bool) {
    lines = text.lines()
    self.isFastText = isFastText
    self.areTextsAlone = areTextsAlone
  }

  mutating func next() -> TextRecord.Next? {
    while let line = lines.next() {
      if line.isBlank { continue }
      if line.bytes.count > TextRecord.longest {
        return .problem(
          line: line.number, "the line is longer than \(TextRecord.longest) bytes")
      }
      if areTextsAlone {
        let text = TextRecord.Field(bytes: Array(line.bytes), line: line.number)
        return .record(TextRecord(line: line.number, fields: [text]))
      }
      if isFastText { return FastText.next(line.bytes, number: line.number) }
      let tab = UInt8(ascii: "\t")
      guard line.bytes.contains(tab) else {
        return .problem(line: line.number, "there is no tab, which stands between label and text")
      }
      let fields = line.bytes.split(separator: tab, omittingEmptySubsequences: false).map {
        TextRecord.Field(bytes: Array($0), line: line.number)
      }
      return .record(TextRecord(line: line.number, fields: fields))
    }
    return nil
  }
}
