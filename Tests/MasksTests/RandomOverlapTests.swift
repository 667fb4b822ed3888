import Basics
import Foundation
import Masks
import Testing

/// What random masks, and masks that follow θ⁰, would overlap by.
@Suite struct RandomOverlapTests {
  /// The tickets of tasks `a`, `b`, …, each with a mask a tensor.
  private func tickets(_ masks: [[BitMask]]) -> [(name: String, ticket: Ticket)] {
    zip(["a", "b", "c", "d"], masks).map { name, masks in
      let entries = masks.enumerated().map { index, mask in
        MaskSet.Entry(name: "w\(index)", shape: [mask.count], mask: mask)
      }
      return (name, ticket(MaskSet(entries), task: name))
    }
  }

  private func mask(_ count: Int, _ alive: some Sequence<Int>) -> BitMask {
    var mask = BitMask(repeating: false, count: count)
    for i in alive { mask[i] = true }
    return mask
  }

  /// A mask of `alive` random weights among `count`.
  private func mask(_ count: Int, random alive: Int, _ stream: inout RandomStream) -> BitMask {
    mask(count, (0..<count).shuffled(using: &stream).prefix(alive))
  }

  private func isNear(_ a: Double?, _ b: Double, _ tolerance: Double = 1e-12) -> Bool {
    a.map { abs($0 - b) <= tolerance } ?? false
  }

  /// Two of four weights each: the six places of the second give |∩| = 0, 1, 1, 1, 1, 2.
  @Test func handCase() throws {
    let overlap = try Overlap(of: tickets([[mask(4, [0, 1])], [mask(4, [0, 1])]])).overlap
    // E[I] = 1, E[U] = 3; Var I = 1/3, and dR = dI (1 + 1/3) / 3.
    #expect(overlap.all == 1 && isNear(overlap.expected.ratio, 1 / 3.0))
    #expect(isNear(overlap.expected.z, (2 / 3.0) / ((1 / 3.0).squareRoot() * 4 / 9)))
    #expect(overlap.pairs[0].expected == overlap.expected)
    #expect(overlap.pairs[0].containments == [1, 1])
    #expect(overlap.theta0 == nil && overlap.pairs[0].theta0 == nil)
  }

