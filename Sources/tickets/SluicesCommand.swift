import ArgumentParser
import Basics
import Figures
import Foundation
import Reports
import Runs

/// `tickets sluices`: what stitch units learned to share.
struct SluicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sluices",
    abstract: "Show α of every layer and β of a trained network with stitch units.",
    discussion: """
      A row of α is a task's subspace, a column what it takes of every other; a row of β
      is how much of each layer a task's output reads.

      Example:
        tickets sluices RUN --sharing sluice --svg sluices.svg
      """)

  @OptionGroup var target: RunArgument
  @Option(
    help: ArgumentHelp("The architecture (default: the first that has α)", valueName: "name"))
  var sharing: String?
  @OptionGroup var output: OutputOptions
  @Option(help: ArgumentHelp("Draw α and β as heat maps", valueName: "file"), completion: .file())
  var svg: String?

  func run() throws {
    try svg.map(RunDirectory.requireWritable)
    let report = try SluiceReport.read(target.read(), sharing: sharing)
    if let svg { try Files.writeResult(Data(report.figure.svg.utf8), to: svg) }
    try Output.write(output.json ? jsonText(report) : report.text)
  }
}
