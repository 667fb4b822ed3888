import ArgumentParser
import Basics
import Comparisons
import Figures
import Foundation
import Runs

/// `tickets stability`: whether overlap measures tasks or the start.
struct StabilityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stability",
    abstract: "Compare tickets of different seeds with those of one run, task by task.",
    discussion: """
      Of a folder of 'tickets compare' with two seeds or more: mean overlap ratios between
      tickets of different seeds, where a task with itself is the most that could be
      expected, and between the tickets of one run, each with that of random masks. Paired
      tests over seeds say whether a task is closer to another one of its own run than to
      itself under other seeds: then the ratio owes more to the start than to the task.
      Runs whose tickets are not all there yet are left out.

      Examples:
        tickets stability DIR
        tickets stability DIR --svg stability.svg
            the ratios as heat maps
      """)

  @Argument(help: "A comparison's folder.", completion: .directory) var comparison: String
  @OptionGroup var table: TableOptions
  @Option(
    help: ArgumentHelp("Draw the ratios as heat maps", valueName: "file"), completion: .file())
  var svg: String?

  func run() throws {
    try svg.map(RunDirectory.requireWritable)
    Interrupt.install()
    let report = try StabilityReport.measure(comparison)
    if let svg { try Files.writeResult(Data(report.figure.svg.utf8), to: svg) }
    try table.write(json: jsonText(report), csv: report.csv, text: report.text)
  }
}
