import Figures
import Foundation
import Recipes

/// What a benchmark measured, for people and programs.
public struct BenchmarkReport: Encodable {
  private struct Machine: Encodable {
    let level: String
    let cores: Int
    /// GFLOP/s of a core, the median over measurements on one thread or, if there were none, of
    /// those on the most threads, divided by their number.
    let peak: Double

    private enum CodingKeys: String, CodingKey {
      case level, cores
      case peak = "peak_gflops_per_core"
    }
  }

  private struct Data: Encodable {
    let files: [String]
    let sentences: Int
    let tokens: Int
    let tasks: [String]
  }

  private struct Group: Encodable {
    let title: String
    /// The rows, as indices of `results`.
    let results: [Int]
  }

  private let machine: Machine
  private let data: Data
  private let isBare: Bool
  private let seconds: Double
  private let repeats: Int
  private let seed: UInt64
  private let groups: [Group]
  private let results: [BenchmarkResult]

  private enum CodingKeys: String, CodingKey {
    case machine, data, seconds, repeats, seed, groups, results
    case isBare = "bare"
  }

  init(
    _ settings: BenchmarkSettings, _ source: BenchmarkSource, size: (sentences: Int, tokens: Int),
    groups: [BenchmarkGroup], results: [BenchmarkResult]
  ) {
    let peaks = results.map { $0.peak / Double($0.configuration.threads) }
    machine = Machine(
      level: Peak.level, cores: ProcessInfo.processInfo.activeProcessorCount, peak: median(peaks))
    let recipe = source.recipe
    data = Data(
      files: recipe.usesBuiltInCorpus
        ? ["built-in"]
        : recipe.tasks.flatMap { recipe.trainFiles(of: $0) }.reduce(into: []) {
          if !$0.contains($1) { $0.append($1) }
        }, sentences: size.sentences, tokens: size.tokens, tasks: recipe.tasks.map(\.name))
    isBare = settings.isBare
    seconds = settings.seconds
    repeats = settings.repeats
    seed = settings.seed
    self.results = results
    let places = Dictionary(
      uniqueKeysWithValues: results.enumerated().map { ($1.configuration, $0) })
    self.groups = groups.map {
      Group(title: $0.title, results: $0.configurations.compactMap { places[$0] })
    }
  }

  /// Tables for people.
  public var text: String {
    var lines = [
      "\(data.files.map { ($0 as NSString).lastPathComponent }.joined(separator: ", ")): "
        + "\(data.sentences) sentences, \(data.tokens) tokens, "
        + "tasks \(data.tasks.joined(separator: ", "))",
      "\(machine.level), \(machine.cores) cores, peak \(fixed(machine.peak, 0)) GFLOP/s a core; "
        + "\(isBare ? "the BiLSTM alone; " : "")median of \(repeats) x \(shown(seconds)) s",
    ]
    for group in groups {
      lines.append("")
      if !group.title.isEmpty { lines.append(group.title) }
      let rows = group.results.map { results[$0] }
      lines.append(rateTable(rows))
      if rows.contains(where: { !$0.parts.isEmpty }) { lines += ["", partTable(rows)] }
    }
    return lines.joined(separator: "\n")
  }

  /// The columns that tell rows apart: always mode, batch, threads, density and execution, and
  /// what of the rest varies.
  private func names(_ rows: [BenchmarkResult]) -> [(
    title: String, cell: (BenchmarkResult) -> String
  )] {
    func varying(
      _ title: String, _ cell: @escaping (BenchmarkConfiguration) -> String
    ) -> [(title: String, cell: (BenchmarkResult) -> String)] {
      let isConstant = Set(rows.map { cell($0.configuration) }).count <= 1
      return isConstant ? [] : [(title, { cell($0.configuration) })]
    }
    return [("mode", { $0.configuration.mode.rawValue })]
      + [
        ("batch", { "\($0.configuration.batch)" }), ("threads", { "\($0.configuration.threads)" }),
      ]
      + varying("hidden") { "\($0.hidden)" } + varying("layers") { "\($0.layers)" }
      + varying("tasks") { "\($0.tasks)" }
      + varying("length") { $0.length.map { "\($0)" } ?? "as is" }
      + [
        ("density", { fixed($0.density, 3) }),
        (
          "execution",
          { $0.configuration.masks == .none ? "no masks" : $0.configuration.execution.rawValue }
        ),
      ]
  }

  private func rateTable(_ rows: [BenchmarkResult]) -> String {
    let names = names(rows)
    let head =
      names.map(\.title)
      + ["tokens/s", "lowest", "highest", "x no masks", "GFLOP/s", "% of peak", "% as dense"]
    return table(
      [head]
        + rows.map { row in
          let usual = results.first { $0.configuration == row.configuration.unmasked }
          return names.map { $0.cell(row) } + [
            fixed(row.rate, 0), fixed(row.rates.min() ?? 0, 0), fixed(row.rates.max() ?? 0, 0),
            usual.map { fixed(row.rate / $0.rate, 2) } ?? "-",
            fixed(row.rate * row.doneFlop / 1e9, 1), fixed(100 * row.share(row.doneFlop), 1),
            fixed(100 * row.share(row.flop), 1),
          ]
        })
  }

  private func partTable(_ rows: [BenchmarkResult]) -> String {
    let names = names(rows)
    let parts = BenchmarkResult.partNames.filter { name in
      rows.contains { $0.parts.contains { $0.name == name && $0.microseconds > 0 } }
    }
    return table(
      [names.map(\.title) + ["us/token"] + parts.map { "% \($0)" }]
        + rows.map { row in
          let byName = Dictionary(uniqueKeysWithValues: row.parts.map { ($0.name, $0) })
          let total = row.parts.reduce(0) { $0 + $1.microseconds }
          return names.map { $0.cell(row) } + [fixed(total, 2)]
            + parts.map { fixed(100 * (byName[$0]?.share ?? 0), 1) }
        })
  }

  private func shown(_ seconds: Double) -> String {
    seconds == seconds.rounded() ? fixed(seconds, 0) : "\(seconds)"
  }
}
