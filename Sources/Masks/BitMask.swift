/// The mask of one tensor: a bit for each weight, 1 = alive, in row-major order.
///
/// Bit i of word i/64 counts from the least significant. The bits of the last word beyond `count`
/// are always zero, so counting and comparing whole words is exact.
public struct BitMask: Equatable, Hashable, Sendable {
  /// The number of weights.
  public let count: Int
  @usableFromInline
  package private(set) var words: [UInt64]

  /// A mask of `count` weights that are all alive or all pruned.
  public init(repeating alive: Bool, count: Int) {
    precondition(count >= 0, "a mask cannot have \(count) weights")
    self.count = count
    words = Array(repeating: alive ? ~0 : 0, count: (count + 63) / 64)
    if alive, count % 64 != 0 { words[words.count - 1] = Self.tailMask(count) }
  }

  /// A mask of `count` weights whose bits are `words`; bits beyond `count` must be zero.
  public init(words: [UInt64], count: Int) {
    precondition(words.count == (count + 63) / 64, "\(words.count) words for \(count) weights")
    self.count = count
    self.words = words
    precondition(hasZeroTail, "bits beyond the mask's end are set")
  }

  /// A mask with a bit for each element of `bits`.
  public init(_ bits: some Collection<Bool>) {
    self.init(repeating: false, count: bits.count)
    for (i, alive) in bits.enumerated() where alive { words[i >> 6] |= 1 << UInt64(i & 63) }
  }

  /// Whether weight `i` is alive.
  @inlinable
  public subscript(i: Int) -> Bool {
    get {
      precondition(i >= 0 && i < count, "weight \(i) of a mask of \(count)")
      return words[i >> 6] >> UInt64(i & 63) & 1 == 1
    }
    set { set(i, newValue) }
  }

  /// How many weights are alive. O(count / 64)
  public var aliveCount: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Alive weights over all weights; 0 for a mask of no weights.
  public var density: Double { count == 0 ? 0 : Double(aliveCount) / Double(count) }

  /// Calls `body` with the words, without copying.
  public func withWords<Result>(
    _ body: (UnsafeBufferPointer<UInt64>) throws -> Result
  ) rethrows -> Result {
    try words.withUnsafeBufferPointer(body)
  }

  @usableFromInline
  mutating func set(_ i: Int, _ alive: Bool) {
    precondition(i >= 0 && i < count, "weight \(i) of a mask of \(count)")
    let bit: UInt64 = 1 << UInt64(i & 63)
    if alive { words[i >> 6] |= bit } else { words[i >> 6] &= ~bit }
  }

  /// Combines every word with that of `other`, which must have as many weights.
  mutating func combine(_ other: BitMask, _ operation: (UInt64, UInt64) -> UInt64) {
    precondition(count == other.count, "masks of \(count) and \(other.count) weights")
    for w in words.indices { words[w] = operation(words[w], other.words[w]) }
    assert(hasZeroTail, "bits beyond the mask's end are set")
  }

  private var hasZeroTail: Bool {
    count % 64 == 0 || words[words.count - 1] & ~Self.tailMask(count) == 0
  }

  private static func tailMask(_ count: Int) -> UInt64 { 1 << UInt64(count % 64) - 1 }
}
