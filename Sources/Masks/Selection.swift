import Basics

/// The choice of the weights that survive a pruning round: the alive ones with the largest
/// scores, exactly as many as asked for.
///
/// Equal scores are told apart by their place (tensor order, then element): the earlier one
/// is pruned first. So the outcome is exact and the same everywhere, and of two counts the
/// smaller one's survivors are among the larger one's.
public enum Selection {
  /// What makes a score large.
  public enum Order: Sendable {
    /// Its magnitude.
    case magnitude
    /// Its value: negative scores are the smallest.
    case value

    /// A number that orders as the score does; equal scores have equal ones.
    fileprivate func key(_ score: Float) -> UInt32 {
      switch self {
      case .magnitude: return score.magnitude.bitPattern
      case .value:
        // 0 and −0 are equal.
        let bits = (score + 0).bitPattern
        return bits >> 31 == 0 ? bits | 1 << 31 : ~bits
      }
    }
  }

  /// Keeps the `count` alive weights with the largest scores over all tensors together.
  ///
  /// Two histograms over the score's bit pattern find the threshold. O(n)
  ///
  /// - Parameters:
  ///   - count: how many to keep, at most as many as are alive.
  ///   - scores: one score per weight of each tensor, usually the weights themselves.
  ///   - alive: the masks before this round, one for each tensor.
  ///   - order: what makes a score large.
  /// - Throws: `Failure` of kind `badData` if the score of an alive weight is not finite.
  public static func keep(
    _ count: Int, of scores: [UnsafeBufferPointer<Float>], alive: [BitMask],
    by order: Order = .magnitude
  ) throws -> [BitMask] {
    check(scores, alive)
    return try keep(count, scores[...], alive[...], order)
  }

  /// Keeps `count` alive weights, shared out over the tensors in proportion to how many are
  /// alive in each, and in each tensor those with the largest scores.
  ///
  /// - Throws: `Failure` of kind `badData` if the score of an alive weight is not finite.
  public static func keepPerTensor(
    _ count: Int, of scores: [UnsafeBufferPointer<Float>], alive: [BitMask],
    by order: Order = .magnitude
  ) throws -> [BitMask] {
    check(scores, alive)
    let quotas = quotas(count, over: alive.map(\.aliveCount))
    return try alive.indices.flatMap { i in
      try keep(quotas[i], scores[i...i], alive[i...i], order)
    }
  }

  /// For every weight how many alive weights of all tensors together are kept before it, tensor by
  /// tensor; `Int.max` for one that is not alive.
  ///
  /// - Throws: `Failure` of kind `badData` if the score of an alive weight is not finite.
  public static func ranks(
    _ scores: [UnsafeBufferPointer<Float>], alive: [BitMask], by order: Order = .magnitude
  ) throws -> [[Int]] {
    check(scores, alive)
    var weights: [(key: UInt32, tensor: Int, place: Int)] = []
    for tensor in scores.indices {
      for place in alive[tensor].aliveIndices {
        try requireFinite(scores[tensor][place], tensor, place)
        weights.append((order.key(scores[tensor][place]), tensor, place))
      }
    }
    // As `keep` does it: of equal scores the later are kept first.
    weights.sort { ($0.key, $0.tensor, $0.place) > ($1.key, $1.tensor, $1.place) }
    var ranks = scores.map { [Int](repeating: .max, count: $0.count) }
    for (rank, weight) in weights.enumerated() { ranks[weight.tensor][weight.place] = rank }
    return ranks
  }

  /// Shares `count` out in proportion to `sizes`, whose sum it must not exceed: whole numbers
  /// that add up to `count`, remainders going to the largest fractions, the earlier first.
  public static func quotas(_ count: Int, over sizes: [Int]) -> [Int] {
    let total = sizes.reduce(0, +)
    precondition(count >= 0 && count <= total, "\(count) of \(total) weights")
    guard total > 0 else { return sizes }
    let shares = sizes.map { size in
      total.dividingFullWidth(count.multipliedFullWidth(by: size))
    }
    var quotas = shares.map(\.quotient)
    let order = sizes.indices.sorted {
      (-shares[$0].remainder, $0) < (-shares[$1].remainder, $1)
    }
    for i in order.prefix(count - quotas.reduce(0, +)) { quotas[i] += 1 }
    return quotas
  }

  private static func check(_ scores: [UnsafeBufferPointer<Float>], _ alive: [BitMask]) {
    precondition(
      scores.map(\.count) == alive.map(\.count), "scores and masks of different sizes")
  }

  private static func requireFinite(_ score: Float, _ tensor: Int, _ place: Int) throws {
    guard score.isFinite else {
      throw Failure(
        .badData, "pruning: the score of weight \(place) of tensor \(tensor) is \(score)")
    }
  }

  private static func keep(
    _ count: Int, _ scores: ArraySlice<UnsafeBufferPointer<Float>>, _ alive: ArraySlice<BitMask>,
    _ order: Order
  ) throws -> [BitMask] {
    var high = [Int](repeating: 0, count: 1 << 16)
    for tensor in scores.indices {
      for i in alive[tensor].aliveIndices {
        try requireFinite(scores[tensor][i], tensor, i)
        high[Int(order.key(scores[tensor][i]) >> 16)] += 1
      }
    }
    precondition(count >= 0 && count <= high.reduce(0, +), "\(count) weights to keep of fewer")
    guard count > 0 else { return alive.map { BitMask(repeating: false, count: $0.count) } }
    let bucket = rank(count, in: high)

    var low = [Int](repeating: 0, count: 1 << 16)
    for tensor in scores.indices {
      for i in alive[tensor].aliveIndices {
        let key = order.key(scores[tensor][i])
        if Int(key >> 16) == bucket.index { low[Int(key & 0xffff)] += 1 }
      }
    }
    let last = rank(bucket.wanted, in: low)
    let threshold = UInt32(bucket.index << 16 | last.index)

    var tiesToPrune = low[last.index] - last.wanted
    return scores.indices.map { tensor in
      var kept = [UInt64](repeating: 0, count: (alive[tensor].count + 63) / 64)
      for i in alive[tensor].aliveIndices {
        let key = order.key(scores[tensor][i])
        if key < threshold { continue }
        if key == threshold, tiesToPrune > 0 {
          tiesToPrune -= 1
          continue
        }
        kept[i >> 6] |= 1 << UInt64(i & 63)
      }
      return BitMask(words: kept, count: alive[tensor].count)
    }
  }

  /// The bucket that holds the `wanted`-th largest value, and how many are wanted of it.
  private static func rank(_ wanted: Int, in histogram: [Int]) -> (index: Int, wanted: Int) {
    var wanted = wanted
    var index = histogram.count - 1
    while histogram[index] < wanted {
      wanted -= histogram[index]
      index -= 1
    }
    return (index, wanted)
  }
}

extension [[Float]] {
  /// Calls `body` with the numbers, array by array, without copying.
  package func withPointers<R>(
    _ body: ([UnsafeBufferPointer<Float>]) throws -> R
  ) rethrows -> R {
    func descend(_ index: Int, _ pointers: [UnsafeBufferPointer<Float>]) throws -> R {
      guard index < count else { return try body(pointers) }
      return try self[index].withUnsafeBufferPointer { try descend(index + 1, pointers + [$0]) }
    }
    return try descend(0, [])
  }
}
