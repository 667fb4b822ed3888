import Basics
import Comparisons
import Figures
import Foundation
import TestSupport
import Testing

/// The arithmetic of a comparison's report, on made-up scores.
@Suite struct ComparisonReportTests {
  private static func request(
    vary: [String] = [], domains: [String] = [], variants: [String] = []
  ) throws -> ComparisonRequest {
    try .commandLine(
      layer([("sharing", "single,hard,sparse"), ("tasks", "pos=1,ner=3")]), seeds: "2",
      baseline: variants.isEmpty ? nil : "FR", vary: vary, domains: domains, variants: variants)
  }

  private static func score(
    _ sharing: String, _ task: String, _ value: Double, seed: UInt64, variation: Int = 0,
    source: String? = nil, domain: String? = nil, metric: String = "accuracy"
  ) -> ComparisonScore {
    ComparisonScore(
      variation: variation, seed: seed, sharing: sharing, task: task, source: source,
      domain: domain, metric: metric, value: value, sentences: [])
  }

  /// What every seed's run says is said once, with how many say it.
  @Test func warningsAreNotRepeated() {
    let runs: [(String, UInt64, [String])] = [
      ("seed 1", 1, ["unseen", "cut"]), ("seed 2", 2, ["unseen"]), ("seed 3", 3, ["unseen"]),
    ]
    func merged(_ runs: [(String, UInt64, [String])]) -> [String] {
      ComparisonMeasurements.merged(runs.map { (label: $0.0, seed: $0.1, warnings: $0.2) })
    }
    #expect(merged(runs) == ["unseen (3 seeds)", "seed 1: cut"])
    #expect(merged(runs + [("lr=1 seed 1", 1, ["unseen"])])[0] == "unseen (4 runs)")
    #expect(merged([]) == [])
  }

  private struct Report: Decodable {
    struct Row: Decodable {
      let sharing: String, task: String, domain: String?, source: String?, metric: String
      let mean: Double, std: Double?, n: Int, delta: Double?, values: [Double]
      let reductionSingle: Double?, reductionHard: Double?
    }
    struct Cost: Decodable {
      let sharing: String
      let seconds: Double, tokensPerSecond: Double?, relativeCost: Double?, parameters: Double
    }
    struct Correlation: Decodable { let r: Double?, low: Double?, high: Double? }
    let results: [Row], cost: [Cost], correlation: Correlation?

