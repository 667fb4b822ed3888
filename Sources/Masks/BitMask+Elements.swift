/// Masks from the elements of tensors.
extension BitMask {
  /// A mask of the elements in `bytes`, little-endian and as wide as `Element`: those that are not zero
  /// are alive. The bits of `ignored` count for nothing.
  ///
  /// - Returns: with it the first element that is neither 0 nor `one`, if that is given and there is any.
  package static func reading<Element: FixedWidthInteger & UnsignedInteger>(
    _ bytes: UnsafeRawBufferPointer, as type: Element.Type, one: Element?, ignored: Element
  ) -> (mask: BitMask, other: Int?) {
    let count = bytes.count / MemoryLayout<Element>.size
    var other: Int?
    let words = [UInt64](unsafeUninitializedCapacity: (count + 63) / 64) { words, initialised in
      initialised = words.count
      for w in words.indices {
        var word: UInt64 = 0
        for i in w * 64..<min(count, w * 64 + 64) {
          let element = Element(
            littleEndian: bytes.loadUnaligned(
              fromByteOffset: i * MemoryLayout<Element>.size, as: Element.self))
          let isAlive = element & ~ignored != 0
          word |= (isAlive ? 1 : 0) << UInt64(i & 63)
          if let one, isAlive, element != one, other == nil { other = i }
        }
        words.initializeElement(at: w, to: word)
      }
    }
    return (BitMask(words: words, count: count), other)
  }
}
