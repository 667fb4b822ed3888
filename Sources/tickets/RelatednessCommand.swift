import ArgumentParser
import Basics
import Figures
import Foundation
import Reports
import Runs

/// `tickets relatedness`: how much tasks know of each other.
struct RelatednessCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relatedness",
    abstract: "Train on each task, test on every other: the weights of listwise communication.",
    discussion: """
      Every task's own network ('single') is trained, unless it is, and scored on the dev
      data of all tasks, which must have the same labels. β = min(V_ij / V_jj, 1)^(1/q)
      is what passing-weights 'measured' uses, with q given by passing-root.

      Examples:
        tickets relatedness RUN
        tickets relatedness RUN --csv > relatedness.csv
        tickets relatedness RUN --svg relatedness.svg
      """)

  @OptionGroup var target: RunArgument
  @OptionGroup var options: RecipeOptions
  @OptionGroup var resources: ResourceOptions
  @OptionGroup var table: TableOptions
  @Option(
    help: ArgumentHelp("Draw the weights as a heat map", valueName: "file"), completion: .file())
  var svg: String?

  func run() throws {
    try svg.map(RunDirectory.requireWritable)
    let run = try target.open(options)
    let measured =
      try run.relatedness() ?? resources.runner(run).measureRelatedness()
    let report = RelatednessReport(measured, root: run.recipe.steps.passingRoot)
    if let svg { try Files.writeResult(Data(report.figure.svg.utf8), to: svg) }
    try table.write(json: jsonText(report), csv: report.csv, text: report.text)
  }
}
