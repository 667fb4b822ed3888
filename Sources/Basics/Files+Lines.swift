import Foundation

extension Files {
  /// The most bytes of a line that `forEachLine` takes.
  private static let lineLimit = 1 << 20

  /// Calls `body` with every whole line of the file at `path`, without its line break, and the offset of
  /// its first byte; a torn last line is left out. Takes no more memory than a line does.
  ///
  /// - Returns: the offset behind the last whole line.
  /// - Throws: what `body` throws; `Failure` of kind `missingInput` or `inputOutput` if the file cannot
  ///   be read, `badData` if it has more than `limit` bytes or a line more than a MiB.
  @discardableResult
  package static func forEachLine(
    of path: String, limit: Int,
    _ body: (_ line: ArraySlice<UInt8>, _ offset: Int) throws -> Void
  ) throws -> Int {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else {
      throw Failure(.missingInput, "\(path): cannot be read (\(systemError()))")
    }
    defer { close(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var offset = 0
    while true {
      let count = Foundation.read(file, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        throw Failure(.inputOutput, "\(path): reading broke off (\(systemError()))")
      }
      guard count > 0 else { return offset }
      let known = bytes.count
      bytes += chunk[..<count]
      guard offset + bytes.count <= limit else {
        throw Failure(.badData, "\(path): is larger than the \(limit) bytes such a file may have")
      }
      var start = 0
      var search = known
      while let end = bytes[search...].firstIndex(of: UInt8(ascii: "\n")) {
        try body(bytes[start..<end], offset + start)
        (start, search) = (end + 1, end + 1)
      }
      bytes.removeFirst(start)
      offset += start
      guard bytes.count <= lineLimit else {
        throw Failure(.badData, "\(path): has a line of more than \(lineLimit) bytes")
      }
    }
  }

  /// Shortens the file at `path`, which is no link, to `size` bytes.
  ///
  /// - Throws: `Failure` of kind `inputOutput` if the system does not let it.
  package static func truncate(_ path: String, to size: Int) throws {
    let file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else {
      throw Failure(.inputOutput, "\(path): cannot be shortened (\(systemError()))")
    }
    defer { close(file) }
    try requireOneName(file, path)
    guard ftruncate(file, off_t(size)) == 0 else {
      throw Failure(.inputOutput, "\(path): cannot be shortened (\(systemError()))")
    }
  }

  /// The first and the last `count` bytes of the file at `path`, or all of them twice if it has less.
  ///
  /// - Throws: `Failure` of kind `missingInput` or `inputOutput` if it cannot be read.
  package static func ends(of path: String, count: Int) throws -> (head: Data, tail: Data) {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw Failure(.missingInput, "\(path): cannot be read (\(systemError()))")
    }
    defer { try? file.close() }
    do {
      let head = try file.read(upToCount: count) ?? Data()
      let size = try file.seekToEnd()
      try file.seek(toOffset: size - min(size, UInt64(count)))
      return (head, try file.read(upToCount: count) ?? Data())
    } catch {
      throw Failure(.inputOutput, "\(path): reading broke off (\(error.localizedDescription))")
    }
  }
}
