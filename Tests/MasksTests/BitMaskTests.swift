import Basics
import Masks
import Testing

/// Sizes at and around word boundaries.
private let sizes = [0, 1, 63, 64, 65, 127, 128, 1000]

@Suite struct BitMaskTests {
  @Test(arguments: sizes) func repeatingHasZeroTail(count: Int) {
    let ones = BitMask(repeating: true, count: count)
    #expect(ones.aliveCount == count)
    #expect(ones == BitMask(Array(repeating: true, count: count)))
    #expect(BitMask(repeating: false, count: count).aliveCount == 0)
    #expect(ones.withWords { $0.reduce(0) { $0 + $1.nonzeroBitCount } } == count)
  }

  @Test(arguments: sizes) func behavesLikeBools(count: Int) {
    var stream = RandomStream(seed: 1, "masks", "\(count)")
    for density in [0.1, 0.5, 0.9] {
      let a = (0..<count).map { _ in Double(stream.uniform()) < density }
      let b = (0..<count).map { _ in stream.below(2) == 0 }
      let maskA = BitMask(a)
      let maskB = BitMask(b)
      #expect((0..<count).map { maskA[$0] } == a)
      #expect(maskA.aliveCount == a.count { $0 })
      #expect(Array(maskA.aliveIndices) == a.indices.filter { a[$0] })
      var alive: [Int] = []
      maskA.forEachAlive { alive.append($0) }
      #expect(alive == Array(maskA.aliveIndices))
      #expect(maskA.restricted(to: maskB) == BitMask(b.indices.filter { b[$0] }.map { a[$0] }))
      #expect(maskA & maskB == BitMask(zip(a, b).map { $0 && $1 }))
      #expect(maskA | maskB == BitMask(zip(a, b).map { $0 || $1 }))
      #expect(maskA ^ maskB == BitMask(zip(a, b).map { $0 != $1 }))
      #expect(maskA.isSubset(of: maskB) == zip(a, b).allSatisfy { !$0 || $1 })
      #expect((maskA & maskB).isSubset(of: maskB))

      var inPlace = maskA
      inPlace &= maskB
      #expect(inPlace == maskA & maskB)
      inPlace |= maskA
      #expect(inPlace == maskA)
      inPlace ^= maskA
      #expect(inPlace == BitMask(repeating: false, count: count))
    }
  }

  @Test(arguments: sizes.dropFirst()) func subscriptSetsOneBit(count: Int) {
    var stream = RandomStream(seed: 2, "set", "\(count)")
    var model = Array(repeating: false, count: count)
    var mask = BitMask(repeating: false, count: count)
    for _ in 0..<200 {
      let i = stream.below(count)
      let alive = stream.below(2) == 0
      model[i] = alive
      mask[i] = alive
    }
    #expect(mask == BitMask(model))
    #expect(mask.density == Double(model.count { $0 }) / Double(count))
  }

  @Test func wordsAreLeastSignificantFirst() {
    let mask = BitMask((0..<70).map { $0 == 0 || $0 == 65 })
    #expect(mask.withWords { Array($0) } == [1, 2])
    #expect(BitMask(words: [1, 2], count: 70) == mask)
  }
}

@Suite struct MaskSetTests {
  private func set(_ a: [Bool], _ b: [Bool]) -> MaskSet {
    MaskSet([
      .init(name: "a", shape: [1, a.count], mask: BitMask(a)),
      .init(name: "b", shape: [b.count], mask: BitMask(b)),
    ])
  }

  @Test func countsAndAlgebra() throws {
    let x = set([true, false], [true, true, false])
    let y = set([true, true], [false, true, false])
    #expect(x.prunableCount == 5)
    #expect(x.aliveCount == 3)
    #expect(x.density == 0.6)
    #expect(try x.intersection(y) == set([true, false], [false, true, false]))
    #expect(try x.union(y) == set([true, true], [true, true, false]))
    #expect(try x.symmetricDifference(y) == set([false, true], [true, false, false]))
    #expect(try !x.isNested(in: y))
    #expect(try x.intersection(y).isNested(in: y))
    #expect(x["b"] == BitMask([true, true, false]))
    #expect(x["c"] == nil)
    #expect(MaskSet([]).density == 0)
  }

  @Test func differentLayoutsNameTheTensor() {
    let x = set([true], [true, true])
    let shape = failure { _ = try x.union(set([true], [true, true, true])) }
    #expect(shape?.kind == .badData)
    #expect(shape?.message.contains("tensor 'b' is [2] against [3]") == true)
    let shorter = MaskSet(Array(x.entries.prefix(1)))
    #expect(failure { _ = try x.isNested(in: shorter) }?.message.contains("'b'") == true)
    #expect(failure { _ = try shorter.isNested(in: x) }?.message.contains("'b'") == true)
    let swapped = MaskSet(x.entries.reversed())
    #expect(
      failure { try x.requireLayout(of: swapped) }?.message.contains("'a' against tensor 'b'")
        == true)
  }
}
