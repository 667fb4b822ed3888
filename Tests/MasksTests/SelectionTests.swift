import Basics
import Masks
import Testing

@Suite struct SelectionTests {
  /// Calls `body` with pointers to `scores`.
  private func withPointers<R>(
    _ scores: [[Float]], _ body: ([UnsafeBufferPointer<Float>]) throws -> R
  ) rethrows -> R {
    let copies = scores.map { tensor in
      let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: tensor.count)
      _ = copy.initialize(from: tensor)
      return copy
    }
    defer { for copy in copies { copy.deallocate() } }
    return try body(copies.map { UnsafeBufferPointer($0) })
  }

  /// The definition: sort by magnitude or value, then place, and drop from the front.
  private func bruteForce(
    _ count: Int, _ scores: [[Float]], _ alive: [BitMask], by order: Selection.Order = .magnitude
  ) -> [BitMask] {
    let places = alive.indices.flatMap { t in alive[t].aliveIndices.map { (t, $0) } }
    let worth = { (score: Float) in order == .value ? score : score.magnitude }
    let sorted = places.sorted {
      let a = worth(scores[$0.0][$0.1])
      let b = worth(scores[$1.0][$1.1])
      return a == b ? $0 < $1 : a < b
    }
    var result = alive.map { BitMask(repeating: false, count: $0.count) }
    for (t, i) in sorted.suffix(count) { result[t][i] = true }
    return result
  }

  @Test(
    arguments: [[1], [63, 0, 65], [64, 128], [127, 1, 200, 64]],
    [Selection.Order.magnitude, .value])
  func matchesSortingWithManyTies(sizes: [Int], order: Selection.Order) throws {
    var stream = RandomStream(seed: 3, "selection", "\(sizes)")
    for levels in [1, 2, 5, 1_000_000] {
      let scores = sizes.map { n in
        (0..<n).map { _ in (Float(stream.below(levels)) - Float(levels / 2)) * 0.37 }
      }
      let alive = sizes.map { randomMask($0, density: 0.7, &stream) }
      let total = alive.reduce(0) { $0 + $1.aliveCount }
      var previous: [BitMask]?
      for count in 0...total {
        let kept = try withPointers(scores) {
          try Selection.keep(count, of: $0, alive: alive, by: order)
        }
        #expect(kept == bruteForce(count, scores, alive, by: order))
        if let previous {
          #expect(zip(previous, kept).allSatisfy { $0.isSubset(of: $1) }, "not nested at \(count)")
        }
        previous = kept
      }
      #expect(previous == alive)
    }
  }

  /// A weight's rank is how many are kept before it: those of rank below n are what `keep` keeps.
  @Test(
    arguments: [[1], [63, 0, 65], [127, 1, 64]], [Selection.Order.magnitude, .value])
  func ranksSayWhatIsKept(sizes: [Int], order: Selection.Order) throws {
    var stream = RandomStream(seed: 5, "ranks", "\(sizes)")
    for levels in [1, 4, 1_000_000] {
      let scores = sizes.map { n in
        (0..<n).map { _ in (Float(stream.below(levels)) - Float(levels / 2)) * 0.37 }
      }
      let alive = sizes.map { randomMask($0, density: 0.7, &stream) }
      let ranks = try withPointers(scores) { try Selection.ranks($0, alive: alive, by: order) }
      for count in 0...alive.reduce(0, { $0 + $1.aliveCount }) {
        let kept = try withPointers(scores) {
          try Selection.keep(count, of: $0, alive: alive, by: order)
        }
        #expect(kept == ranks.map { BitMask($0.map { $0 < count }) })
      }
      for (ranks, alive) in zip(ranks, alive) {
        for i in ranks.indices { #expect((ranks[i] == .max) == !alive[i]) }
      }
    }
  }

  @Test(arguments: [Selection.Order.magnitude, .value]) func separatesNeighbouringFloats(
    order: Selection.Order
  ) throws {
    let one: Float = 1
    let (small, large) = (Float.leastNonzeroMagnitude, Float.greatestFiniteMagnitude)
    let scores = [
      [one.nextUp, -one, one.nextDown, -one.nextUp, 0, -0.0, small, -small, large, -large, -0.0]
    ]
    let alive = [BitMask(repeating: true, count: 11)]
    for count in 0...11 {
      let kept = try withPointers(scores) {
        try Selection.keep(count, of: $0, alive: alive, by: order)
      }
      #expect(kept == bruteForce(count, scores, alive, by: order))
    }
  }

  @Test func ofEqualsTheEarlierIsPruned() throws {
    let alive = [BitMask(repeating: true, count: 2), BitMask(repeating: true, count: 2)]
    let kept = try withPointers([[1, -1], [1, 1]]) {
      try Selection.keep(2, of: $0, alive: alive)
    }
    #expect(kept == [BitMask([false, false]), BitMask([true, true])])
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity]) func refusesWhatIsNotFinite(bad: Float) {
    let scores: [[Float]] = [[1, 2], [3, bad]]
    var alive = [BitMask(repeating: true, count: 2), BitMask(repeating: true, count: 2)]
    for order in [Selection.Order.magnitude, .value] {
      let ways: [([UnsafeBufferPointer<Float>]) throws -> Void] = [
        { _ = try Selection.keep(1, of: $0, alive: alive, by: order) },
        { _ = try Selection.keepPerTensor(1, of: $0, alive: alive, by: order) },
        { _ = try Selection.ranks($0, alive: alive, by: order) },
      ]
      for way in ways {
        let error = failure { try withPointers(scores) { try way($0) } }
        #expect(error?.kind == .badData)
        #expect(error?.message.contains("weight 1 of tensor 1") == true)
      }
    }
    alive[1][1] = false
    #expect(
      failure { try withPointers(scores) { _ = try Selection.keep(1, of: $0, alive: alive) } }
        == nil)
  }

  @Test func perTensorKeepsQuotas() throws {
    var stream = RandomStream(seed: 4, "per tensor")
    let sizes = [100, 1, 333, 64, 7]
    let scores = sizes.map { n in (0..<n).map { _ in Float(stream.below(20)) } }
    let alive = sizes.map { randomMask($0, density: 0.6, &stream) }
    let total = alive.reduce(0) { $0 + $1.aliveCount }
    for count in 0...total {
      let kept = try withPointers(scores) {
        try Selection.keepPerTensor(count, of: $0, alive: alive)
      }
      let quotas = Selection.quotas(count, over: alive.map(\.aliveCount))
      #expect(kept.map(\.aliveCount) == quotas)
      #expect(quotas.reduce(0, +) == count)
      for i in sizes.indices {
        #expect([kept[i]] == bruteForce(quotas[i], [scores[i]], [alive[i]]))
        let exact = Double(count * alive[i].aliveCount) / Double(total)
        #expect(abs(Double(quotas[i]) - exact) < 1)
      }
    }
  }

  @Test func quotasGoToTheLargestRemainders() {
    #expect(Selection.quotas(2, over: [1, 1, 1]) == [1, 1, 0])
    #expect(Selection.quotas(5, over: [10, 6, 0]) == [3, 2, 0])
    #expect(Selection.quotas(0, over: []) == [])
    #expect(Selection.quotas(0, over: [0, 0]) == [0, 0])
    let huge = 1 << 40
    #expect(Selection.quotas(huge, over: [huge, huge]) == [huge / 2, huge / 2])
  }
}