    func row(
      _ sharing: String, _ task: String, _ domain: String? = nil, _ source: String? = nil
    ) throws -> Row {
      try #require(
        results.first {
          ($0.sharing, $0.task, $0.domain, $0.source) == (sharing, task, domain, source)
        })
    }
  }

  private func report(
    vary: [String] = [], domains: [String] = [], variants: [String] = [],
    _ fill: (inout ComparisonMeasurements) -> Void
  ) throws -> (Report, ComparisonReport) {
    var measured = ComparisonMeasurements(split: .test)
    fill(&measured)
    let plan = try ComparisonPlan([Self.request(vary: vary, domains: domains, variants: variants)])
    let report = try ComparisonReport(plan, measured, jobs: 2)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return (try decoder.decode(Report.self, from: Data(jsonText(report).utf8)), report)
  }

  private func isNear(_ a: Double?, _ b: Double) -> Bool { a.map { abs($0 - b) < 1e-12 } ?? false }

  @Test func meansDeviationsAndDifferences() throws {
    let (json, report) = try report {
      for (sharing, values) in [
        ("single", [0.5, 0.7]), ("hard", [0.6, 0.9]), ("sparse", [1, 1]),
      ] {
        $0.scores += [
          Self.score(sharing, "pos", values[1], seed: 2),
          Self.score(sharing, "pos", values[0], seed: 1),
          Self.score(sharing, "ner", values[0] / 2, seed: 1, metric: "f1"),
          Self.score(sharing, "ner", values[1] / 2, seed: 2, metric: "f1"),
        ]
      }
      $0.others = [
        Self.score("sparse", "all", 0.25, seed: 1, metric: "overlap"),
        Self.score("sparse", "all", 12.5, seed: 1, metric: "overlap_z"),
      ]
    }
    let single = try json.row("single", "pos")
    #expect(single.values == [0.5, 0.7] && single.n == 2 && isNear(single.mean, 0.6))
    #expect(isNear(single.std, 0.02.squareRoot()) && isNear(single.delta, -0.15))
    #expect(isNear(single.reductionHard, (0.6 - 0.75) / 0.25))
    let hard = try json.row("hard", "all")
    #expect(isNear(hard.mean, 0.75 * 0.75) && hard.delta == nil && hard.metric == "mean")
    let sparse = json.results.filter { $0.sharing == "sparse" && $0.task == "all" }
    #expect(sparse.map(\.metric) == ["overlap", "overlap_z", "mean"])
    #expect(sparse[0].delta == nil && sparse[1].delta == nil && sparse[1].reductionSingle == nil)
    #expect(isNear(sparse[1].mean, 12.5) && report.text.contains("12.5000"))
    #expect(isNear(sparse[2].delta, 0.75 * 0.25))
    #expect(isNear(sparse[2].reductionSingle, (0.75 - 0.45) / 0.55))
    let csv = report.csv.split(separator: "\n")
    #expect(csv[0].hasPrefix("sharing,task,domain,source,metric,mean,std,n,delta,"))
    #expect(
      csv.allSatisfy { $0.split(separator: ",", omittingEmptySubsequences: false).count == 16 })
    #expect(
      report.document().markdown.contains(
        "| pos | accuracy | hard | 75.00 | 21.21 | 2 | - | - | - |"))
  }

  @Test func inAndOutOfDomainAverages() throws {
    let names = ["a", "b", "c"]
    // What a network trained on one and scored on another domain reaches, by seed.
    func value(_ sharing: String, _ seed: UInt64, _ source: String, _ target: String) -> Double {
      let table = [
        "aa": 90.0, "bb": 80, "cc": 70, "ab": 60, "ac": 50, "ba": 40, "bc": 30, "ca": 20,
      ]
      return ((table[source + target] ?? 10) + (sharing == "single" ? 0 : 5) + Double(seed)) / 100
    }
    let (json, report) = try report(domains: names.map { "\($0)=x,y,z" }) {
      for sharing in ["single", "hard"] {
        for seed in [UInt64(1), 2] {
          for source in names {
            for target in names {
              $0.scores.append(
                Self.score(
                  sharing, "pos", value(sharing, seed, source, target), seed: seed,
                  source: source, domain: target))
            }
          }
        }
      }
    }
    // Seeds add 0.015 on average. Into a: from b and c; into b: from a and c; into c: from a and b.
    #expect(isNear(try json.row("single", "pos", "a", "out-of-domain").mean, 0.30 + 0.015))
    #expect(isNear(try json.row("single", "pos", "b", "out-of-domain").mean, 0.35 + 0.015))
    #expect(isNear(try json.row("single", "pos", "c", "out-of-domain").mean, 0.40 + 0.015))
    #expect(isNear(try json.row("single", "pos", "b", "a").mean, 0.60 + 0.015))
    #expect(isNear(try json.row("single", "pos", "all", "in-domain").mean, 0.80 + 0.015))
    let average = try json.row("single", "pos", "all", "out-of-domain")
    #expect(isNear(average.mean, 0.35 + 0.015) && average.n == 2)
    #expect(isNear(average.std, 0.005 * 2.0.squareRoot()) && isNear(average.delta, -0.05))
    let hard = try json.row("hard", "pos", "all", "in-domain")
    #expect(isNear(hard.reductionSingle, 0.05 / (1 - 0.815)))
    // The table for people leaves out what is only one source's.
    #expect(report.text.split(separator: "\n").count { $0.contains("accuracy") } == 16)
  }

  /// What a training cost relative to another is counted in the processor's time, however long the
  /// two waited for others.
  @Test func costIsByProcessorSecondsAToken() throws {
    let (json, _) = try report {
      for (sharing, seconds, processor) in [("hard", 10.0, 8.0), ("sparse", 150, 12)] {
        for factor in [1.0, 3] {
          $0.efforts.append(
            ComparisonEffort(
              variation: 0, sharing: sharing, parameters: 100, train: factor * seconds,
              warmup: factor * 2, prune: 0, pruneEpochs: 0, tokens: factor * 3000,
              processor: factor * processor))
        }
      }
    }
    #expect(json.cost.map(\.sharing) == ["hard", "sparse"])
    #expect(json.cost[0].seconds == 24 && json.cost[0].tokensPerSecond == 300)
    #expect(isNear(json.cost[1].relativeCost, 1.5) && json.cost[0].relativeCost == 1)
  }

  /// Variants are rows like architectures, under their names and against one of them.
  @Test func variantsAreRows() throws {
    let (json, report) = try report(
      vary: ["density=0.5;0.1"], variants: ["FR=sharing:hard;lr:0.2", "SLOW=sharing:hard;lr:0.01"]
    ) {
      for variation in 0..<2 {
        for (sharing, value) in [("hard", 0.5), ("FR", 0.6), ("SLOW", 0.75)] {
          for seed in [UInt64(1), 2] {
            $0.scores.append(
              Self.score(sharing, "pos", value, seed: seed, variation: variation))
          }
          $0.efforts.append(
            ComparisonEffort(
              variation: variation, sharing: sharing, parameters: 1, train: 1, warmup: 0, prune: 0,
              pruneEpochs: 0,
              tokens: 100, processor: value))
        }
      }
    }
    #expect(json.results.map(\.sharing) == ["hard", "FR", "SLOW", "hard", "FR", "SLOW"])
    #expect(isNear(try json.row("SLOW", "pos").delta, 0.15))
    #expect(isNear(try json.row("hard", "pos").delta, -0.1))
    #expect(try json.row("FR", "pos").delta == nil)
    #expect(json.cost[2].sharing == "SLOW" && isNear(json.cost[2].relativeCost, 1.25))
    #expect(report.csv.contains("\n0.5,SLOW,pos,") && report.text.contains("cost of FR"))
    #expect(report.document().markdown.contains("| 0.1 | pos | accuracy | SLOW | **75.00** |"))
    let svg = try report.figure().svg
    #expect(svg.contains(">SLOW<") && svg.contains(">FR<"))
  }

  @Test func gainFallsWithOverlap() throws {
    let (json, report) = try report(
      vary: ["tasks=pos=1,ner=3;pos=1,chunk=2;chunk=2,ner=3;pos=1,chunk=2,ner=3"]
    ) {
      for variation in 0..<4 {
        for seed in [UInt64(1), 2] {
          let overlap = 0.2 * Double(variation)
          $0.others.append(
            Self.score(
              "sparse", "all", overlap, seed: seed, variation: variation, metric: "overlap"))
          for task in ["pos", "ner"] {
            $0.scores += [
              Self.score("hard", task, 0.5, seed: seed, variation: variation),
              Self.score("sparse", task, 0.9 - overlap / 2, seed: seed, variation: variation),
            ]
          }
        }
      }
    }
    #expect(isNear(json.correlation?.r, -1))
    // The points are on a line, and so are all resamples.
    #expect(isNear(json.correlation?.low, -1) && isNear(json.correlation?.high, -1))
    #expect(report.text.contains("r = -1.000 (95 % interval -1.000 to -1.000), p"))
    let failure = failure { try report.figure().svg }
    #expect(failure?.kind == .usage && failure?.message.hasPrefix("svg: ") == true)
  }

  @Test func linesStandForArchitecturesAndSecondOptions() throws {
    let (_, report) = try report(vary: ["density=0.5;0.1", "rewind=warmup;init"]) {
      for variation in 0..<4 {
        for sharing in ["hard", "sparse"] {
          for seed in [UInt64(1), 2] {
            $0.scores.append(
              Self.score(
                sharing, "pos", 0.5 + 0.1 * Double(variation), seed: seed, variation: variation))
          }
        }
      }
    }
    let svg = try report.figure().svg
    for name in ["hard rewind=warmup", "hard rewind=init", "sparse rewind=init"] {
      #expect(svg.contains(name))
    }
  }
}
