import Foundation

/// The records of a CSV file (RFC 4180): fields between commas, quotes around those that hold
/// commas, quotes or line breaks, a quote in quotes doubled.
///
/// Written here because SwiftCSV needs the whole file as one `String`, knows no line numbers, takes
/// what follows a quote that never closes for one field, and says nothing about it. This one looks
/// at bytes in place, holds one record, and stops at a record's greatest length.
struct CSVRecords {
  private let text: UnsafeRawBufferPointer
  private var at = 0
  private var line = 1

  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")
  private static let newline = UInt8(ascii: "\n")
  private static let carriage = UInt8(ascii: "\r")

  /// - Parameter text: the file without a byte order mark.
  init(_ text: UnsafeRawBufferPointer) { self.text = text }

  mutating func next() -> TextRecord.Next? {
    while at < text.count, endOfLine(at) != nil { skipLine() }
    guard at < text.count else { return nil }
    let (start, first) = (at, line)
    var fields: [TextRecord.Field] = []
    while true {
      let opened = line
      let bytes: [UInt8]
      if at < text.count && text[at] == Self.quote {
        guard let quoted = quoted(limit: min(text.count, start + TextRecord.longest)) else {
          // The record ends somewhere in what looks quoted: the next line may be one again.
          skipLine()
          return .problem(line: opened, "the quote that opens in this line is not closed")
        }
        bytes = quoted
      } else {
        let end =
          text[at...].firstIndex { $0 == Self.comma || $0 == Self.newline } ?? text.count
        let isLast = end == text.count || text[end] == Self.newline
        let length = isLast && end > at && text[end - 1] == Self.carriage ? end - 1 : end
        bytes = Array(text[at..<length])
        at = length
      }
      fields.append(TextRecord.Field(bytes: bytes, line: opened))
      if at - start > TextRecord.longest {
        skipLine()
        return .problem(line: first, "the record is longer than \(TextRecord.longest) bytes")
      }
      if at < text.count && text[at] == Self.comma {
        at += 1
        continue
      }
      guard let end = endOfLine(at) else {
        let here = line
        skipLine()
        return .problem(line: here, "text follows a closing quote; quotes in quotes are doubled")
      }
      at = end
      if end > 0 && text[end - 1] == Self.newline { line += 1 }
      return .record(TextRecord(line: first, fields: fields))
    }
  }

  /// Reads a field in quotes; nil, and nothing is read, if they do not close before `limit`.
  private mutating func quoted(limit: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    var start = at + 1
    while true {
      guard start < limit,
        let found = memchr(text.baseAddress! + start, Int32(Self.quote), limit - start)
      else { return nil }
      let end = UnsafeRawPointer(found) - text.baseAddress!
      bytes += text[start..<end]
      guard end + 1 < text.count && text[end + 1] == Self.quote else {
        line += bytes.count { $0 == Self.newline }
        at = end + 1
        return bytes
      }
      bytes.append(Self.quote)
      start = end + 2
    }
  }

  /// Where the next line starts if a line ends at `place`, otherwise nil.
  private func endOfLine(_ place: Int) -> Int? {
    if place == text.count { return place }
    if text[place] == Self.newline { return place + 1 }
    guard text[place] == Self.carriage else { return nil }
    if place + 1 == text.count { return place + 1 }
    return text[place + 1] == Self.newline ? place + 2 : nil
  }

  private mutating func skipLine() {
    at = text[at...].firstIndex(of: Self.newline).map { $0 + 1 } ?? text.count
    line += 1
  }
}
