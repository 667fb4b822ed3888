import Foundation

/// A file read once from its start, piece by piece; of one that gzip or Zstandard have compressed, what
/// it holds. Its first bytes tell, not its name.
package final class PlainStream {
  private let path: String
  private let file: Int32
  /// What has been read of the file and not been handed out or decompressed.
  private var input: [UInt8]
  private var next = 0
  private let decompression: Decompression?

  /// Opens the file at `path`.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it cannot be read or is a folder, `badData` if it is
  ///   compressed by something else, or an archive.
  package init(_ path: String) throws {
    guard !Files.isFolder(path) else {
      throw Failure(.missingInput, "\(path): is a folder, a file is needed")
    }
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      throw Failure(.missingInput, "\(path): cannot be read (\(systemError()))")
    }
    (self.path, self.file) = (path, file)
    do {
      var start: [UInt8] = []
      // A pipe gives as little as it has.
      while start.count < FileCoding.signature {
        let piece = try Self.piece(of: file, path)
        if piece.isEmpty { break }
        start += piece
      }
      input = start
      decompression = Decompression(try FileCoding(start, of: path), of: path)
    } catch {
      close(file)
      throw error
    }
  }

  deinit { close(file) }

  /// Fills `buffer`, which is not empty, from its start.
  ///
  /// - Returns: how many bytes there are; 0 at the end.
  /// - Throws: `Failure` of kind `inputOutput` if the file cannot be read, `badData` if its compressed
  ///   data is damaged or cut short.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard let decompression else {
      guard next < input.count else { return try Self.fill(buffer, from: file, path) }
      let count = min(buffer.count, input.count - next)
      buffer.copyBytes(from: input[next..<next + count])
      next += count
      return count
    }
    while true {
      if next == input.count {
        (input, next) = (try Self.piece(of: file, path), 0)
        if input.isEmpty, decompression.isBetweenStreams { return 0 }
      }
      let (taken, made) = try input.withUnsafeBytes {
        try decompression.step(UnsafeRawBufferPointer(rebasing: $0[next...]), into: buffer)
      }
      next += taken
      if made > 0 { return made }
      if input.isEmpty, taken == 0 { throw decompression.cutShort() }
    }
  }

  private static func piece(of file: Int32, _ path: String) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: 1 << 16) { bytes, count in
      count = try fill(UnsafeMutableRawBufferPointer(bytes), from: file, path)
    }
  }

  private static func fill(
    _ buffer: UnsafeMutableRawBufferPointer, from file: Int32, _ path: String
  ) throws -> Int {
    while true {
      let count = Foundation.read(file, buffer.baseAddress!, buffer.count)
      if count >= 0 { return count }
      guard errno == EINTR else {
        throw Failure(.inputOutput, "\(path): reading broke off (\(systemError()))")
      }
    }
  }
}

extension Files {
  /// The bytes of the file at `path`; of one that gzip or Zstandard have compressed, what it holds.
  ///
  /// - Throws: as `read(_:limit:)` and `plain(_:named:limit:)`.
  package static func readPlain(_ path: String, limit: Int) throws -> Data {
    try plain(read(path, limit: limit), named: path, limit: limit)
  }

  /// `data`, or what it holds if gzip or Zstandard have compressed it.
  ///
  /// - Parameters:
  ///   - path: what messages call it.
  ///   - limit: the most bytes that it may hold.
  /// - Throws: `Failure` of kind `badData` if it is compressed by something else, an archive, damaged, cut
  ///   short, or holds too much.
  package static func plain(_ data: Data, named path: String, limit: Int) throws -> Data {
    guard let decompression = Decompression(try FileCoding(data, of: path), of: path) else {
      return data
    }
    let limit = min(limit, max(Memory.limit / 2, 1 << 28))
    var plain = Data()
    var piece = [UInt8](repeating: 0, count: 1 << 20)
    try data.withUnsafeBytes { bytes in
      var next = 0
      while next < bytes.count || !decompression.isBetweenStreams {
        let (taken, made) = try piece.withUnsafeMutableBytes {
          try decompression.step(UnsafeRawBufferPointer(rebasing: bytes[next...]), into: $0)
        }
        next += taken
        plain.append(contentsOf: piece[..<made])
        guard plain.count <= limit else {
          throw Failure(
            .badData, "\(path): holds more than the \(limit) bytes such a file may hold")
        }
        if taken == 0, made == 0 { throw decompression.cutShort() }
      }
    }
    return plain
  }
}
