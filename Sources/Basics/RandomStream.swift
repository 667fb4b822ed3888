/// A named stream of random numbers, derived from one seed.
///
/// Every use of chance (initialisation, order, dropout, word dropout, random masks) draws from a
/// stream of its own, named by what it is for: `RandomStream(seed: 1, "order", "ner", "epoch 3")`.
/// A stream's numbers depend on the seed and the names only, never on what other streams drew, so
/// a resumed or reordered computation draws the same numbers as an uninterrupted one.
///
/// The generator is xoshiro256++ (Blackman and Vigna), its state filled by SplitMix64.
public struct RandomStream: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// Creates the stream that `names` select under `seed`.
  public init(seed: UInt64, _ names: String...) {
    self.init(seed: seed, names: names)
  }

  /// Creates the stream that `names` select under `seed`.
  public init(seed: UInt64, names: [String]) {
    var key = RandomStream.key(seed: seed, names: names)
    state = (
      Self.splitMix(&key), Self.splitMix(&key), Self.splitMix(&key), Self.splitMix(&key)
    )
  }

  /// A 64-bit key for counter-based generators (dropout), depending on `seed` and `names` alone.
  public static func key(seed: UInt64, names: [String]) -> UInt64 {
    // FNV-1a over the names, each closed by a byte that UTF-8 never holds.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for name in names {
      for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      hash = (hash ^ 0xff) &* 0x100_0000_01b3
    }
    var mixed = seed ^ 0x9e37_79b9_7f4a_7c15
    let first = splitMix(&mixed)
    var second = first ^ hash
    return splitMix(&second)
  }

  public mutating func next() -> UInt64 {
    func rotate(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
    let result = rotate(state.0 &+ state.3, 23) &+ state.0
    let t = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= t
    state.3 = rotate(state.3, 45)
    return result
  }

  /// A number in [0, 1) with 24 random bits.
  public mutating func uniform() -> Float {
    Float(next() >> 40) * (1 / 16_777_216)
  }

  /// A number in [-bound, bound).
  public mutating func uniform(within bound: Float) -> Float {
    (2 * uniform() - 1) * bound
  }

  /// An integer in 0..<n, without bias.
  public mutating func below(_ n: Int) -> Int {
    Int.random(in: 0..<n, using: &self)
  }

  private static func splitMix(_ x: inout UInt64) -> UInt64 {
    x &+= 0x9e37_79b9_7f4a_7c15
    var z = x
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
