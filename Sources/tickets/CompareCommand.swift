import ArgumentParser
import Basics
import Comparisons
import Figures
import Foundation
import Jobs
import Recipes
import Runs

/// `tickets compare`: architectures over seeds, domains and settings.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare architectures over seeds, domains and settings, with paired tests.",
    discussion: """
      Every seed (and domain, and variation) is an ordinary run in a folder below
      --out, in which the architectures of --sharing are trained. The same command
      goes on where it stopped; more seeds, architectures, values, domains and
      variants can be added later. The recipe file may hold the keys seeds,
      baseline, vary, domains and variants.

      A variant is one architecture with settings of its own, compared under its
      own name: beside the architectures of --sharing, or alone where these are not
      given. Variants on the command line replace those of the recipe.

      Results: mean and standard deviation over seeds, the difference from the
      baseline with p of a paired bootstrap over sentences and of a paired t test
      over seeds, and what training cost.

      Examples:
        tickets compare --out DIR --recipe Tools/recipes/small.yaml \\
            --sharing sparse,hard,single --seeds 3
        tickets compare --out DIR --recipe small.yaml --vary 'density=0.5;0.2;0.1' \\
            --svg density.svg --html density.html
        tickets compare --out DIR --tasks chunk=2,pos=1 --sharing hard,single \\
            --domain news=n1,n2,n3 --domain talk=t1,t2,t3
            train on each domain, test on all
        tickets compare --out DIR --recipe small.yaml --baseline FR \\
            --variant 'FR=sharing:hard' --variant 'SLOW=sharing:hard;lr:0.01'
      """)

  @Option(
    help: ArgumentHelp("Folder of the comparison, made if it is not there", valueName: "dir"),
    completion: .directory)
  var out: String
  @Option(
    help: ArgumentHelp("Runs with seeds counted from --seed (default: 5)", valueName: "n"))
  var seeds: String?
  @Option(
    help: ArgumentHelp(
      "Architecture or variant the others are compared with (default: hard, else single, else the first)",
      valueName: "name"))
  var baseline: String?
  @Option(
    help: ArgumentHelp(
      "Values of an option to try, repeatable: all combinations", valueName: "option=v;…"))
  var vary: [String] = []
  @Option(
    help: ArgumentHelp(
      "Train on each domain and test on all, repeatable", valueName: "name=train,dev,test"))
  var domain: [String] = []
  @Option(
    help: ArgumentHelp(
      "Compare an architecture with settings of its own, repeatable",
      valueName: "name=sharing:arch;option:v;…"))
  var variant: [String] = []
  @Flag(help: "Print the runs, and which are done, and stop.")
  var dryRun = false
  @Option(
    help: ArgumentHelp("Write a plan of jobs for 'tickets jobs', train nothing", valueName: "file"),
    completion: .file())
  var plan: String?
  @OptionGroup var options: RecipeOptions
  @OptionGroup var resources: ResourceOptions
  @OptionGroup var output: DocumentOptions
  @Option(
    help: ArgumentHelp("Draw mean scores over the numeric option that varies", valueName: "file"),
    completion: .file())
  var svg: String?

  func validate() throws {
    if dryRun, plan != nil { throw ValidationError("--plan and --dry-run exclude each other") }
  }

  func run() throws {
    try svg.map(RunDirectory.requireWritable)
    try output.checkPage()
    let requests = try requests()
    if let plan {
      Interrupt.install()
      let made = try JobPlan.make(
        comparison: out, requests, to: plan, progress: .standard(quiet: resources.quiet))
      let status = JobStatus(made)
      return try Output.write(output.table.json ? jsonText(status) : status.text)
    }
    var comparison = try Comparison.open(out, requests)
    if svg != nil { _ = try comparison.plan.numericAxis() }
    try comparison.checkData()
    if dryRun {
      let grid = comparison.grid()
      return try Output.write(output.table.json ? jsonText(grid) : grid.text)
    }
    Interrupt.install()
    let jobs = resources.parallel.jobs
    if comparison.hasWork {
      let progress = ProgressDisplay.standard(quiet: resources.quiet)
      let board = try resources.board(of: out, progress)
      comparison = try Comparison.openForWork(out, requests)
      try comparison.train(
        jobs: jobs, checkpointSeconds: resources.checkpointSeconds, progress: progress,
        board: board, takesOver: resources.takesOver)
    }
    let report = try ComparisonReport.measure(comparison, jobs: jobs)
    for warning in report.warnings { Exit.complain("warning: \(warning)") }
    if let svg { try Files.writeResult(Data(report.figure().svg.utf8), to: svg) }
    try output.write(report, of: out)
  }

  /// What is asked for, weakest first: the recipe file, then the command line.
  private func requests() throws -> [ComparisonRequest] {
    let files = try options.recipe.map { [try ComparisonRequest.file($0)] } ?? []
    return files + [
      try .commandLine(
        options.commandLine(), seeds: seeds, baseline: baseline, vary: vary, domains: domain,
        variants: variant)
    ]
  }
}
