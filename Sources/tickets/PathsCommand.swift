import ArgumentParser
import Basics
import Figures
import Foundation
import Reports
import Runs

/// `tickets paths`: which modules each task uses, and how they were chosen.
struct PathsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "paths",
    abstract: "Show each task's path through a pool of modules, and what tasks share by it.",
    discussion: """
      Of a search: the most probable path of every task and the probability of every
      choice along it (Chen et al. 2018, Figure 4), and the controller's vectors of the
      tasks along their two principal components (Figure 3, which has t-SNE). Of any
      paths: which task uses which module where (Figure 5), and the overlap ratio of
      tasks' sets of modules, modules on all paths over those on any, beside that of
      tickets if the run has them. Modules are numbered from 1, as in lstm.module1.

      Examples:
        tickets paths RUN
        tickets paths RUN --csv --svg paths.svg > paths.csv
        tickets paths RUN --sharing sparse
            the paths that tickets of --base modules are pruned on
        tickets paths RUN --warm-up
            the search that found them
      """)

  @OptionGroup var target: RunArgument
  @Option(
    help: ArgumentHelp(
      "The architecture (default: modules, else the first that has any, else the warm-up)",
      valueName: "name"))
  var sharing: String?
  @Flag(help: "The paths of the warm-up instead of a trained network's.")
  var warmUp = false
  @OptionGroup var table: TableOptions
  @Option(
    help: ArgumentHelp(
      "Draw choices and modules as heat maps, and the tasks' vectors", valueName: "file"),
    completion: .file())
  var svg: String?

  func validate() throws {
    if warmUp, sharing != nil {
      throw ValidationError("--warm-up and --sharing exclude each other")
    }
  }

  func run() throws {
    try svg.map(RunDirectory.requireWritable)
    let report = try PathsReport.read(target.read(), sharing: sharing, isWarmup: warmUp)
    if let svg { try Files.writeResult(Data(report.figure.svg.utf8), to: svg) }
    try table.write(json: jsonText(report), csv: report.csv, text: report.text)
  }
}
