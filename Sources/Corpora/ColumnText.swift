import Foundation

/// The bytes of a column file, seen as lines and fields; nothing is copied.
struct ColumnText {
  /// How a file separates its columns, and how many it has.
  struct Layout {
    let tabs: Bool
    let columns: Int
    /// Ten columns separated by tabs: CoNLL-U.
    var isUniversal: Bool { tabs && columns == 10 }
  }

  let bytes: UnsafeRawBufferPointer
  init(_ data: UnsafeRawBufferPointer) {
    bytes =
      data.starts(with: Self.byteOrderMark) ? UnsafeRawBufferPointer(rebasing: data[3...]) : data
  }

  /// What may stand before a text, once.
  static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

  /// Whether all of it is UTF-8; where not, every line has to be looked at. O(its length)
  var isValid: Bool { Self.isUTF8(bytes) }

  private init(part: UnsafeRawBufferPointer) { bytes = part }

  /// Whether there is a NUL byte, which no text has.
  var hasNUL: Bool { Self.hasNUL(bytes) }

  /// Whether a carriage return stands anywhere but before a line's end.
  var hasStrayCarriage: Bool {
    var rest = bytes
    while let start = rest.baseAddress, let found = memchr(start, 13, rest.count) {
      let next = UnsafeRawPointer(found) - start + 1
      guard next < rest.count else { return false }
      guard rest[next] == 10 else { return true }
      rest = UnsafeRawBufferPointer(rebasing: rest[next...])
    }
    return false
  }

  /// What lines end with, where a file has other ends.
  static let endsOfLines =
    "lines end with a line feed (LF), or with CR and LF; convert the file"

  /// Whether all of it is one line by mistake: its lines end with carriage returns.
  var hasCarriagesOnly: Bool {
    hasStrayCarriage && memchr(bytes.baseAddress!, 10, bytes.count) == nil
  }

  static func hasNUL(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count > 0 && memchr(bytes.baseAddress!, 0, bytes.count) != nil
  }

