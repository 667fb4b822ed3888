import Basics
import CZstd

/// Thin covers over libzstd: compression of byte arrays, and decompression into exact sizes.
enum Zstd {
  /// One frame with the bytes of all `pieces`, each in blocks of its own.
  static func compress(_ pieces: [[UInt8]], level: Int32) -> [UInt8] {
    compress(pieces, [(ZSTD_c_compressionLevel, level)])
  }

  /// One frame with the bytes of all `pieces`, each in blocks of its own, for bytes that do not
  /// repeat but whose values are unevenly frequent.
  ///
  /// With such bytes zstd's searching only finds accidents that cost more than they save, so
  /// it is kept from finding any: what does the work is a Huffman code for each block.
  static func compressNoise(_ pieces: [[UInt8]]) -> [UInt8] {
    compress(
      pieces,
      [
        (ZSTD_c_strategy, Int32(ZSTD_fast.rawValue)), (ZSTD_c_minMatch, 7),
        (ZSTD_c_hashLog, 6), (ZSTD_c_windowLog, 17),
      ])
  }

  private static func compress(
    _ pieces: [[UInt8]], _ parameters: [(ZSTD_cParameter, Int32)]
  ) -> [UInt8] {
    guard let context = ZSTD_createCCtx() else { fatalError("zstd: out of memory") }
    defer { ZSTD_freeCCtx(context) }
    for (parameter, value) in parameters {
      check(ZSTD_CCtx_setParameter(context, parameter, value))
    }
    // Knowing the size, zstd sets up tables to match instead of megabytes.
    let size = pieces.reduce(0) { $0 + $1.count }
    check(ZSTD_CCtx_setPledgedSrcSize(context, UInt64(size)))
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: ZSTD_CStreamOutSize())
    func feed(_ bytes: [UInt8], _ directive: ZSTD_EndDirective) {
      bytes.withUnsafeBytes { source in
        var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: 0)
        var left = 1
        while left != 0 {
          buffer.withUnsafeMutableBytes { target in
            var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
            left = ZSTD_compressStream2(context, &output, &input, directive)
            check(left)
            result.append(contentsOf: target[..<output.pos])
          }
        }
      }
    }
    for piece in pieces { feed(piece, ZSTD_e_flush) }
    feed([], ZSTD_e_end)
    return result
  }

  private static func check(_ code: Int) {
    precondition(ZSTD_isError(code) == 0, "zstd: \(String(cString: ZSTD_getErrorName(code)))")
  }
}

/// Decompresses a stranger's zstd frames, piece by piece, never more than is asked for.
final class Decompressor {
  private let context: OpaquePointer
  private let bytes: [UInt8]
  private var position = 0
  private var isBetweenFrames = true

  /// Prepares to decompress `bytes`, one or more frames.
  init(_ bytes: [UInt8]) {
    guard let context = ZSTD_createDCtx() else { fatalError("zstd: out of memory") }
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Int32(Ticket.Limits.windowLog))
    self.context = context
    self.bytes = bytes
  }

  deinit { ZSTD_freeDCtx(context) }

  /// The next `count` bytes; memory grows only as they arrive.
  ///
  /// - Throws: what is wrong, as a `Problem`.
  func read(_ count: Int) throws -> [UInt8] {
    var result: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: min(count, 1 << 17))
    while result.count < count {
      let produced = try step(into: &piece, limit: min(piece.count, count - result.count))
      if produced == 0, position == bytes.count {
        throw Problem("its compressed data ends too early")
      }
      result.append(contentsOf: piece[..<produced])
    }
    return result
  }

  /// Makes sure that nothing is left, neither in the frame nor after it.
  func finish() throws {
    var spare: [UInt8] = [0]
    while position < bytes.count || !isBetweenFrames {
      let before = (position, isBetweenFrames)
      guard try step(into: &spare, limit: 1) == 0 else {
        throw Problem("its compressed data holds more than its tensors need")
      }
      guard before != (position, isBetweenFrames) else {
        throw Problem("its compressed data ends too early")
      }
    }
  }

  private func step(into piece: inout [UInt8], limit: Int) throws -> Int {
    try bytes.withUnsafeBytes { source in
      try piece.withUnsafeMutableBytes { target in
        var input = ZSTD_inBuffer(src: source.baseAddress, size: source.count, pos: position)
        var output = ZSTD_outBuffer(dst: target.baseAddress, size: limit, pos: 0)
        let code = ZSTD_decompressStream(context, &output, &input)
        guard ZSTD_isError(code) == 0 else {
          throw Problem(
            "its compressed data is damaged (zstd: \(String(cString: ZSTD_getErrorName(code))))")
        }
        position = input.pos
        isBetweenFrames = code == 0
        return output.pos
      }
    }
  }
}

/// What is wrong with a ticket file, to be joined with the file's name.
struct Problem: Error {
  let text: String

  init(_ text: String) { self.text = text }
}
