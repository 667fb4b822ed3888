import Basics
import Scoring
import Testing

@Suite struct BootstrapTests {
  private static func counts(_ runs: [[[Int]]]) -> [[SentenceCounts]] {
    runs.map { $0.map { SentenceCounts(gold: $0[0], predicted: $0[1], correct: $0[2]) } }
  }

  /// `seeds` runs over `sentences` sentences with F1 of about `skill`.
  private static func runs(
    _ name: String, skill: Float, seeds: Int, sentences: Int = 50
  ) -> [[SentenceCounts]] {
    var chance = RandomStream(seed: 1, name)
    return (0..<seeds).map { _ in
      (0..<sentences).map { _ in
        let gold = chance.below(4)
        let correct = (0..<gold).count { _ in chance.uniform() < skill }
        return SentenceCounts(
          gold: gold, predicted: max(correct, chance.below(4)), correct: correct)
      }
    }
  }

  /// Within five standard errors of every resample there is, or of numpy's many.
  @Test(arguments: SignificanceFixture.shared.bootstrap.indices)
  func agreesWithEveryResampleAndWithNumpy(index: Int) {
    let test = SignificanceFixture.shared.bootstrap[index]
    let samples = 20_000
    let found = Significance.bootstrap(
      Self.counts(test.system), Self.counts(test.baseline), samples: samples, seed: 3)
    #expect(abs(found.delta - test.delta) < 1e-12)
    let tail = min(test.atMost, test.atLeast)
    let error = 5 * (tail * (1 - tail) / Double(samples)).squareRoot() + 2 / Double(samples)
    #expect(abs(found.p - min(1, 2 * tail)) < 2 * error, "\(found.p), not \(2 * tail)")
    #expect(found.low > test.low[0] - 1e-12 && found.low < test.low[1] + 1e-12)
    #expect(found.high > test.high[0] - 1e-12 && found.high < test.high[1] + 1e-12)
  }

  @Test func aSystemDoesNotDifferFromItself() {
    let runs = Self.runs("a", skill: 0.7, seeds: 3)
    for other in [runs, [runs[2], runs[0], runs[1]]] {
      let same = Significance.bootstrap(runs, other, samples: 500, seed: 1)
      #expect(same.delta == 0 && same.low == 0 && same.high == 0 && same.p == 1)
    }
    let nothing = Significance.bootstrap([[]], [[]], seed: 1)
    #expect(nothing.delta == 0 && nothing.p == 1)
  }

  @Test func theOtherWayRoundIsTheSameComparison() {
    let (a, b) = (Self.runs("a", skill: 0.7, seeds: 3), Self.runs("b", skill: 0.6, seeds: 2))
    let one = Significance.bootstrap(a, b, samples: 1001, seed: 7)
    let other = Significance.bootstrap(b, a, samples: 1001, seed: 7)
    #expect(one.delta == -other.delta && one.p == other.p)
    #expect(one.low == -other.high && one.high == -other.low)
    #expect(one == Significance.bootstrap(a, b, samples: 1001, seed: 7))
    #expect(one != Significance.bootstrap(a, b, samples: 1001, seed: 8))
    #expect(one.low < one.delta && one.delta < one.high)
  }

  @Test(arguments: [1, 10, 999])
  func betterOnEverySentenceHasTheSmallestP(samples: Int) {
    let good = (0..<20).map { SentenceCounts(gold: 5 + $0, predicted: 5 + $0, correct: 4 + $0) }
    let bad = good.map { SentenceCounts(gold: $0.gold, predicted: $0.gold, correct: 1) }
    let found = Significance.bootstrap([good], [bad], samples: samples, seed: 1)
    #expect(found.p == min(1, 2 / Double(samples + 1)))
    #expect(found.low > 0 && found.low <= found.high && found.delta > 0)
  }

  @Test func tenThousandResamplesTakeNoTime() {
    let runs = Self.runs("a", skill: 0.7, seeds: 3, sentences: 500)
    let others = Self.runs("b", skill: 0.7, seeds: 3, sentences: 500)
    let time = ContinuousClock().measure {
      _ = Significance.bootstrap(runs, others, seed: 1)
    }
    #expect(time < .seconds(1), "\(time)")
  }

  /// Resampled points: within five standard errors of every resample there is, or of numpy's many.
  @Test(arguments: SignificanceFixture.shared.interval.indices)
  func correlationsAgreeWithEveryResampleAndWithNumpy(index: Int) throws {
    let test = SignificanceFixture.shared.interval[index]
    let found = try #require(
      Significance.pearsonInterval(test.x, test.y, samples: 20_000, seed: 3))
    #expect(found.low > test.low[0] - 1e-12 && found.low < test.low[1] + 1e-12)
    #expect(found.high > test.high[0] - 1e-12 && found.high < test.high[1] + 1e-12)
    let again = try #require(
      Significance.pearsonInterval(test.x, test.y, samples: 20_000, seed: 3))
    #expect(again == found)
    let usual = try #require(Significance.pearsonInterval(test.x, test.y, seed: 1))
    #expect(usual.low <= usual.high)
  }

  @Test func fewPointsOrNoVarianceHaveNoInterval() throws {
    #expect(Significance.pearsonInterval([1, 2, 3], [1, 3, 2], seed: 1) == nil)
    #expect(Significance.pearsonInterval([1, 1, 1, 1], [1, 3, 2, 4], seed: 1) == nil)
    // On a line every resample that varies has r = 1.
    let line = try #require(Significance.pearsonInterval([1, 2, 3, 4], [2, 4, 6, 8], seed: 1))
    #expect(abs(line.low - 1) < 1e-12 && abs(line.high - 1) < 1e-12)
  }
}
