import Basics
import Foundation

/// Keeps the rows of a vector file that a vocabulary asks for.
struct VectorReader {
  private let path: String
  private let dimension: Int
  private let vocabulary: Vocabulary
  /// Row of every word of the vocabulary in `values`, -1 where there is none.
  private(set) var exactRows: [Int32]
  private(set) var lowerCasedRows: [Int32]
  /// The rows kept, one after the other.
  private(set) var values: [Float] = []
  /// How many rows the file has, kept or not.
  private(set) var rowCount = 0

  init(path: String, dimension: Int, vocabulary: Vocabulary) {
    self.path = path
    self.dimension = dimension
    self.vocabulary = vocabulary
    exactRows = [Int32](repeating: -1, count: vocabulary.words.count)
    lowerCasedRows = exactRows
  }

  mutating func read(_ bytes: UnsafeRawBufferPointer, line: Int) throws {
    let bytes =
      line == 1 && bytes.starts(with: ColumnText.byteOrderMark)
      ? UnsafeRawBufferPointer(rebasing: bytes[3...]) : bytes
    var end = bytes.count
    while end > 0, Self.isBlank(bytes[end - 1]) || bytes[end - 1] == 13 { end -= 1 }
    guard end > 0 else { return }
    let text = UnsafeRawBufferPointer(rebasing: bytes[..<end])
    let separators = Self.countBlanks(text)
    if rowCount == 0 {
      if line == 1, separators == 1, let found = Self.header(text)?.dimension {
        guard found == dimension else { throw wrongDimension(line, found) }
        return
      }
      guard separators == dimension else { throw wrongDimension(line, separators) }
    }
    guard separators >= dimension else {
      throw Failure(
        .badData, "\(path):\(line): expected a word and \(dimension) values, found \(separators)")
    }
    rowCount += 1
    // Words of some files hold blanks, so the last D fields are the values.
    var wordEnd = 0
    var blanks = separators - dimension
    while blanks > 0 || !Self.isBlank(text[wordEnd]) {
      if Self.isBlank(text[wordEnd]) { blanks -= 1 }
      wordEnd += 1
    }
    if isWanted(UnsafeRawBufferPointer(rebasing: text[..<wordEnd])) {
      try parse(text, from: wordEnd, line: line)
    }
  }

  /// Reads the word and the values of vector `number` of a binary file.
  mutating func read(
    _ word: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer, number: Int
  ) throws {
    rowCount += 1
    guard isWanted(word) else { return }
    for column in 0..<dimension {
      let value = Float(
        bitPattern: UInt32(
          littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * column, as: UInt32.self)))
      guard value.isFinite else {
        throw Failure(
          .badData, "\(path): vector \(number): value \(column + 1) is not a finite number")
      }
      values.append(value)
    }
  }

  private static func countBlanks(_ text: UnsafeRawBufferPointer) -> Int {
    var count = 0
    for i in stride(from: 0, to: text.count, by: 8) {
      // Eight bytes behind the line may be read: those of the last word are shifted out.
      let word = ByteFlags.word(text.baseAddress! + i, room: 8)
      let past = UInt64(max(0, i + 8 - text.count))
      count += (ByteFlags.blank(word) << (8 * past)).nonzeroBitCount
    }
    return count
  }

  /// Whether the vocabulary asks for `word` and has no vector of it yet; the next one kept is its then.
  private mutating func isWanted(_ word: UnsafeRawBufferPointer) -> Bool {
    let row = Int32(values.count / dimension)
    if let id = vocabulary.id(ofWord: word) {
      guard id > 0, exactRows[Int(id)] < 0 else { return false }
      exactRows[Int(id)] = row
      return true
    }
    guard word.contains(where: { $0 >= 128 || ($0 >= 65 && $0 <= 90) }) else { return false }
    let form = String(decoding: word, as: UTF8.self)
    let id = vocabulary.id(ofWord: Vocabulary.word(of: form))
    guard id > 0, lowerCasedRows[Int(id)] < 0 else { return false }
    lowerCasedRows[Int(id)] = row
    return true
  }

  /// Appends the values that follow the word.
  private mutating func parse(
    _ text: UnsafeRawBufferPointer, from start: Int, line: Int
  ) throws {
    let end = text.baseAddress! + text.count
    var next = text.baseAddress! + start
    for column in 1...dimension {
      let field = (next + 1).assumingMemoryBound(to: CChar.self)
      var stop: UnsafeMutablePointer<CChar>?
      let value = strtof(field, &stop)
      next = UnsafeRawPointer(stop!)
      let isWhole = next == end || Self.isBlank(next.load(as: UInt8.self))
      guard next > UnsafeRawPointer(field), isWhole, value.isFinite else {
        throw Failure(.badData, "\(path):\(line): value \(column) is not a finite number")
      }
      values.append(value)
    }
  }

  func wrongDimension(_ line: Int, _ found: Int) -> Failure {
    Failure(
      .badData,
      "\(path):\(line): the vectors have \(found) values, not the \(dimension) of word-dim")
  }

  /// What a first line of two whole numbers says, nil for any other line.
  static func header(_ text: some Collection<UInt8>) -> (words: Int, dimension: Int)? {
    let numbers = String(decoding: text, as: UTF8.self).split { $0.isWhitespace }
    guard numbers.count == 2, let words = Int(numbers[0]), let dimension = Int(numbers[1]) else {
      return nil
    }
    return (words, dimension)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
}
