import Basics
import Scoring
import Tensors

/// One row of a comparison: an architecture's values over the seeds, and how they differ from the
/// baseline's.
struct ComparisonRow: Codable, Sendable {
  let sharing: String
  /// A task, or `all` for the mean over tasks.
  let task: String
  /// Whose test files: a domain, or `all` for the average over domains; nil without domains.
  let domain: String?
  /// Where the networks were trained: a domain, or `out-of-domain` for the average over all but
  /// the one scored on, `in-domain` for the average of each on its own; nil without domains.
  let source: String?
  let variation: Int
  let metric: String
  /// By seed.
  let values: [Double]
  let summary: Summary
  /// Against the baseline; nil for its own rows and for what is no score.
  var delta: Double?
  /// Of the paired bootstrap over sentences; nil where the rows are no average over the same
  /// sentences.
  var bootstrap: Significance.Bootstrap?
  /// Of the paired t test over seeds; nil for fewer than two.
  var pairedT: PairedT?
  /// (mean − baseline) / (1 − baseline) against `single` and `hard`, where they are compared.
  var reductions: [String: Double] = [:]

  /// Student's t and its probability.
  struct PairedT: Codable, Sendable {
    let t: Double, p: Double
  }

  /// Whether higher is better: a score, that is.
  var isScore: Bool { !Self.otherMetrics.contains(metric) }

  /// What is measured beside scores.
  static let otherMetrics: Set = ["overlap", "overlap_z", "alpha_ratio", "mse"]
}

/// From single measurements to rows: averages over sources, domains and tasks seed by seed, and
/// only then over seeds, so that every average has a standard deviation.
struct ComparisonTable {
  /// What stands for all tasks or all domains; neither can be called so.
  static let all = "all"
  static let inDomain = "in-domain"
  static let outOfDomain = "out-of-domain"

  let rows: [ComparisonRow]

  private struct Key: Hashable {
    let variation: Int, sharing: String, task: String, domain: String?, source: String?
    let metric: String
  }

  /// A measurement a seed, and the sentences behind each.
  private struct Series {
    var values: [UInt64: Double] = [:]
    /// By seed and source; empty if what is averaged has no sentences in common.
    var sentences: [[SentenceCounts]] = []

    /// The average of `series` seed by seed.
    static func mean(_ series: [Series], keepsSentences: Bool) -> Series {
      var mean = Series()
      for seed in series.first?.values.keys.sorted() ?? [] {
        let values = series.compactMap { $0.values[seed] }
        guard values.count == series.count else { continue }
        mean.values[seed] = values.reduce(0, +) / Double(values.count)
      }
      if keepsSentences { mean.sentences = series.flatMap(\.sentences) }
      return mean
    }
  }

  /// - Parameters:
  ///   - scores: scores and other measurements; every architecture with the same seeds.
  ///   - domains: in the order of the report; empty if there are none.
  ///   - seed: of the bootstrap's resampling.
  init(
    _ scores: [ComparisonScore], sharings: [String], baseline: String, domains: [String],
    seed: UInt64, jobs: Int
  ) throws {
    var table: [Key: Series] = [:]
    for score in scores.sorted(by: { $0.seed < $1.seed }) {
      let key = Key(
        variation: score.variation, sharing: score.sharing, task: score.task,
        domain: score.domain, source: score.source, metric: score.metric)
      table[key, default: Series()].values[score.seed] = score.value
      if !score.sentences.isEmpty { table[key]!.sentences.append(score.sentences) }
    }
    Self.averageDomains(&table, domains)
    Self.averageTasks(&table)
    let tasks = scores.map(\.task).uniqued().filter { $0 != Self.all } + [Self.all]
    let metrics = scores.map(\.metric).uniqued() + ["mean"]
    var keys: [Key] = []
    for variation in scores.map(\.variation).uniqued().sorted() {
      for (domain, source) in Self.places(domains) {
        for task in tasks {
          for metric in metrics.uniqued() {
            for sharing in sharings {
              let key = Key(
                variation: variation, sharing: sharing, task: task, domain: domain,
                source: source, metric: metric)
              if table[key] != nil { keys.append(key) }
            }
          }
        }
      }
    }
    let known = table
    rows = try Parallel.map(keys.count, jobs: jobs) { index, _ in
      Self.row(keys[index], known, baseline: baseline, seed: seed)
    }
  }

