import ArgumentParser
import Basics
import Figures
import Reports
import Runs

/// `tickets words`: what shared units respond to.
struct WordsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "words",
    abstract: "List the words that the units of the shared encoder respond to most.",
    discussion: """
      In every text or sentence each shared unit has its highest state on one word: q is
      how often that is, over how often the word occurs and how many units there are.
      Words that occur in the data of all tasks are listed apart from the others.

      Examples:
        tickets words RUN --sharing shared-private
        tickets words RUN --split test --at-least 5 --top 10 --csv
      """)

  @OptionGroup var target: RunArgument
  @Option(
    help: ArgumentHelp(
      "The architecture (default: the first with states that all share)", valueName: "name"))
  var sharing: String?
  @Option(help: ArgumentHelp("Whose texts", valueName: "dev|test"))
  var split = "test"
  @Option(help: ArgumentHelp("How often a word has to occur", valueName: "n"))
  var atLeast = 1
  @Option(help: ArgumentHelp("Words of a list", valueName: "n"))
  var top = 20
  @OptionGroup var parallel: JobsOption
  @OptionGroup var table: TableOptions

  func validate() throws {
    for (name, value) in [("at-least", atLeast), ("top", top)]
    where !(1...1_000_000_000).contains(value) {
      throw ValidationError("--\(name) \(value): must be a number from 1")
    }
  }

  func run() throws {
    Interrupt.install()
    guard let split = RunData.Split(rawValue: split), split != .train else {
      throw Failure(.usage, "--split \(split): must be dev or test")
    }
    let report = try WordsReport.read(
      target.read(), sharing: sharing, split: split,
      atLeast: atLeast, top: top, jobs: parallel.jobs)
    try table.write(json: jsonText(report), csv: report.csv, text: report.text)
  }
}
