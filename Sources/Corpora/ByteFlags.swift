/// Looks at eight bytes of text at a time.
enum ByteFlags {
  /// Eight bytes from `start`, the first in the lowest place; past the first `count`, any.
  ///
  /// - Parameter room: how many bytes may be read.
  @inline(__always)
  static func word(_ start: UnsafeRawPointer, room: Int) -> UInt64 {
    if room >= 8 { return UInt64(littleEndian: start.loadUnaligned(as: UInt64.self)) }
    return UnsafeRawBufferPointer(start: start, count: room)
      .reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The highest bit of every byte of `word` that is `byte`.
  @inline(__always)
  static func equal(_ word: UInt64, _ byte: UInt8) -> UInt64 {
    let low: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
    let zeroWhereEqual = word ^ (0x0101_0101_0101_0101 * UInt64(byte))
    return ~(((zeroWhereEqual & low) + low) | zeroWhereEqual | low)
  }

  /// The highest bit of every byte of `word` that is a blank or a tab.
  @inline(__always)
  static func blank(_ word: UInt64) -> UInt64 { equal(word, 32) | equal(word, 9) }

  /// Flags in the bytes' highest bits as the lowest eight bits, in the bytes' order.
  @inline(__always)
  static func packed(_ flags: UInt64) -> UInt64 {
    ((flags >> 7) &* 0x0102_0408_1020_4080) >> 56
  }

  /// One bit for each of up to 64 bytes of `text` from `offset`, set where `flags` says so; bits
  /// past the text's end are arbitrary.
  ///
  /// - Parameter room: how many bytes may be read from the text's start.
  @inline(__always)
  static func block(
    _ text: UnsafeRawBufferPointer, from offset: Int, room: Int, _ flags: (UInt64) -> UInt64
  ) -> UInt64 {
    var block: UInt64 = 0
    var i = 0
    while i < 64 && offset + i < text.count {
      let word = word(text.baseAddress! + offset + i, room: room - offset - i)
      block |= packed(flags(word)) << UInt64(truncatingIfNeeded: i)
      i += 8
    }
    return block
  }
}
