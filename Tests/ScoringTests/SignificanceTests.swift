import Foundation
import Scoring
import Testing

/// Values of scipy, made by `Fixtures/make_significance.py`.
struct SignificanceFixture: Decodable {
  struct Student: Decodable {
    let t: Double
    let degrees: Int
    let p: Double
  }
  struct Paired: Decodable {
    let differences: [Double]
    let t: Double
    let p: Double
  }
  struct Pearson: Decodable {
    let x: [Double]
    let y: [Double]
    let r: Double
    let p: Double
  }
  struct Bootstrap: Decodable {
    let system: [[[Int]]]
    let baseline: [[[Int]]]
    let delta: Double
    /// P(δ* ≤ 0) and P(δ* ≥ 0).
    let atMost: Double
    let atLeast: Double
    /// Between which values the ends of the interval are to fall.
    let low: [Double]
    let high: [Double]
  }
  struct Interval: Decodable {
    let x: [Double]
    let y: [Double]
    /// Between which values the ends of the interval are to fall.
    let low: [Double]
    let high: [Double]
  }
  let student: [Student]
  let paired: [Paired]
  let pearson: [Pearson]
  let bootstrap: [Bootstrap]
  let interval: [Interval]

  static let shared: SignificanceFixture = {
    let url = Bundle.module.url(forResource: "Fixtures/significance", withExtension: "json")!
    return try! JSONDecoder().decode(SignificanceFixture.self, from: Data(contentsOf: url))
  }()
}

@Suite struct SignificanceTests {
  private func close(_ value: Double, _ expected: Double, relative: Double) -> Bool {
    abs(value - expected) <= relative * abs(expected)
  }

  @Test func tailsOfStudentAreThoseOfScipy() {
    for test in SignificanceFixture.shared.student {
      let p = StudentT.twoSided(test.t, degrees: test.degrees)
      #expect(close(p, test.p, relative: 1e-10), "t \(test.t), \(test.degrees): \(p)")
    }
  }

  /// Few degrees of freedom have closed forms, exact where scipy rounds p to 1 or nearly so.
  @Test(arguments: [1e-12, 1e-9, 0.3, 1, 40, 1e6, 1e100])
  func tailsWithOneAndTwoDegreesHaveClosedForms(t: Double) {
    let one = StudentT.twoSided(t, degrees: 1)
    #expect(close(one, 2 / Double.pi * atan(1 / t), relative: 1e-13), "\(one)")
    let root = (2 + t * t).squareRoot()
    let two = 2 / (root * (root + t))
    #expect(close(StudentT.twoSided(t, degrees: 2), two, relative: 1e-13))
  }

  @Test func pairedTIsThatOfScipy() throws {
    for test in SignificanceFixture.shared.paired {
      let (t, p) = try #require(Significance.pairedT(test.differences))
      #expect(close(t, test.t, relative: 1e-11) && close(p, test.p, relative: 1e-10))
      let (mirrored, same) = try #require(Significance.pairedT(test.differences.map { -$0 }))
      #expect(mirrored == -t && same == p)
    }
  }

  @Test func correlationIsThatOfScipy() throws {
    for test in SignificanceFixture.shared.pearson {
      let (r, p) = try #require(Significance.pearson(test.x, test.y))
      #expect(close(r, test.r, relative: 1e-11) && close(p, test.p, relative: 1e-8))
    }
  }

  @Test func aLineCorrelatesPerfectly() throws {
    let (r, p) = try #require(Significance.pearson([1, 2, 3, 5], [-2, -4, -6, -10]))
    #expect(abs(r + 1) < 1e-15 && p < 1e-15)
  }

  @Test(arguments: [[], [0.1], [0, 0, 0], [0.3, 0.3], [0.3 - 0.2, 0.5 - 0.4], [0.1, .nan]])
  func tooFewOrEqualDifferencesHaveNoT(differences: [Double]) {
    #expect(Significance.pairedT(differences) == nil)
  }

  @Test func tooFewPointsOrNoVarianceHaveNoCorrelation() {
    #expect(Significance.pearson([1, 2], [2, 1]) == nil)
    #expect(Significance.pearson([1, 2, 3], [0.1, 0.1, 0.1]) == nil)
    #expect(Significance.pearson([5, 5, 5], [1, 2, 3]) == nil)
    #expect(Significance.pearson([1, 2, .infinity], [1, 2, 3]) == nil)
  }

  @Test func aSummaryHasTheSamplesDeviation() {
    let summary = Summary([2, 4, 4, 4, 5, 5, 7, 9])
    #expect(summary.mean == 5 && summary.count == 8)
    #expect(abs(summary.deviation! - (32.0 / 7).squareRoot()) < 1e-15)
    #expect(Summary([0.1, 0.1, 0.1]).mean == 0.1 && Summary([0.1, 0.1, 0.1]).deviation == 0)
    #expect(Summary([0.7]).mean == 0.7 && Summary([0.7]).deviation == nil)
    #expect(Summary([]).mean == 0 && Summary([]).count == 0 && Summary([]).deviation == nil)
  }
}
