import ArgumentParser
import Figures
import Reports
import Runs

/// `tickets report`: everything a run came to.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show a run: recipe, rounds, tickets, overlap, time, test scores.",
    discussion: """
      Rounds are listed with seconds an epoch and tokens a second, evaluation not
      counted. Compare them within a task, and where as many tasks were at work: a task
      that is left alone gets the cores of the others.

      Example:
        tickets report RUN --json > report.json
      """)

  @OptionGroup var target: RunArgument
  @OptionGroup var parallel: JobsOption
  @OptionGroup var output: OutputOptions

  func run() throws {
    let run = try target.read()
    let report = try RunReport.gather(run, jobs: parallel.jobs)
    try Output.write(output.json ? jsonText(report) : report.text)
  }
}
