extension BitMask {
  /// The weights alive in both masks, which must have the same number of weights.
  public static func & (a: BitMask, b: BitMask) -> BitMask { combined(a, b, &) }

  /// The weights alive in either mask.
  public static func | (a: BitMask, b: BitMask) -> BitMask { combined(a, b, |) }

  /// The weights alive in exactly one of the masks.
  public static func ^ (a: BitMask, b: BitMask) -> BitMask { combined(a, b, ^) }

  /// Prunes what is not alive in `b`.
  public static func &= (a: inout BitMask, b: BitMask) { a.combine(b, &) }

  /// Revives what is alive in `b`.
  public static func |= (a: inout BitMask, b: BitMask) { a.combine(b, |) }

  /// Inverts what is alive in `b`.
  public static func ^= (a: inout BitMask, b: BitMask) { a.combine(b, ^) }

  /// Whether every weight alive here is alive in `other`, which must have as many weights.
  public func isSubset(of other: BitMask) -> Bool {
    precondition(count == other.count, "masks of \(count) and \(other.count) weights")
    return zip(words, other.words).allSatisfy { $0 & ~$1 == 0 }
  }

  /// The bits at the weights alive in `other`, side by side: a mask of those weights alone.
  public func restricted(to other: BitMask) -> BitMask {
    precondition(count == other.count, "masks of \(count) and \(other.count) weights")
    var bits = [UInt64](repeating: 0, count: (other.aliveCount + 63) / 64)
    var before = 0
    for (own, chosen) in zip(words, other.words) {
      var rest = own & chosen
      while rest != 0 {
        let place = before + (chosen & (rest & (0 &- rest) &- 1)).nonzeroBitCount
        bits[place >> 6] |= 1 &<< UInt64(place & 63)
        rest &= rest &- 1
      }
      before += chosen.nonzeroBitCount
    }
    return BitMask(words: bits, count: before)
  }

  /// Calls `body` with the indices of the alive weights, ascending.
  @inlinable
  public func forEachAlive(_ body: (Int) -> Void) {
    words.withUnsafeBufferPointer { words in
      for w in words.indices {
        var rest = words[w]
        while rest != 0 {
          body(w << 6 | rest.trailingZeroBitCount)
          rest &= rest &- 1
        }
      }
    }
  }

  /// The indices of the alive weights, ascending.
  public var aliveIndices: AliveIndices { AliveIndices(words) }

  /// The indices of a mask's alive weights, ascending.
  public struct AliveIndices: Sequence, IteratorProtocol {
    private let words: [UInt64]
    private var word = 0
    private var rest: UInt64

    fileprivate init(_ words: [UInt64]) {
      self.words = words
      rest = words.first ?? 0
    }

    /// The next alive weight's index, or nil after the last.
    public mutating func next() -> Int? {
      while rest == 0 {
        word += 1
        guard word < words.count else { return nil }
        rest = words[word]
      }
      defer { rest &= rest - 1 }
      return word << 6 | rest.trailingZeroBitCount
    }
  }

  private static func combined(
    _ a: BitMask, _ b: BitMask, _ operation: (UInt64, UInt64) -> UInt64
  ) -> BitMask {
    var result = a
    result.combine(b, operation)
    return result
  }
}
