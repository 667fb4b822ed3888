import ArgumentParser
import Basics
import Figures
import Foundation
import Reports
import Runs

/// `tickets trajectory`: the way of shared and private parameters through training.
struct TrajectoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trajectory",
    abstract: "Show the way that shared and private parameters took through training.",
    discussion: """
      Needs networks trained with snapshots, as below: after every epoch of joint
      training so many numbers are kept of the shared and of every task's weights, a
      random projection that keeps distances nearly as they are. They are shown along
      their two principal components, seen from the start.

      Example:
        tickets run --out RUN --recipe small.yaml --snapshots 1024
        tickets trajectory RUN --sharing hard --svg trajectory.svg
      """)

  @OptionGroup var target: RunArgument
  @Option(
    help: ArgumentHelp(
      "The architecture (default: the first that has a trajectory)", valueName: "name"))
  var sharing: String?
  @OptionGroup var table: TableOptions
  @Option(
    help: ArgumentHelp("Draw the ways in the plane of the components", valueName: "file"),
    completion: .file())
  var svg: String?

  func run() throws {
    try svg.map(RunDirectory.requireWritable)
    let report = try TrajectoryReport.read(target.read(), sharing: sharing)
    if let svg { try Files.writeResult(Data(report.figure.svg.utf8), to: svg) }
    try table.write(json: jsonText(report), csv: report.csv, text: report.text)
  }
}
