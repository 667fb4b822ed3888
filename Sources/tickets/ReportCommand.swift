import ArgumentParser
import Basics
import Comparisons
import Figures
import Foundation
import Reports
import Runs

/// `tickets report`: everything a run or a comparison came to.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show a run or a comparison: scores, tickets, overlap, time; a page with --html.",
    discussion: """
      RUN and COMPARISON are their folders. What is finished is shown, of a run that is
      not finished too. Nothing is trained.

      Rounds are listed with seconds an epoch and tokens a second, evaluation not
      counted. Compare them within a task, and where as many tasks were at work: a task
      that is left alone gets the cores of the others.

      The page is one file that needs no network: scores by label, learning curves,
      overlap as heat maps, sentences where architectures disagree, settings.

      --csv is for comparisons: a row a score with its spread and tests, then a row a
      cost. Of a run 'tickets evaluate RUN --csv' has the scores. --settings is for
      runs: the resolved recipe, as 'tickets recipe' prints it, stands last.

      Examples:
        tickets report RUN --json > report.json
        tickets report RUN --html report.html
        tickets report COMPARISON --csv > scores.csv
        tickets report COMPARISON --latex > scores.tex
      """)

  @Argument(
    help: ArgumentHelp("Folder of a run, or of a comparison", valueName: "run"),
    completion: .directory)
  var folder: String
  @OptionGroup var parallel: JobsOption
  @OptionGroup var output: DocumentOptions
  @Flag(help: "Show a run's settings too (in JSON and on a page always).")
  var settings = false

  func run() throws {
    try output.checkPage()
    if Comparison.exists(folder) { return try reportComparison() }
    guard !output.table.csv else {
      throw Failure(
        .usage, setting: "csv",
        "is for comparisons; 'tickets evaluate \(folder) --csv' has the scores of a run")
    }
    let directory = try RunDirectory.open(folder, forWork: false)
    let report = try RunReport.gather(directory, jobs: parallel.jobs)
    try output.write(
      report.document(withSettings: settings), json: jsonText(report), csv: "",
      page: RunPage.gather(directory, report, jobs: parallel.jobs).document)
  }

  private func reportComparison() throws {
    guard !settings else {
      throw Failure(.usage, setting: "settings", "is for runs; a comparison's stand on its page")
    }
    let report = try ComparisonReport.measure(Comparison.open(folder, []), jobs: parallel.jobs)
    try output.write(report, of: folder)
  }
}

extension DocumentOptions {
  /// Writes the report of the comparison in the folder `path`.
  func write(_ report: ComparisonReport, of path: String) throws {
    let name = URL(fileURLWithPath: path).lastPathComponent
    try write(
      report.document(), json: jsonText(report), csv: report.csv,
      page: report.document(title: "Comparison \(name)", isPage: true))
  }
}