  static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.withMemoryRebound(to: UInt8.self) { (try? UTF8Span(validating: $0.span)) != nil }
  }

  /// How many lines there are, the last with or without an end.
  var lineCount: Int {
    var count = 1
    for i in stride(from: 0, to: bytes.count, by: 8) {
      let word = ByteFlags.word(bytes.baseAddress! + i, room: bytes.count - i)
      count += ByteFlags.equal(word, 10).nonzeroBitCount
    }
    return count
  }

  /// The lines, of which the first has the number `before` + 1.
  func lines(after before: Int = 0) -> Lines { Lines(rest: bytes, number: before) }

  /// Two parts of about the same length, the first of which ends with a blank line; nil if no line
  /// of the second half is blank.
  var halves: (ColumnText, ColumnText)? {
    let middle = bytes.count / 2
    // What is left of the line in the middle may look blank.
    guard let end = bytes[middle...].firstIndex(of: 10) else { return nil }
    var lines = Lines(rest: UnsafeRawBufferPointer(rebasing: bytes[(end + 1)...]), number: 0)
    while let line = lines.next() {
      guard line.isBlank else { continue }
      let cut = bytes.count - lines.rest.count
      return (
        ColumnText(part: UnsafeRawBufferPointer(rebasing: bytes[..<cut])),
        ColumnText(part: UnsafeRawBufferPointer(rebasing: bytes[cut...]))
      )
    }
    return nil
  }

  /// Taken from the first token line; `nil` if there is none.
  ///
  /// That is the first line that cannot be a comment. Only if every line starts with `#` the
  /// first of them stands for it.
  var layout: Layout? {
    var doubtful: Layout?
    var all = lines()
    while let line = all.next() {
      if line.isBlank || line.isDocumentStart || line.isTooLong { continue }
      let tabs = line.bytes.contains(UInt8(ascii: "\t"))
      let none = UnsafeMutableBufferPointer<Range<Int>>(start: nil, count: 0)
      let layout = Layout(tabs: tabs, columns: line.split(tabs: tabs, into: none))
      if line.bytes[0] != UInt8(ascii: "#") { return layout }
      if doubtful == nil && layout.columns > 1 && (tabs || line.bytes[1] != UInt8(ascii: " ")) {
        doubtful = layout
      }
    }
    return doubtful
  }

  /// Whether its first line that is no comment begins with 1, which may be that of a range of words.
  var countsWords: Bool {
    var all = lines()
    while let line = all.next() {
      if line.isBlank || line.bytes[0] == UInt8(ascii: "#") { continue }
      return line.bytes.count > 1 && line.bytes[0] == UInt8(ascii: "1")
        && [UInt8(ascii: "\t"), UInt8(ascii: "-")].contains(line.bytes[1])
    }
    return false
  }

  /// Whether this seems to be a file of texts, one a line: tabs, no blank line, and fields full of
  /// blanks, judged by the first hundred lines.
  func looksLikeTexts(_ layout: Layout) -> Bool {
    guard layout.tabs else { return false }
    let (tab, blank) = (UInt8(ascii: "\t"), UInt8(ascii: " "))
    var (texts, all) = (0, 0)
    var lines = lines()
    while all < 100, let line = lines.next() {
      // The end of the file is no sentence's end.
      if line.isBlank && !lines.isAtEnd { return false }
      if line.isBlank || line.bytes[0] == UInt8(ascii: "#") { continue }
      all += 1
      let fields = line.bytes.split(separator: tab)
      if fields.contains(where: { $0.count { $0 == blank } > 2 }) { texts += 1 }
    }
    return 2 * texts > all
  }

  /// Whether this seems to be a column file: tabs, blank lines, and no blank in any field of most
  /// lines, judged by the first hundred.
  var looksLikeColumns: Bool {
    var (tokens, all, ends) = (0, 0, 0)
    var lines = lines()
    while all < 100, let line = lines.next() {
      if line.isBlank {
        ends += lines.isAtEnd ? 0 : 1
      } else if line.bytes[0] != UInt8(ascii: "#") {
        all += 1
        let (tab, blank) = (UInt8(ascii: "\t"), UInt8(ascii: " "))
        if line.bytes.contains(tab) && !line.bytes.contains(blank) { tokens += 1 }
      }
    }
    return ends > 0 && 2 * tokens > all
  }

  /// The lines of a text, without their ends; `\r\n` ends a line as `\n` does.
  struct Lines {
    fileprivate var rest: UnsafeRawBufferPointer
    private var number: Int

    fileprivate init(rest: UnsafeRawBufferPointer, number: Int) {
      self.rest = rest
      self.number = number
    }

    /// Whether there is no other line.
    var isAtEnd: Bool { rest.isEmpty }

    mutating func next() -> Line? {
      guard let start = rest.baseAddress, rest.count > 0 else { return nil }
      number += 1
      let end = memchr(start, 10, rest.count).map { UnsafeRawPointer($0) - start } ?? rest.count
      var length = end
      if length > 0 && rest[length - 1] == 13 { length -= 1 }
      let line = UnsafeRawBufferPointer(start: start, count: length)
      let room = rest.count
      rest = UnsafeRawBufferPointer(rebasing: rest[min(end + 1, rest.count)...])
      return Line(bytes: line, room: room, number: number)
    }
  }

  /// One line.
  struct Line {
    let bytes: UnsafeRawBufferPointer
    /// How many bytes of the text may be read from the line's start: its own and what follows.
    let room: Int
    /// From 1.
    let number: Int

    subscript(range: Range<Int>) -> UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(start: bytes.baseAddress! + range.lowerBound, count: range.count)
    }
  }
}

extension ColumnText.Line {
  /// The longest line a file may have, in bytes.
  static let longest = 1 << 20

