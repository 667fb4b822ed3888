import CZlib
import CZstd
import Foundation

/// What a file is written in, as its first bytes tell.
package enum FileCoding {
  case plain, gzip, zstandard

  /// How many bytes tell it.
  static let signature = 9

  /// What `start`, the first bytes of the file that messages call `path`, say.
  ///
  /// - Throws: `Failure` of kind `badData` for what is no text and cannot be read here.
  init(_ start: some Sequence<UInt8>, of path: String) throws {
    let start = Array(start.prefix(Self.signature))
    // A safetensors file begins with a length, which may look like anything.
    if start.count == Self.signature, start[4...] == [0, 0, 0, 0, UInt8(ascii: "{")] {
      self = .plain
      return
    }
    let kinds: [(bytes: [UInt8], name: String, tool: String)] = [
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "compressed by xz", "'xz -d'"),
      ([0x04, 0x22, 0x4D, 0x18], "compressed by lz4", "'lz4 -d'"),
      ([0x50, 0x4B, 3, 4], "a zip archive", "'unzip'"),
      ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "a 7z archive", "'7z x'"),
      ([0xBA, 0x16, 0x4F, 0x2F], "a fastText model", "fastText's bin_to_vec.py"),
      ([0xFF, 0xFE], "UTF-16", "'iconv -f UTF-16 -t UTF-8'"),
      ([0xFE, 0xFF], "UTF-16", "'iconv -f UTF-16 -t UTF-8'"),
    ]
    // The fourth byte of what bzip2 writes is a level.
    let isBzip2 =
      start.starts(with: [0x42, 0x5A, 0x68]) && start.dropFirst(4).starts(with: [0x31, 0x41])
    let bzip2 = isBzip2 ? (bytes: start, name: "compressed by bzip2", tool: "'bzip2 -d'") : nil
    if let kind = kinds.first(where: { start.starts(with: $0.bytes) }) ?? bzip2 {
      throw Failure(
        .badData, "\(path): is \(kind.name), which is not read here; \(kind.tool) makes it plain")
    }
    if start.starts(with: [0x25, 0x50, 0x44, 0x46]) {
      throw Failure(.badData, "\(path): is a PDF file; a text file is needed")
    }
    self =
      start.starts(with: [0x1F, 0x8B])
      ? .gzip : start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) ? .zstandard : .plain
  }

  /// `name` without what a compressed file's name ends with.
  package static func plainName(of name: String) -> String {
    guard let ending = [".gz", ".zst"].first(where: name.lowercased().hasSuffix) else {
      return name
    }
    return String(name.dropLast(ending.count))
  }
}

/// Decompresses a stranger's gzip or Zstandard stream, piece by piece, never more than is asked for.
final class Decompression {
  private let path: String
  private let gzip: UnsafeMutablePointer<z_stream>?
  private let zstandard: OpaquePointer?
  /// Whether what has been read may end here: files may be put together of several streams.
  private(set) var isBetweenStreams = true
  private var hasBegun = false

  /// Prepares to decompress what messages call `path`; nil if it is plain.
  init?(_ coding: FileCoding, of path: String) {
    self.path = path
    switch coding {
    case .plain: return nil
    case .gzip:
      let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
      stream.initialize(to: z_stream())
      // 16 asks for gzip's header and checksum.
      let code = inflateInit2_(
        stream, MAX_WBITS + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
      precondition(code == Z_OK, "zlib: out of memory")
      (gzip, zstandard) = (stream, nil)
    case .zstandard:
      guard let context = ZSTD_createDCtx() else { fatalError("zstd: out of memory") }
      (gzip, zstandard) = (nil, context)
    }
  }

  deinit {
    if let gzip {
      inflateEnd(gzip)
      gzip.deallocate()
    }
    if let zstandard { ZSTD_freeDCtx(zstandard) }
  }

  /// Decompresses from the start of `input` into `output`, as far as either reaches.
  ///
  /// - Returns: how many bytes it took, and how many it made.
  /// - Throws: `Failure` of kind `badData` if the input is damaged.
  func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws -> (taken: Int, made: Int) {
    if let gzip {
      // Tapes and blocks are filled up with zeros.
      let zeros = isBetweenStreams && hasBegun ? input.prefix { $0 == 0 }.count : 0
      if zeros > 0 { return (zeros, 0) }
      hasBegun = true
      return try inflate(gzip, input, output)
    }
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let code = ZSTD_decompressStream(zstandard, &target, &source)
    guard ZSTD_isError(code) == 0 else {
      throw damaged("zstd: \(String(cString: ZSTD_getErrorName(code)))")
    }
    isBetweenStreams = code == 0
    return (source.pos, target.pos)
  }

  private func inflate(
    _ stream: UnsafeMutablePointer<z_stream>, _ input: UnsafeRawBufferPointer,
    _ output: UnsafeMutableRawBufferPointer
  ) throws -> (taken: Int, made: Int) {
    let (taken, made) = (min(input.count, 1 << 30), min(output.count, 1 << 30))
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(taken)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(made)
    let code = CZlib.inflate(stream, Z_NO_FLUSH)
    // No progress is no error: there may be nothing to take.
    guard [Z_OK, Z_STREAM_END, Z_BUF_ERROR].contains(code) else {
      throw damaged("zlib: \(stream.pointee.msg.map { String(cString: $0) } ?? "code \(code)")")
    }
    isBetweenStreams = code == Z_STREAM_END
    if isBetweenStreams { inflateReset(stream) }
    return (taken - Int(stream.pointee.avail_in), made - Int(stream.pointee.avail_out))
  }

  /// That the input ends within a stream.
  func cutShort() -> Failure {
    Failure(.badData, "\(path): is cut short: its compressed data ends too early")
  }

  private func damaged(_ reason: String) -> Failure {
    Failure(.badData, "\(path): its compressed data is damaged (\(reason))")
  }
}
