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
    abstract: "Score trained networks on the test files, on dev, or on any labelled file.",
    discussion: """
      Beside the networks stand baselines: the majority label, the most frequent tag of
      each word, and for texts naive Bayes. Spans are scored by F1 as conlleval does,
      texts by accuracy. Of united domains networks are scored on each domain's files
      too.

      What networks predict is kept in RUN/results, which may be removed at any time: it
      is computed again where it is missing, or where what it depends on has changed.

      A file of --on is read as the run's own: a column file needs the words and the
      labels of the tasks to be scored in the columns where the run reads them, a file
      of texts its label and text, a file of vectors 'features' and a tensor a task.
      Tasks whose labels it lacks are left out, or refused where --task names them.

      Examples:
        tickets evaluate RUN
        tickets evaluate RUN --sharing sparse --split dev --json
        tickets evaluate RUN --by-label
        tickets evaluate RUN --on other.conll --task ner
            other files than the run's own; nothing is recorded
      """)

  @OptionGroup var target: RunArgument
  @Option(
    help: ArgumentHelp("Only these, as in sparse,hard (default: all trained)", valueName: "name,…"))
  var sharing: String?
  @Option(help: ArgumentHelp("What to score on (default: test)", valueName: "dev|test"))
  var split: String?
  @Option(
    help: ArgumentHelp("Files to test on; fixed once tested", valueName: "file"),
    completion: .file())
  var test: [String] = []
  @Option(
    help: ArgumentHelp(
      "Other labelled file, repeatable, with words and labels in the columns of the run's files; "
        + "{task} stands for a name",
      valueName: "file"), completion: .file())
  var on: [String] = []
  @Option(
    help: ArgumentHelp(
      "With --on: task to score, repeatable (default: all that the files have)",
      valueName: "name"))
  var task: [String] = []
  @Option(
    help: ArgumentHelp(
      "With --on: features of the files' tokens (safetensors), where the run's --token-features "
        + "would not find them", valueName: "file"), completion: .file())
  var tokenFeatures: String?
  @Flag(help: "Precision, recall, F1 and support of every label too (in JSON always).")
  var byLabel = false
  @OptionGroup var parallel: JobsOption
  @OptionGroup var table: TableOptions

  func validate() throws {
    for (option, isGiven) in [("--split", split != nil), ("--test", !test.isEmpty)]
    where isGiven && !on.isEmpty {
      throw ValidationError("--on and \(option) exclude each other")
    }
    for (option, isGiven) in [
      ("--task", !task.isEmpty), ("--token-features", tokenFeatures != nil),
    ]
    where isGiven && on.isEmpty {
      throw ValidationError("\(option) goes with --on")
    }
  }

  func run() throws {
    let report = try evaluate()
    for warning in report.warnings { Exit.complain("warning: \(warning)") }
    try table.write(
      json: jsonText(["results": report.results]), csv: report.csv(byLabel: byLabel),
      text: byLabel ? report.textByLabel : report.text)
  }

  private func evaluate() throws -> EvaluationReport {
    let names = sharing.map { $0.split(separator: ",").map(String.init) } ?? []
    guard on.isEmpty else {
      return try EvaluationReport.evaluate(
        target.read(), names: names, on: on, tasks: task, tokenFeatures: tokenFeatures,
        jobs: parallel.jobs)
    }
    guard let split = RunData.Split(rawValue: split ?? "test"), split != .train else {
      throw Failure(.usage, "--split \(split ?? ""): must be dev or test")
    }
    let run =
      try test.isEmpty
      ? target.read()
      : RunDirectory.open(target.run, forWork: true)
    if !test.isEmpty {
      try run.reconcile([.commandLine([("test", test)])], knownSharings: run.recipe.sharing)
    }
    return try EvaluationReport.evaluate(run, names: names, split: split, jobs: parallel.jobs)
  }
}
