import Basics
import Foundation

/// Reads a file of any size line by line, in pieces of 1 MiB.
enum TextLines {
  private static let piece = 1 << 20
  /// The longest line a file may have, in bytes.
  private static let longest = 1 << 20

  /// Calls `body` with the bytes and number (from 1) of every line of the file at `path`.
  ///
  /// The bytes lack the line's end, but a zero or white-space byte always follows them in memory,
  /// so that C functions which read numbers stop there; eight bytes behind them may be read.
  static func forEach(
    _ path: String, _ body: (UnsafeRawBufferPointer, Int) throws -> Void
  ) throws {
    let stream = try PlainStream(path)
    let size = longest + piece + 8
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    defer { buffer.deallocate() }

    var held = 0
    var number = 0
    while true {
      let got = try stream.read(
        into: UnsafeMutableRawBufferPointer(rebasing: buffer[held..<held + piece]))
      held += got
      var start = 0
      while start < held,
        let end = memchr(buffer.baseAddress! + start, 10, held - start)
      {
        let length = UnsafeMutableRawPointer(end) - (buffer.baseAddress! + start)
        number += 1
        try body(UnsafeRawBufferPointer(rebasing: buffer[start..<start + length]), number)
        start += length + 1
      }
      if got == 0 {
        buffer[held] = 0
        if start < held {
          try body(UnsafeRawBufferPointer(rebasing: buffer[start..<held]), number + 1)
        }
        return
      }
      guard held - start <= longest else {
        throw Failure(.badData, "\(path):\(number + 1): the line is longer than \(longest) bytes")
      }
      memmove(buffer.baseAddress!, buffer.baseAddress! + start, held - start)
      held -= start
    }
  }
}
