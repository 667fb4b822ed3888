import ArgumentParser
import Basics
import Figures
import Foundation
import Reports
import Runs

/// `tickets localize`: masks from trained networks without pruning.
struct LocalizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "localize",
    abstract: "Find each task's weights in hard sharing by its single network, without pruning.",
    discussion: """
      A prunable weight belongs to a task where |θ⁰ - θ_t| > λ |θ_MT - θ_t| (TALL masks,
      Wang et al. 2024): θ_t is the task's network of 'single', θ_MT that of 'hard', both
      trained, θ⁰ the initialisation of both. Of the given λ each task gets the one whose
      localized network, θ_MT on its mask and θ⁰ elsewhere, scores best on dev; of equal
      ones the sparser. Heads, and all else that is not prunable, stay those of 'hard'.

      The masks are written to RUN/localized/TASK.ticket, θ⁰ beside them.

      Examples:
        tickets localize RUN
        tickets localize RUN --lambda 0.1,0.2,0.4,0.8 --json
        tickets overlap RUN/localized/*.ticket --svg overlap.svg
      """)

  @OptionGroup var target: RunArgument
  @Option(help: ArgumentHelp("The λ to choose from, numbers from 0", valueName: "x,…"))
  var lambda = "0.2,0.3,0.4,0.5,0.6"
  @OptionGroup var resources: ResourceOptions
  @OptionGroup var table: TableOptions

  func run() throws {
    let lambdas = lambda.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    guard lambdas.allSatisfy({ $0.map { (0...1000).contains($0) } ?? false }) else {
      throw Failure(
        .usage, setting: "lambda", value: lambda, "must be numbers from 0 to 1000 with ',' between")
    }
    let run = try RunDirectory.open(target.run, forWork: true)
    let report = try LocalizationReport(
      resources.runner(run).localize(lambdas: lambdas.compactMap(\.self)))
    try table.write(json: jsonText(report), csv: report.csv, text: report.text.trimmed)
  }
}
