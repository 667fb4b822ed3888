/// Packs Rice codes into bytes, from the least significant bit.
struct BitWriter {
  private var bytes: [UInt8] = []
  private var pending: UInt64 = 0
  private var used = 0

  /// Appends `value` >> `lowBits` zeros, a one, and the `lowBits` low bits of `value`.
  mutating func append(rice value: Int, lowBits: Int) {
    var zeros = value >> lowBits
    while zeros >= 16 {
      append(0, 16)
      zeros -= 16
    }
    append(1 << UInt64(zeros), zeros + 1)
    append(UInt64(value) & (1 << UInt64(lowBits) - 1), lowBits)
  }

  /// The bytes, the last one filled up with zeros.
  mutating func finish() -> [UInt8] {
    if used > 0 { bytes.append(UInt8(truncatingIfNeeded: pending)) }
    return bytes
  }

  private mutating func append(_ bits: UInt64, _ count: Int) {
    pending |= bits << UInt64(used)
    used += count
    while used >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: pending))
      pending >>= 8
      used -= 8
    }
  }
}

/// Reads what `BitWriter` wrote, and tells when there is no more.
struct BitReader {
  /// The bytes and eight zeros, so that 64 bits can be loaded at any of them.
  private let bytes: [UInt8]
  private let end: Int
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes + [UInt8](repeating: 0, count: 8)
    end = 8 * bytes.count
  }

  /// The next value, or nil if the bytes end before it does.
  @inline(__always)
  mutating func next(lowBits: Int) -> Int? {
    var zeros = 0
    var window = window()
    while window == 0 {
      zeros += 56
      position += 56
      guard position < end else { return nil }
      window = self.window()
    }
    let run = window.trailingZeroBitCount
    let length = run + 1 + lowBits
    guard position + length <= end else { return nil }
    if length > 57 {
      // Rare: the window may not reach the low bits, so it moves there.
      position += run + 1
      window = self.window()
      position += lowBits
    } else {
      window &>>= UInt64(run + 1)
      position += length
    }
    return (zeros + run) << lowBits | Int(window & (1 &<< UInt64(lowBits) - 1))
  }

  /// Whether all bytes were read and the bits left over in the last one are zero.
  var isAtEnd: Bool { end - position < 8 && window() == 0 }

  /// The next 57 bits or more, the first one least significant; `position` is never beyond `end`.
  @inline(__always)
  private func window() -> UInt64 {
    let word = bytes.withUnsafeBytes {
      $0.loadUnaligned(fromByteOffset: position >> 3, as: UInt64.self)
    }
    return UInt64(littleEndian: word) &>> UInt64(position & 7)
  }
}
