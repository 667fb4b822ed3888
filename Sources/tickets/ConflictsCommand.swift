import ArgumentParser
import Basics
import Figures
import Foundation
import Reports
import Runs

/// `tickets conflicts`: where tasks disagree.
struct ConflictsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conflicts",
    abstract: "Show where tasks' gradients agree and oppose each other, part by part.",
    discussion: """
      Gradients of every task over batches of its training data, without dropout, at the
      weights of a trained network, or at those that tickets start from (--warm-up). Of a
      run with tickets, weights that both tasks' tickets hold (inside) and all others
      (outside) are told apart.

      Examples:
        tickets conflicts RUN
        tickets conflicts RUN --sharing hard --batches 200 --csv > conflicts.csv
        tickets conflicts RUN --warm-up --svg conflicts.svg
      """)

  @OptionGroup var target: RunArgument
  @Option(
    help: ArgumentHelp(
      "The architecture (default: the first trained that shares)", valueName: "name"))
  var sharing: String?
  @Flag(help: "At the weights of the warm-up instead of a trained network's.")
  var warmUp = false
  @Option(help: ArgumentHelp("Batches of each task", valueName: "n"))
  var batches = 50
  @Option(help: ArgumentHelp("Sentences a batch (default: as in training)", valueName: "n"))
  var batch: Int?
  @OptionGroup var parallel: JobsOption
  @OptionGroup var table: TableOptions
  @Option(
    help: ArgumentHelp("Draw the cosines as heat maps", valueName: "file"), completion: .file())
  var svg: String?

  func validate() throws {
    if warmUp, sharing != nil {
      throw ValidationError("--warm-up and --sharing exclude each other")
    }
    if !(1...1_000_000).contains(batches) {
      throw ValidationError("--batches \(batches): must be a number from 1 to 1000000")
    }
    if let batch, !(1...100_000).contains(batch) {
      throw ValidationError("--batch \(batch): must be a number from 1 to 100000")
    }
  }

  func run() throws {
    try svg.map(RunDirectory.requireWritable)
    Interrupt.install()
    let report = try ConflictReport.measure(
      target.read(), sharing: sharing, isWarmup: warmUp, batches: batches, size: batch,
      jobs: parallel.jobs, onBatch: { _ in try Interrupt.check() })
    if let svg { try Files.writeResult(Data(report.figure.svg.utf8), to: svg) }
    try table.write(json: jsonText(report), csv: report.csv, text: report.text)
  }
}
