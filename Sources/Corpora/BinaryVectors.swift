import Basics
import Foundation

/// Word vectors as word2vec writes them with `-binary 1`: a line with the number of words and of values;
/// then for every word its letters, a blank, its values as 32-bit floats, little-endian, and often a
/// line's end.
struct BinaryVectors {
  private static let longestWord = 1 << 16
  private let path: String
  private let words: Int
  let dimension: Int

  /// Looks at the start of a file, `head`; nil if it is no such file.
  init?(_ path: String, head: [UInt8]) {
    guard let end = head.firstIndex(of: 10), let header = VectorReader.header(head[..<end]),
      let blank = head[(end + 1)...].firstIndex(of: 32),
      header.words > 0, (1...1 << 20).contains(header.dimension),
      // Numbers written as text have no such bytes, and take at least two each, with a blank.
      head[(blank + 1)...].prefix(min(64, 2 * header.dimension - 1))
        .contains(where: { $0 < 9 || (14..<32).contains($0) || $0 > 126 })
    else { return nil }
    (self.path, words, dimension) = (path, header.words, header.dimension)
  }

  /// Calls `body` with every word, the bytes of its values, and its number from 1.
  ///
  /// - Throws: what `body` throws; `Failure` of kind `badData` if the file ends too early or a word has no
  ///   end.
  func forEachVector(
    _ body: (_ word: UnsafeRawBufferPointer, _ values: UnsafeRawBufferPointer, Int) throws -> Void
  ) throws {
    let stream = try PlainStream(path)
    let record = Self.longestWord + 4 * dimension
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: record + 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    var (start, end) = (0, 0)
    /// Has at least one record at `start`, if the file goes on so far.
    func fill() throws {
      guard end - start < record else { return }
      memmove(buffer.baseAddress!, buffer.baseAddress! + start, end - start)
      (start, end) = (0, end - start)
      while end < record {
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[end...])
        let count = try stream.read(into: room)
        if count == 0 { return }
        end += count
      }
    }
    try fill()
    start = buffer[..<end].firstIndex(of: 10)! + 1
    for number in 1...words {
      try fill()
      while start < end, buffer[start] == 10 || buffer[start] == 13 { start += 1 }
      let room = buffer[start..<min(end, start + Self.longestWord)]
      guard let blank = room.firstIndex(of: 32), end - blank > 4 * dimension else {
        throw Failure(
          .badData,
          "\(path): vector \(number) of \(words): "
            + (room.count == Self.longestWord ? "its word has no end" : "the file is cut short"))
      }
      let next = blank + 1 + 4 * dimension
      try body(
        UnsafeRawBufferPointer(rebasing: buffer[start..<blank]),
        UnsafeRawBufferPointer(rebasing: buffer[blank + 1..<next]), number)
      start = next
    }
  }
}
