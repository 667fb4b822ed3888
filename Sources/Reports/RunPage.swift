import Basics
import Figures
import Foundation
import Runs

/// The page of a run: its report with everything that can be drawn of it.
public struct RunPage {
  /// What text and JSON have too.
  let report: RunReport
  /// One line an epoch.
  let metrics: [MetricsLine]
  /// What networks with stitch units learned to share.
  let sluices: [SluiceReport]
  /// The tasks' paths; nil if no network has modules.
  let paths: PathsReport?
  /// A sample of what architectures disagree on.
  let disagreements: [Disagreement]
  /// When the first and the last line of the log were written; nil if the log is gone.
  let times: (first: String, last: String)?
  /// The SHA-256, in hexadecimal, of the data files read so far, by path.
  let digests: [String: String]

  /// Gathers what the page of `run` shows beside its `report`.
  public static func gather(
    _ run: RunDirectory, _ report: RunReport, jobs: Int
  ) throws -> RunPage {
    let trained = try run.trainedArchitectures
    let networks = trained.isEmpty ? nil : try TrainedNetworks(run)
    let choosesPaths =
      trained.contains(where: \.choosesPaths)
      || (run.recipe.baseArchitecture.choosesPaths && trained.contains(where: \.needsTickets))
    return RunPage(
      report: report, metrics: try MetricsLog.read(run.metrics),
      sluices: try trained.compactMap { architecture in
        try networks.flatMap {
          SluiceReport(
            try $0.network(architecture, task: 0).network, sharing: architecture.name)
        }
      },
      paths: choosesPaths ? try PathsReport.read(run) : nil,
      disagreements: try Disagreement.sample(
        report.predicted ?? EvaluationReport.predicted(run, on: report.split, jobs: jobs)),
      times: try logTimes(run), digests: try run.data.merging(run.testData()) { own, _ in own })
  }

  /// The page.
  public var document: Document {
    let parts =
      report.scoreSections + [labelSection].compactMap(\.self) + curveSections
      + report.roundSections(isPage: true) + report.overlapSections(isPage: true)
    let networks = [sluiceSection, pathSection, observationSection, disagreementSection]
    return Document(
      "Run \(report.name)", opening: [.paragraph(summary)] + report.missingNote,
      parts + networks.compactMap(\.self)
        + [report.timeSection, environmentSection, report.settingSection(isFolded: true)])
  }

  /// What the run is, in one sentence.
  private var summary: String {
    let recipe = report.recipe
    let tasks = recipe.tasks.map(\.name)
    let trained = report.results.filter { !$0.isBaseline }.map(\.sharing).uniqued()
    return "Base network \(recipe.base), \(recipe.layers) × \(recipe.hidden) units, on "
      + (recipe.usesBuiltInCorpus ? "the built-in corpus" : counted(digests.count, "data file"))
      + ", seed \(recipe.seed); \(tasks.count == 1 ? "task" : "\(tasks.count) tasks"): "
      + tasks.joined(separator: ", ")
      + (trained.isEmpty ? "" : "; trained: \(trained.joined(separator: ", "))") + "."
  }

  private static func logTimes(_ run: RunDirectory) throws -> (first: String, last: String)? {
    guard FileManager.default.fileExists(atPath: run.log) else { return nil }
    let (head, tail) = try Files.ends(of: run.log, count: 1 << 12)
    let lines = [head, tail].map { String(decoding: $0, as: UTF8.self).split(separator: "\n") }
    let times = [lines[0].first, lines[1].last].compactMap { $0?.prefix { $0 != " " } }
    return times.count == 2 ? (String(times[0]), String(times[1])) : nil
  }
}
