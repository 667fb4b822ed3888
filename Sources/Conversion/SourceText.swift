import Basics
import Foundation

/// A file of another program's format as lines of text.
public struct SourceText: Sendable {
  /// What messages call it.
  public let name: String
  /// Its bytes.
  public let data: Data

  /// The largest file that is read, in bytes.
  private static let largest = 1 << 32

  /// Takes the bytes of a file called `name` in messages.
  public init(_ data: Data, named name: String) {
    self.data = data
    self.name = name
  }

  /// Reads the file at `path`, `-` for standard input.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it cannot be read.
  public static func read(_ path: String) throws -> SourceText {
    path == "-"
      ? SourceText(
        try Files.plain(
          Files.readStandardInput(limit: largest), named: "standard input", limit: largest),
        named: "standard input")
      : SourceText(try Files.readPlain(path, limit: largest), named: path)
  }

  /// A line of the file.
  struct Line {
    /// From 1.
    let number: Int
    /// Without its end.
    let text: Substring
  }

  /// Its lines; `\r\n` ends a line as `\n` does, and a byte order mark is left out.
  ///
  /// - Throws: `Failure` of kind `badData` with the line that is not text.
  func lines() throws -> [Line] {
    var bytes = data[...]
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes = bytes.dropFirst(3) }
    let newline = UInt8(ascii: "\n")
    return try bytes.split(separator: newline, omittingEmptySubsequences: false).enumerated()
      .map { index, line in
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        guard let text = String(validating: line, as: UTF8.self) else {
          throw problem(index + 1, "the line is not UTF-8; convert the file")
        }
        guard !line.contains(0) else {
          throw problem(index + 1, "the line holds a NUL byte; is it a text file?")
        }
        return Line(number: index + 1, text: text[...])
      }
  }

  /// The failure that `message` is true of line `line`, from 1; 0 for the file as a whole.
  func problem(_ line: Int, _ message: String) -> Failure {
    Failure(.badData, line > 0 ? "\(name):\(line): \(message)" : "\(name): \(message)")
  }
}