  var isTooLong: Bool { bytes.count > Self.longest }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }

  var isBlank: Bool {
    for byte in bytes where !Self.isBlank(byte) && byte != 13 { return false }
    return true
  }

  /// Whether this is the line that stands between the documents of CoNLL-2003.
  var isDocumentStart: Bool {
    let mark: StaticString = "-DOCSTART-"
    guard bytes.count >= mark.utf8CodeUnitCount, bytes[0] == UInt8(ascii: "-") else {
      return false
    }
    guard memcmp(bytes.baseAddress!, mark.utf8Start, mark.utf8CodeUnitCount) == 0 else {
      return false
    }
    return bytes.count == mark.utf8CodeUnitCount || Self.isBlank(bytes[mark.utf8CodeUnitCount])
  }

  /// Whether this is a comment, given that the line has `fields` fields.
  ///
  /// `#` is a word of CoNLL-2000, so where blanks separate the columns a comment is told by its
  /// place and its number of fields.
  func isComment(
    _ layout: ColumnText.Layout, fields: Int, atSentenceStart: Bool
  ) -> Bool {
    guard bytes[0] == UInt8(ascii: "#") else { return false }
    if layout.tabs { return fields == 1 && layout.columns > 1 }
    return atSentenceStart && bytes.count > 1 && Self.isBlank(bytes[1]) && fields != layout.columns
  }

  /// Whether the first field is a range (`3-4`) or an empty node (`5.1`) of CoNLL-U.
  var isRangeOrEmptyNode: Bool {
    var parts = 1
    var digits = 0
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        digits += 1
      case UInt8(ascii: "-") where parts == 1 && digits > 0,
        UInt8(ascii: ".") where parts == 1 && digits > 0:
        parts = 2
        digits = 0
      case UInt8(ascii: "\t"):
        return parts == 2 && digits > 0
      default:
        return false
      }
    }
    return false
  }

  /// Finds the fields of the line and returns how many there are, which may be more than `fields`
  /// has room for.
  func split(tabs: Bool, into fields: UnsafeMutableBufferPointer<Range<Int>>) -> Int {
    tabs ? splitAtTabs(into: fields) : splitAtBlanks(into: fields)
  }

  private func splitAtTabs(into fields: UnsafeMutableBufferPointer<Range<Int>>) -> Int {
    var found = 0
    var start = 0
    func end(_ i: Int) {
      if found < fields.count { fields[found] = Range(uncheckedBounds: (start, i)) }
      found += 1
      start = i + 1
    }
    for offset in stride(from: 0, to: bytes.count, by: 64) {
      var tabs = ByteFlags.block(bytes, from: offset, room: room) { ByteFlags.equal($0, 9) }
      tabs &= ~Self.past(bytes.count - offset)
      while tabs != 0 {
        end(offset + tabs.trailingZeroBitCount)
        tabs &= tabs - 1
      }
    }
    end(bytes.count)
    return found
  }

  private func splitAtBlanks(into fields: UnsafeMutableBufferPointer<Range<Int>>) -> Int {
    var found = 0
    var start = -1
    // What surrounds the line counts as blank; a field starts and ends where that changes.
    var last: UInt64 = 1
    for offset in stride(from: 0, through: bytes.count, by: 64) {
      let blanks =
        ByteFlags.block(bytes, from: offset, room: room, ByteFlags.blank)
        | Self.past(bytes.count - offset)
      var changes = blanks ^ (blanks << 1 | last)
      last = blanks >> 63
      while changes != 0 {
        let at = offset + changes.trailingZeroBitCount
        changes &= changes - 1
        if start < 0 {
          start = at
        } else {
          if found < fields.count { fields[found] = Range(uncheckedBounds: (start, at)) }
          found += 1
          start = -1
        }
      }
    }
    return found
  }

  /// The bits of a block of 64 but the first `count`.
  private static func past(_ count: Int) -> UInt64 {
    count < 64 ? UInt64.max << UInt64(truncatingIfNeeded: count) : 0
  }
}