  private static func row(
    _ key: Key, _ table: [Key: Series], baseline: String, seed: UInt64
  ) -> ComparisonRow {
    let series = table[key]!
    let values = series.values.sorted { $0.key < $1.key }
    var row = ComparisonRow(
      sharing: key.sharing, task: key.task, domain: key.domain, source: key.source,
      variation: key.variation, metric: key.metric, values: values.map(\.value),
      summary: Summary(values.map(\.value)))
    guard row.isScore else { return row }
    func other(_ sharing: String) -> Series? {
      table[
        Key(
          variation: key.variation, sharing: sharing, task: key.task, domain: key.domain,
          source: key.source, metric: key.metric)]
    }
    for name in ["single", "hard"] where name != key.sharing {
      guard let other = other(name) else { continue }
      let mean = Summary(other.values.sorted { $0.key < $1.key }.map(\.value)).mean
      if mean < 1 { row.reductions[name] = (row.summary.mean - mean) / (1 - mean) }
    }
    guard key.sharing != baseline, let other = other(baseline) else { return row }
    let differences = values.compactMap { seed, value in other.values[seed].map { value - $0 } }
    row.delta = Summary(differences).mean
    row.pairedT = Significance.pairedT(differences).map { .init(t: $0.t, p: $0.p) }
    let isSingleCross =
      key.source != nil && key.source != key.domain && key.source != outOfDomain
    if !series.sentences.isEmpty, !other.sentences.isEmpty, !isSingleCross,
      Set(series.values.keys) == Set(other.values.keys),
      Set((series.sentences + other.sentences).map(\.count)).count == 1
    {
      row.bootstrap = Significance.bootstrap(series.sentences, other.sentences, seed: seed)
    }
    return row
  }

  /// The domains and sources that rows are for, in the order of the report.
  private static func places(_ domains: [String]) -> [(domain: String?, source: String?)] {
    guard !domains.isEmpty else { return [(nil, nil)] }
    let own = domains.flatMap { domain in
      [(domain, domain), (domain, outOfDomain)]
        + domains.filter { $0 != domain }.map { (domain, $0) }
    }
    return own + [(all, inDomain), (all, outOfDomain)]
  }

  /// Out-of-domain scores of every target, an average over the other sources (Ruder et al.
  /// 2019, Table 3), and the averages over domains.
  private static func averageDomains(_ table: inout [Key: Series], _ domains: [String]) {
    guard !domains.isEmpty else { return }
    let groups = Set(
      table.keys.map {
        Key(
          variation: $0.variation, sharing: $0.sharing, task: $0.task, domain: nil, source: nil,
          metric: $0.metric)
      })
    for group in groups {
      func key(_ domain: String, _ source: String) -> Key {
        Key(
          variation: group.variation, sharing: group.sharing, task: group.task, domain: domain,
          source: source, metric: group.metric)
      }
      var targets: [Series] = []
      for domain in domains {
        let others = domains.filter { $0 != domain }.compactMap { table[key(domain, $0)] }
        guard !others.isEmpty, others.count == domains.count - 1 else { continue }
        let mean = Series.mean(others, keepsSentences: true)
        targets.append(mean)
        table[key(domain, outOfDomain)] = mean
      }
      let own = domains.compactMap { table[key($0, $0)] }
      if own.count == domains.count {
        table[key(all, inDomain)] = .mean(own, keepsSentences: false)
      }
      if targets.count == domains.count {
        table[key(all, outOfDomain)] = .mean(targets, keepsSentences: false)
      }
    }
  }

  /// The mean over tasks of every score.
  private static func averageTasks(_ table: inout [Key: Series]) {
    let groups = Dictionary(
      grouping: table.keys.filter {
        $0.task != all && !ComparisonRow.otherMetrics.contains($0.metric)
      }
    ) {
      Key(
        variation: $0.variation, sharing: $0.sharing, task: all, domain: $0.domain,
        source: $0.source, metric: "mean")
    }
    for (key, parts) in groups where parts.count > 1 {
      let ordered = parts.sorted { $0.task < $1.task }
      table[key] = .mean(ordered.map { table[$0]! }, keepsSentences: false)
    }
  }
}