  /// All subsets of the same sizes, tensor by tensor, give the moments exactly.
  @Test(arguments: [
    [[2, 3], [1, 2]], [[2, 3, 1], [1, 2, 3]], [[5, 2, 3], [4, 0, 2]], [[1, 1, 1], [2, 4, 3]],
    [[3, 2, 4], [0, 4, 1]], [[2, 0, 5], [3, 3, 3]],
  ])
  func agreesWithAllSubsets(alive: [[Int]]) throws {
    let sizes = [5, 4]
    var (meanI, meanU, varI, varZ, cov) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for (n, counts) in zip(sizes, alive) {
      let choices = counts.map { count in (0..<1 << n).filter { $0.nonzeroBitCount == count } }
      let all = choices.reduce([(both: (1 << n) - 1, either: 0)]) { found, choice in
        found.flatMap { known in choice.map { (known.both & $0, known.either | $0) } }
      }.map { (i: Double($0.both.nonzeroBitCount), u: Double($0.either.nonzeroBitCount)) }
      func mean(_ value: ((i: Double, u: Double)) -> Double) -> Double {
        all.map(value).reduce(0, +) / Double(all.count)
      }
      let (i, u) = (mean(\.i), mean(\.u))
      meanI += i
      meanU += u
      varI += mean { ($0.i - i) * ($0.i - i) }
      varZ += mean { ($0.u - u) * ($0.u - u) }
      cov -= mean { ($0.i - i) * ($0.u - u) }
    }
    let masks = (0..<alive[0].count).map { task in
      zip(sizes, alive).map { mask($0, 0..<$1[task]) }
    }
    let overlap = try Overlap(of: tickets(masks)).overlap
    let ratio = meanI / meanU
    #expect(isNear(overlap.expected.ratio, ratio))
    let deviation = (varI + 2 * ratio * cov + ratio * ratio * varZ).squareRoot() / meanU
    let z = try (#require(overlap.all) - ratio) / deviation
    if deviation > 1e-9 {
      #expect(isNear(overlap.expected.z, z, 1e-9))
    } else {
      #expect(overlap.expected.z == nil)
    }
  }

  /// Over random masks z has mean 0 and deviation 1, whatever the sizes and word boundaries.
  @Test(arguments: [[0.5, 0.3], [0.4, 0.6, 0.5]])
  func randomMasksHaveStandardScores(densities: [Double]) throws {
    var stream = RandomStream(seed: 3, "random overlap", "\(densities)")
    let sizes = [1, 63, 64, 65, 300]
    let scores = try (0..<1000).map { _ in
      let masks = densities.map { density in
        sizes.map { mask($0, random: Int((density * Double($0)).rounded()), &stream) }
      }
      return try #require(Overlap(of: tickets(masks)).overlap.expected.z)
    }
    let mean = scores.reduce(0, +) / 1000
    let deviation = (scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 999).squareRoot()
    // Three standard errors, and the little that a quotient departs from its linearisation.
    #expect(abs(mean) < 0.12 && abs(deviation - 1) < 0.1, "\(mean) \(deviation)")
  }

  @Test func specialCases() throws {
    func overlap(_ a: BitMask, _ b: BitMask) throws -> Overlap.Pair {
      try Overlap(of: tickets([[a], [b]])).overlap.pairs[0]
    }
    let (full, half) = (mask(100, 0..<100), mask(100, 0..<50))
    let equal = try overlap(half, half)
    #expect(equal.ratio == 1 && equal.containments == [1, 1])
    #expect(isNear(equal.expected?.ratio, 1 / 3.0) && equal.expected!.z! > 9)
    let disjoint = try overlap(half, mask(100, 50..<100))
    #expect(disjoint.ratio == 0 && disjoint.containments == [0, 0])
    #expect(disjoint.expected?.ratio == equal.expected?.ratio && disjoint.expected!.z! < -7)
    // Without a choice there is nothing to depart from.
    let all = try overlap(full, full)
    #expect(all.expected?.ratio == 1 && all.expected?.z == nil)
    let inside = try overlap(half, full)
    #expect(inside.ratio == 0.5 && inside.expected?.ratio == 0.5 && inside.expected?.z == nil)
    #expect(inside.containments == [1, 0.5])
    let empty = try overlap(mask(100, []), half)
    #expect(empty.expected?.ratio == 0 && empty.expected?.z == nil)
    #expect(empty.containments == [nil, 0])
    let none = try overlap(mask(100, []), mask(100, []))
    #expect(none.ratio == nil && none.expected?.ratio == nil && none.expected?.z == nil)
    #expect(none.containments == [nil, nil])
  }

  /// A weight at the end of a million: the exact zero is told from the smallest variance.
  @Test func nearlyFullMasksKeepTheirPrecision() throws {
    let n = 1_000_000
    let a = mask(n, 1..<n)
    let pair = try Overlap(of: tickets([[a], [a]])).overlap.pairs[0]
    // |∩| is n − 1 with probability 1/n, else n − 2.
    let (p, size) = (1 / Double(n), Double(n))
    let (meanI, deviation) = (size - 2 + p, (p * (1 - p)).squareRoot())
    let meanU = 2 * (size - 1) - meanI
    let ratio = meanI / meanU
    let z = (1 - ratio) / (deviation * (1 + ratio) / meanU)
    #expect(isNear(pair.expected?.ratio, ratio, 1e-15))
    #expect(isNear(pair.expected?.z, z, 1e-3 * z))
  }

  /// Masks that are θ⁰'s magnitude alone are explained by it wholly.
  @Test func magnitudeMasksAreTheta0() throws {
    let values = (0..<40).map { Float($0 % 2 == 0 ? $0 : -$0) }
    let top = tickets([[mask(40, 20..<40)], [mask(40, 20..<40)]])
    let overlap = try Overlap(of: top, theta0: ["w0": values, "other": [.nan]])
    #expect(isNear(overlap.overlap.expected.ratio, 1 / 3.0) && overlap.overlap.expected.z! > 5)
    #expect(overlap.overlap.theta0?.ratio == 1 && overlap.overlap.theta0?.z == nil)
    #expect(overlap.overlap.pairs[0].theta0 == overlap.overlap.theta0)
    #expect(overlap.magnitude == ["a": 1, "b": 1])
    let low = try Overlap(of: tickets([[mask(40, 0..<20)]]), theta0: ["w0": values])
    #expect(low.magnitude == ["a": 0])
    let none = try Overlap(of: tickets([[mask(40, [])]]), theta0: ["w0": values])
    #expect(none.magnitude == [:])
    #expect(overlap.table.contains("magnitude of θ⁰") && overlap.table.contains("  θ⁰  "))
  }

  /// Magnitude masks of which each task changes a tenth at random: θ⁰ explains nearly all, random
  /// masks little; what a task adds in common with another is left.
  @Test func theta0ExplainsMagnitudeAndNoise() throws {
    var stream = RandomStream(seed: 8, "theta0")
    let sizes = [1999, 640]
    let values = sizes.map { n in (0..<n).map { _ in stream.uniform(within: 1) } }
    func noisy() -> [BitMask] {
      zip(sizes, values).map { n, values in
        let order = (0..<n).sorted { abs(values[$0]) > abs(values[$1]) }
        var mask = mask(n, order.prefix(n / 2))
        for i in order.prefix(n / 2).shuffled(using: &stream).prefix(n / 20) { mask[i] = false }
        for i in order.dropFirst(n / 2).shuffled(using: &stream).prefix(n / 20) { mask[i] = true }
        return mask
      }
    }
    let theta0 = ["w0": values[0], "w1": values[1]]
    let overlap = try Overlap(of: tickets([noisy(), noisy()]), theta0: theta0)
    let pair = overlap.overlap.pairs[0]
    let ratio = try #require(pair.ratio)
    #expect(isNear(pair.theta0?.ratio, ratio, 0.02) && abs(pair.theta0!.z!) < 4)
    #expect(isNear(pair.expected?.ratio, 1 / 3.0, 0.01) && pair.expected!.z! > 20)
    // Nine tenths of each in the mask that magnitude alone leaves: 0.9 / 1.1.
    #expect(isNear(overlap.magnitude?["a"], 0.9 / 1.1, 0.02))
  }

  /// Bins are by rank within the tensor, of equal sizes by place: as a brute force has them.
  @Test func binsAreTwentiethsOfATensor() throws {
    var stream = RandomStream(seed: 9, "bins")
    let n = 130
    let values = (0..<n).map { _ in Float(stream.below(7)) - 3 }
    let masks = [
      mask(n, random: 50, &stream), mask(n, random: 70, &stream), mask(n, random: 90, &stream),
    ]
    let order = (0..<n).sorted { (abs(values[$0]), $0) < (abs(values[$1]), $1) }
    // The same strata as tensors of their own.
    let parts = (0..<20).map { bin in
      order.indices.filter { $0 * 20 / n == bin }.map { order[$0] }
    }
    let split = masks.map { whole in
      parts.map { part in BitMask(part.map { whole[$0] }) }
    }
    let found = try Overlap(of: tickets(masks.map { [$0] }), theta0: ["w0": values]).overlap
    let expected = try Overlap(of: tickets(split)).overlap
    #expect(found.theta0 == expected.expected && found.all == expected.all)
    #expect(found.pairs.map(\.theta0) == expected.pairs.map(\.expected))
  }

  @Test func foreignTheta0IsRefused() throws {
    let some = tickets([[mask(4, [0, 1])]])
    for (values, message) in [
      ([:], "no tensor 'w0'"), (["w0": [1, 2, 3]], "'w0' of shape [4]"),
      (["w0": [1, .nan, 3, 4]], "'w0' are not all finite"),
    ] as [([String: [Float]], String)] {
      let found = failure { _ = try Overlap(of: some, theta0: values) }
      #expect(found?.kind == .badData && found?.message.contains(message) == true)
    }
  }
}
