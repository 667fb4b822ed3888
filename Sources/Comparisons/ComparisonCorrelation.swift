import Basics
import Figures
import Recipes
import Scoring

/// Whether tasks whose tickets overlap more gain less from them (Sun et al. 2020, Table 7).
struct ComparisonCorrelation: Encodable, Sendable {
  /// One variation.
  struct Point: Encodable, Sendable {
    let variation: String
    /// The mean overlap of its tickets, and the gain of sparse sharing over the baseline.
    let overlap: Double, gain: Double
  }

  let baseline: String
  let points: [Point]
  /// Pearson's correlation coefficient, and its p; nil for too few points.
  let r: Double?, p: Double?
  /// The 95 % interval of r by bootstrap over the points, those of the same tasks together; nil for
  /// fewer than four.
  let low: Double?, high: Double?
  /// The same among points that differ in their tasks alone, such as those of one density: of the
  /// differences from their means; nil where nothing but tasks varies.
  let within: Within?

  /// A correlation within settings.
  struct Within: Encodable, Sendable {
    let r: Double, low: Double?, high: Double?
  }

  /// Nil if no variation has both numbers; `seed` is that of the bootstrap.
  init?(
    _ rows: [ComparisonRow], _ variations: [ComparisonVariation], baseline: String, seed: UInt64
  ) {
    self.baseline = baseline
    var found: [(point: Point, tasks: String, setting: String)] = []
    for index in variations.indices {
      let own = rows.filter { $0.variation == index }
      guard let overlap = own.first(where: { $0.metric == "overlap" && $0.isOverall }) else {
        continue
      }
      let scores = own.filter { $0.isScore && $0.isOverall && $0.sharing == overlap.sharing }
      guard let gain = scores.last?.delta else { continue }
      let values = variations[index].values
      func label(_ isIncluded: (String) -> Bool) -> String {
        values.filter { isIncluded($0.key) }.map(\.value.shown).joined(separator: " ")
      }
      found.append(
        (
          Point(variation: variations[index].label, overlap: overlap.summary.mean, gain: gain),
          label { $0 == "tasks" }, label { $0 != "tasks" }
        ))
    }
    guard !found.isEmpty else { return nil }
    points = found.map(\.point)
    let (overlaps, gains) = (points.map(\.overlap), points.map(\.gain))
    // Points of the same tasks are not independent: they have seeds and baselines in common.
    let clusters =
      Set(found.map(\.tasks)).count > 1
      ? Self.groups(found.map(\.tasks)) : found.indices.map { [$0] }
    let all = Significance.pearson(overlaps, gains)
    r = all?.r
    p = all?.p
    let interval = Significance.pearsonInterval(overlaps, gains, clusters: clusters, seed: seed)
    low = interval?.low
    high = interval?.high
    let settings = Self.groups(found.map(\.setting))
    let (x, y) = (Self.centred(overlaps, settings), Self.centred(gains, settings))
    within =
      (2..<points.count).contains(settings.count)
      ? Significance.pearson(x, y).map { found in
        let interval = Significance.pearsonInterval(x, y, clusters: clusters, seed: seed)
        return Within(r: found.r, low: interval?.low, high: interval?.high)
      } : nil
  }

  /// The indices of equal `labels`, together.
  private static func groups(_ labels: [String]) -> [[Int]] {
    labels.uniqued().map { label in labels.indices.filter { labels[$0] == label } }
  }

  /// `values` as differences from the means of their groups.
  private static func centred(_ values: [Double], _ groups: [[Int]]) -> [Double] {
    var centred = values
    for group in groups {
      let mean = Summary(group.map { values[$0] }).mean
      for index in group { centred[index] -= mean }
    }
    return centred
  }

  /// What stands above its table.
  var title: String {
    func interval(_ low: Double?, _ high: Double?) -> String {
      guard let low, let high else { return "" }
      return " (95 % interval \(fixed(low, 3)) to \(fixed(high, 3)))"
    }
    var title = "Overlap of tickets and gain over \(baseline), mean over tasks"
    if let r { title += ": r = \(fixed(r, 3))" + interval(low, high) }
    if let p { title += ", p = \(fixed(p, 4))" }
    if let within {
      title +=
        "; at the same settings: r = \(fixed(within.r, 3))" + interval(within.low, within.high)
    }
    return title
  }

  /// The points as a table.
  var rows: [[String]] {
    [["variation", "overlap", "gain"]]
      + points.map { [$0.variation, fixed($0.overlap, 4), fixed(100 * $0.gain, 2)] }
  }
}
