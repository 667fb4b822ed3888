/// Masks from the elements of tensors.
extension BitMask {
  /// A mask of the elements in `bytes`, little-endian numbers of `width` bytes (1, 2, 4 or 8): those that
  /// are not zero are alive. The bits of `ignored` count for nothing.
  ///
  /// - Returns: with it the first element that is neither 0 nor `one`, if that is given and there is any.
  package static func reading(
    _ bytes: UnsafeRawBufferPointer, width: Int, one: UInt64?, ignored: UInt64
  ) -> (mask: BitMask, other: Int?) {
    // Called from other modules generic code would not know its type.
    switch width {
    case 1: read(bytes, as: UInt8.self, one, ignored)
    case 2: read(bytes, as: UInt16.self, one, ignored)
    case 4: read(bytes, as: UInt32.self, one, ignored)
    default: read(bytes, as: UInt64.self, one, ignored)
    }
  }

  private static func read<Element: FixedWidthInteger & UnsignedInteger>(
    _ bytes: UnsafeRawBufferPointer, as type: Element.Type, _ one: UInt64?, _ ignored: UInt64
  ) -> (mask: BitMask, other: Int?) {
    let size = MemoryLayout<Element>.size
    let count = bytes.count / size
    let (kept, one) = (~Element(truncatingIfNeeded: ignored), one.map { Element($0) })
    var other: Int?
    let words = [UInt64](unsafeUninitializedCapacity: (count + 63) / 64) { words, initialised in
      initialised = (count + 63) / 64
      for w in 0..<initialised {
        var word: UInt64 = 0
        for i in w * 64..<min(count, w * 64 + 64) {
          let element = Element(
            littleEndian: bytes.loadUnaligned(fromByteOffset: i * size, as: Element.self))
          let isAlive = element & kept != 0
          word |= (isAlive ? 1 : 0) << UInt64(i & 63)
          if let one, isAlive, element != one, other == nil { other = i }
        }
        words.initializeElement(at: w, to: word)
      }
    }
    return (BitMask(words: words, count: count), other)
  }
}
