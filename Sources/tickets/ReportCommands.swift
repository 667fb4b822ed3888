import ArgumentParser
import Basics
import Figures
import Foundation
import Masks
import Recipes
import Reports
import Runs

/// How tables are printed.
struct TableOptions: ParsableArguments {
  @Flag(help: "One JSON object on standard output.")
  var json = false
  @Flag(help: "Comma-separated values on standard output.")
  var csv = false

  func validate() throws {
    if json && csv { throw ValidationError("--json and --csv exclude each other") }
  }
}

/// `tickets overlap`: how far masks overlap.
struct OverlapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "overlap",
    abstract: "Report how far tickets overlap: all together, pairs, tensors, gates, layers.",
    discussion: """
      The overlap ratio is the number of weights alive in all tickets over the number
      alive in any (Sun et al. 2020, equation 4). It is undefined, null in JSON, where
      no weight is alive. Of a run, the tickets its tasks keep are compared. Where tasks
      read different tensors, what a task does not read is dead in its ticket; its
      density is over what it reads.

      Beside each ratio stand that of random masks with the same number of weights in
      every tensor and how many standard deviations (z) the tickets' lies above it;
      under θ⁰ that of random masks that also keep as many weights of every size of θ⁰;
      and how much of the first ticket is in the second, and of the second in the
      first. 'magnitude of θ⁰' is a ticket's ratio with the mask that magnitude pruning
      of θ⁰ itself leaves. Of a run θ⁰ is known, of files --origin names it.

      Examples:
        tickets overlap RUN
        tickets overlap pos.ticket ner.ticket --csv > overlap.csv
        tickets overlap RUN --svg overlap.svg
            the ratios of all pairs as a heat map
        tickets overlap a/ner.ticket b/ner.ticket --across-weights
            tickets of different initial weights, place by place
      """)

  @Argument(help: "A run, or ticket files.") var inputs: [String]
  @OptionGroup var table: TableOptions
  @Option(help: ArgumentHelp("Draw the ratios of all pairs", valueName: "file"))
  var svg: String?
  @Option(
    help: ArgumentHelp(
      "The weights θ⁰ that ticket files belong to (safetensors)", valueName: "file"))
  var origin: String?
  @Flag(help: "Compare ticket files that belong to different weights.")
  var acrossWeights = false

  func validate() throws {
    if acrossWeights, origin != nil {
      throw ValidationError("--across-weights and --origin exclude each other")
    }
  }

  func run() throws {
    var isFolder: ObjCBool = false
    let first = FileManager.default.fileExists(atPath: inputs[0], isDirectory: &isFolder)
    let overlap: Overlap
    if first, isFolder.boolValue {
      guard inputs.count == 1 else {
        throw Failure(.usage, "\(inputs[0]): is a run; give one run, or ticket files only")
      }
      guard origin == nil, !acrossWeights else {
        throw Failure(
          .usage, setting: acrossWeights ? "across-weights" : "origin",
          "is for ticket files; the tickets of a run belong to its own θ⁰")
      }
      overlap = try RunDirectory.open(inputs[0], forWork: false).overlap()
    } else {
      overlap = try Overlap(files: inputs, origin: origin, sameOrigin: !acrossWeights)
    }
    if let svg { try Files.writeAtomically(Data(overlap.figure.svg.utf8), to: svg) }
    try Output.write(
      table.json ? jsonText(overlap) : (table.csv ? overlap.csv : overlap.table).trimmed)
  }
}

/// `tickets evaluate`: scores of what is trained.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Score trained networks on the test files, or on dev.",
    discussion: """
      Beside the networks stand baselines: the majority label, the most frequent tag of
      each word, and for texts naive Bayes. Spans are scored by F1 as conlleval does,
      texts by accuracy. Of united domains (--domains-as united) networks are scored on
      each domain's files too.

      Examples:
        tickets evaluate RUN
        tickets evaluate RUN --sharing sparse --split dev --json
      """)

  @OptionGroup var target: RunArgument
  @Option(
    help: ArgumentHelp("Only these, as in sparse,hard (default: all trained)", valueName: "name,…"))
  var sharing: String?
  @Option(help: ArgumentHelp("What to score on", valueName: "dev|test"))
  var split = "test"
  @Option(help: ArgumentHelp("Files to test on; fixed once tested", valueName: "file"))
  var test: [String] = []
  @OptionGroup var parallel: JobsOption
  @OptionGroup var table: TableOptions

  func run() throws {
    guard let split = RunData.Split(rawValue: split), split != .train else {
      throw Failure(.usage, "--split \(split): must be dev or test")
    }
    let run =
      try test.isEmpty
      ? RunDirectory.openForScores(target.run, on: split)
      : RunDirectory.open(target.run, forWork: true)
    if !test.isEmpty {
      try run.reconcile([.commandLine([("test", test)])], knownSharings: run.recipe.sharing)
    }
    let names = sharing.map { $0.split(separator: ",").map(String.init) } ?? []
    let report = try EvaluationReport.evaluate(
      run, names: names, split: split, jobs: parallel.jobs)
    for warning in report.warnings { Exit.complain("warning: \(warning)") }
    try Output.write(
      table.json ? jsonText(["results": report.results]) : table.csv ? report.csv : report.text)
  }
}

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
    let run = try RunDirectory.openForScores(target.run, on: nil)
    let report = try RunReport.gather(run, jobs: parallel.jobs)
    try Output.write(output.json ? jsonText(report) : report.text)
  }
}

extension String {
  /// The text without line breaks at its end.
  var trimmed: String { trimmingCharacters(in: .newlines) }
}
