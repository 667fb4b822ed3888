import Basics
import Testing

@Suite struct RandomStreamTests {
  private func numbers(_ stream: RandomStream, _ count: Int = 8) -> [UInt64] {
    var stream = stream
    return (0..<count).map { _ in stream.next() }
  }

  /// Changing these numbers changes the outcome of every recorded run.
  @Test func goldenNumbers() {
    #expect(
      numbers(RandomStream(seed: 1, "order", "ner", "epoch 3"), 3) == [
        0xa8a4_ebd5_0f7f_4c76, 0x2f4d_b9c4_36cc_f834, 0xb7b3_abed_5369_df2d,
      ])
    #expect(numbers(RandomStream(seed: 0), 2) == [0x004e_c78c_d94b_c4f1, 0x80f2_eb7e_8f55_3538])
  }

  @Test func dependsOnSeedAndNamesOnly() {
    let base = numbers(RandomStream(seed: 1, "a", "b"))
    #expect(numbers(RandomStream(seed: 1, names: ["a", "b"])) == base)
    let others = [
      RandomStream(seed: 2, "a", "b"), RandomStream(seed: 1, "b", "a"),
      RandomStream(seed: 1, "ab"), RandomStream(seed: 1, "a", "b", ""),
      RandomStream(seed: 1, "a"), RandomStream(seed: 1),
    ].map { numbers($0) }
    #expect(Set(others + [base]).count == 7)
    // No two streams share even one of their first numbers.
    #expect(Set((others + [base]).joined()).count == 56)
  }

  @Test func streamsAreUncorrelated() {
    var a = RandomStream(seed: 1, "a")
    var b = RandomStream(seed: 1, "b")
    let n = 20_000
    let sum = (0..<n).reduce(0.0) { sum, _ in
      sum + Double(a.uniform(within: 1)) * Double(b.uniform(within: 1))
    }
    // Each product has variance 1/9; five standard errors.
    #expect(abs(sum / Double(n)) < 5 / 3 / Double(n).squareRoot())
  }

  @Test func uniformStaysInRangeAndFillsIt() {
    var stream = RandomStream(seed: 3, "uniform")
    var bins = [Int](repeating: 0, count: 10)
    for _ in 0..<50_000 {
      let x = stream.uniform()
      #expect(x >= 0 && x < 1)
      bins[Int(x * 10)] += 1
      let y = stream.uniform(within: 0.25)
      #expect(y >= -0.25 && y < 0.25)
    }
    // Standard deviation of a bin is about 67.
    #expect(bins.allSatisfy { abs($0 - 5000) < 350 })
  }

  @Test func belowReachesEveryValue() {
    var stream = RandomStream(seed: 4, "below")
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<7000 { counts[stream.below(7)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 1000) < 150 })
    #expect(stream.below(1) == 0)
  }
}
