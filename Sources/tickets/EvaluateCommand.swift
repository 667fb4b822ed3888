import ArgumentParser
import Basics
import Figures
import Recipes
import Reports
import Runs

/// `tickets evaluate`: scores of what is trained.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Score trained networks on the test files, or on dev.",
    discussion: """
      Beside the networks stand baselines: the majority label, the most frequent tag of
      each word, and for texts naive Bayes. Spans are scored by F1 as conlleval does,
      texts by accuracy. Of united domains networks are scored on each domain's files
      too.

      Examples:
        tickets evaluate RUN
        tickets evaluate RUN --sharing sparse --split dev --json
        tickets evaluate RUN --by-label
      """)

  @OptionGroup var target: RunArgument
  @Option(
    help: ArgumentHelp("Only these, as in sparse,hard (default: all trained)", valueName: "name,…"))
  var sharing: String?
  @Option(help: ArgumentHelp("What to score on", valueName: "dev|test"))
  var split = "test"
  @Option(help: ArgumentHelp("Files to test on; fixed once tested", valueName: "file"))
  var test: [String] = []
  @Flag(help: "Precision, recall, F1 and support of every label too (in JSON always).")
  var byLabel = false
  @OptionGroup var parallel: JobsOption
  @OptionGroup var table: TableOptions

  func run() throws {
    guard let split = RunData.Split(rawValue: split), split != .train else {
      throw Failure(.usage, "--split \(split): must be dev or test")
    }
    let run =
      try test.isEmpty
      ? target.read()
      : RunDirectory.open(target.run, forWork: true)
    if !test.isEmpty {
      try run.reconcile([.commandLine([("test", test)])], knownSharings: run.recipe.sharing)
    }
    let names = sharing.map { $0.split(separator: ",").map(String.init) } ?? []
    let report = try EvaluationReport.evaluate(
      run, names: names, split: split, jobs: parallel.jobs)
    for warning in report.warnings { Exit.complain("warning: \(warning)") }
    try Output.write(
      table.json
        ? jsonText(["results": report.results])
        : table.csv ? report.csv(byLabel: byLabel) : byLabel ? report.textByLabel : report.text)
  }
}
