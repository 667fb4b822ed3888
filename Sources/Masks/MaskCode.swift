/// How one tensor's mask becomes bytes.
///
/// A mask is either its bits as they are, or the gaps between its rarer symbols in a Rice code:
/// near the entropy at every density, without a table, for any number of weights.
package enum MaskCode: Equatable {
  /// Bit i of byte i/8 is weight i, from the least significant; unused bits are zero.
  case bits
  /// The number of common symbols before each rare one, in a Rice code with this many low bits.
  case gaps(lowBits: Int)

  /// The code's byte in the tensor table.
  package var byte: UInt8 {
    switch self {
    case .bits: 0
    case .gaps(let lowBits): UInt8(1 + lowBits)
    }
  }

  /// The code with this byte, or nil if there is none.
  init?(byte: UInt8) {
    switch byte {
    case 0: self = .bits
    case 1...31: self = .gaps(lowBits: Int(byte) - 1)
    default: return nil
    }
  }

  /// Whether a mask with `alive` of `count` weights alive lists the alive or the pruned ones.
  private static func aliveIsRare(_ alive: Int, _ count: Int) -> Bool { alive <= count - alive }

  // MARK: Encoding

  /// The bytes of `mask` as plain bits.
  static func bits(of mask: BitMask) -> [UInt8] {
    mask.words.map(\.littleEndian).withUnsafeBytes { Array($0.prefix((mask.count + 7) / 8)) }
  }

  /// The shortest Rice code of the gaps in `mask`, with the parameter that gives it.
  static func gaps(of mask: BitMask) -> (code: MaskCode, bytes: [UInt8]) {
    let rareIsAlive = aliveIsRare(mask.aliveCount, mask.count)
    let rare = rareIsAlive ? mask : mask ^ BitMask(repeating: true, count: mask.count)
    var previous = -1
    let gaps = rare.aliveIndices.map { index in
      defer { previous = index }
      return index - previous - 1
    }
    // The length is convex in the parameter, so the first minimum is the only one.
    func length(_ low: Int) -> Int { gaps.reduce(0) { $0 + $1 >> low + 1 + low } }
    var low = 0
    while low < 30, length(low + 1) < length(low) { low += 1 }
    var writer = BitWriter()
    for gap in gaps { writer.append(rice: gap, lowBits: low) }
    return (.gaps(lowBits: low), writer.finish())
  }

  // MARK: Decoding

  /// The lengths data can have that hold a mask of `count` weights with `alive` alive.
  func lengths(count: Int, alive: Int) -> ClosedRange<Int> {
    let plain = (count + 7) / 8
    switch self {
    case .bits: return plain...plain
    case .gaps(let low):
      let rare = min(alive, count - alive)
      let least = rare * (low + 1)
      return (least + 7) / 8...(least + (count - rare) >> low + 7) / 8
    }
  }

  /// The mask of `count` weights, `alive` of them alive, that `bytes` hold; nil if they do not
  /// hold exactly one such mask.
  func decode(_ bytes: [UInt8], count: Int, alive: Int) -> BitMask? {
    var words = [UInt64](repeating: 0, count: (count + 63) / 64)
    switch self {
    case .bits:
      for (i, byte) in bytes.enumerated() { words[i >> 3] |= UInt64(byte) << UInt64(8 * (i & 7)) }
      if count % 64 != 0, words[words.count - 1] >> UInt64(count % 64) != 0 { return nil }
      let mask = BitMask(words: words, count: count)
      return mask.aliveCount == alive ? mask : nil
    case .gaps(let low):
      let aliveIsRare = Self.aliveIsRare(alive, count)
      var reader = BitReader(bytes)
      var position = -1
      for _ in 0..<(aliveIsRare ? alive : count - alive) {
        guard let gap = reader.next(lowBits: low) else { return nil }
        position += gap + 1
        guard position < count else { return nil }
        words[position >> 6] |= 1 &<< UInt64(position & 63)
      }
      guard reader.isAtEnd else { return nil }
      let rare = BitMask(words: words, count: count)
      return aliveIsRare ? rare : rare ^ BitMask(repeating: true, count: count)
    }
  }
}
