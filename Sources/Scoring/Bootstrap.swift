import Basics

extension Significance {
  /// What resampled sentences say about the difference of two systems.
  public struct Bootstrap: Hashable, Codable, Sendable {
    /// The measure of the system minus that of the baseline, over the sentences as they are.
    public let delta: Double
    /// The 95 % percentile interval of the resampled differences δ*.
    public let low: Double, high: Double
    /// Two-sided: 2 · min(P(δ* ≤ 0), P(δ* ≥ 0)), at most 1.
    ///
    /// Each probability is (count + 1) / (samples + 1), so that p is never 0.
    public let p: Double
  }

  /// The paired bootstrap over sentences: every resample has the same sentences for both systems.
  ///
  /// The interval is the percentile interval of Efron and Tibshirani (An Introduction to the
  /// Bootstrap, 1993, chapter 13), and p the level at which it just reaches 0, which is Koehn's
  /// test (Statistical significance tests for machine translation evaluation, 2004), two-sided.
  /// Berg-Kirkpatrick et al. (An empirical investigation of statistical significance in NLP, 2012)
  /// count δ* > 2δ instead; the two agree where δ* is spread evenly around δ.
  ///
  /// With several seeds the measure is averaged over the seeds of a system within a resample. The
  /// measure is F1, or accuracy, as in `SentenceCounts`; it is 0 where there is nothing to find
  /// and nothing found.
  ///
  /// - Parameters:
  ///   - system: `system[seed][sentence]`, the same sentences for every seed.
  ///   - baseline: the same for the other system, which may have other seeds and as many as it
  ///     likes.
  ///   - samples: how often to resample.
  ///   - seed: of the resampling; the same seed gives the same result.
  public static func bootstrap(
    _ system: [[SentenceCounts]], _ baseline: [[SentenceCounts]], samples: Int = 10_000,
    seed: UInt64
  ) -> Bootstrap {
    precondition(!system.isEmpty && !baseline.isEmpty && samples > 0, "there is nothing to compare")
    let runs = system + baseline
    let count = runs[0].count
    precondition(runs.allSatisfy { $0.count == count }, "the systems saw different sentences")
    guard count > 0 else { return Bootstrap(delta: 0, low: 0, high: 0, p: 1) }

    // One row a sentence: gold + predicted and correct of every run, to be summed together.
    let width = 2 * runs.count
    let rows = (0..<count).flatMap { sentence in
      runs.flatMap { run in
        [run[sentence].gold + run[sentence].predicted, run[sentence].correct]
      }
    }
    var sums = [Int](repeating: 0, count: width)
    for (index, value) in rows.enumerated() { sums[index % width] += value }
    let delta = difference(sums, seeds: system.count)

    var stream = RandomStream(seed: seed, "bootstrap")
    var deltas = (0..<samples).map { _ in
      resample(rows, count: count, into: &sums, &stream)
      return difference(sums, seeds: system.count)
    }
    let atMost = deltas.count { $0 <= 0 }
    let atLeast = deltas.count { $0 >= 0 }
    deltas.sort()
    let (low, high) = interval(deltas)
    return Bootstrap(
      delta: delta, low: low, high: high,
      p: min(1, 2 * Double(min(atMost, atLeast) + 1) / Double(samples + 1)))
  }

  /// The 95 % percentile interval of Pearson's correlation over resampled points, drawn with
  /// replacement (Efron and Tibshirani 1993, chapter 13). A resample in which x or y has no
  /// variance has no correlation and is drawn again.
  ///
  /// - Parameters:
  ///   - clusters: points that belong together and are drawn together; nil if each is by itself.
  ///   - samples: how often to resample.
  ///   - seed: of the resampling; the same seed gives the same result.
  /// - Returns: nil for fewer than four clusters or where x or y has no variance.
  public static func pearsonInterval(
    _ x: [Double], _ y: [Double], clusters: [[Int]]? = nil, samples: Int = 10_000, seed: UInt64
  ) -> (low: Double, high: Double)? {
    precondition(samples > 0, "there is nothing to resample")
    let clusters = clusters ?? x.indices.map { [$0] }
    guard clusters.count >= 4, correlation(x, y) != nil else { return nil }
    var stream = RandomStream(seed: seed, "bootstrap", "correlation")
    var found: [Double] = []
    while found.count < samples {
      let drawn = clusters.flatMap { _ in clusters[stream.below(clusters.count)] }
      if let r = correlation(drawn.map { x[$0] }, drawn.map { y[$0] }) { found.append(r) }
    }
    return interval(found.sorted())
  }

  /// Sums `count` rows drawn with replacement.
  private static func resample(
    _ rows: [Int], count: Int, into sums: inout [Int], _ stream: inout RandomStream
  ) {
    rows.withUnsafeBufferPointer { rows in
      sums.withUnsafeMutableBufferPointer { sums in
        sums.update(repeating: 0)
        for _ in 0..<count {
          let row = stream.below(count) * sums.count
          for column in 0..<sums.count { sums[column] &+= rows[row + column] }
        }
      }
    }
  }

  /// The system's measure, averaged over its `seeds` runs, minus that of the runs behind them.
  private static func difference(_ sums: [Int], seeds: Int) -> Double {
    func mean(_ runs: Range<Int>) -> Double {
      runs.reduce(0) { total, run in
        sums[2 * run] > 0 ? total + 2 * Double(sums[2 * run + 1]) / Double(sums[2 * run]) : total
      } / Double(runs.count)
    }
    let value = mean(0..<seeds) - mean(seeds..<sums.count / 2)
    // The same runs in another order are averaged with another rounding, which is no difference.
    return abs(value) < 1e-14 ? 0 : value
  }

  /// The 2.5 and 97.5 percentiles of sorted values, between two values where they fall there.
  private static func interval(_ values: [Double]) -> (low: Double, high: Double) {
    let last = values.count - 1
    let place = 0.025 * Double(last)
    let index = Int(place)
    let fraction = place - Double(index)
    func percentile(_ at: Int, _ next: Int) -> Double {
      values[at] + (values[next] - values[at]) * fraction
    }
    return (
      percentile(index, min(index + 1, last)), percentile(last - index, max(last - index - 1, 0))
    )
  }
}
