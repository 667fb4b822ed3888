import ArgumentParser
import Basics
import Figures
import Jobs
import Recipes
import Reports
import Runs
import Sharing

/// The option that names a new or existing run.
struct RunOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("Folder of the run, made if it is not there", valueName: "run"),
    completion: .directory)
  var out: String

  /// Opens the run for work with the options of `layers`, or makes it.
  func open(_ options: RecipeOptions) throws -> RunDirectory {
    try RunDirectory.openOrCreate(
      out, options.layers(), knownSharings: Architecture.all.map(\.name))
  }
}

/// The argument that names an existing run.
struct RunArgument: ParsableArguments {
  @Argument(help: "Folder of the run.", completion: .directory) var run: String

  /// Opens the run for work; options that differ from the recorded ones must still be open.
  ///
  /// - Parameters:
  ///   - taken: options that the command has taken for itself.
  ///   - isDraft: write nothing of the options to the run.
  func open(
    _ options: RecipeOptions, except taken: String..., isDraft: Bool = false
  ) throws -> RunDirectory {
    let run = try RunDirectory.open(run, forWork: true, isDraft: isDraft)
    try run.reconcile(options.layers(except: taken), knownSharings: Architecture.all.map(\.name))
    return run
  }

  /// Opens the run to look at it.
  func read() throws -> RunDirectory { try RunDirectory.open(run, forWork: false) }
}

extension ResourceOptions {
  /// What works on the stages of `run`; they stop at Ctrl-C.
  ///
  /// - Parameter isDraft: nothing will be trained, so that there is nothing for TensorBoard.
  func runner(_ run: RunDirectory, isDraft: Bool = false) throws -> StageRunner {
    Interrupt.install()
    let progress = ProgressDisplay.standard(quiet: quiet)
    let board: TensorBoardLog?
    do {
      board = try isDraft ? nil : self.board(of: run.path, progress)
    } catch {
      run.forgetUnused()
      throw error
    }
    return try StageRunner.open(
      run,
      StageResources(
        jobs: parallel.jobs, checkpointSeconds: checkpointSeconds, progress: progress,
        observer: board, takesOver: takesOver))
  }
}

/// `tickets run`: everything from the data to the report.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Do everything: warm up, prune every task, train, evaluate, report.",
    discussion: """
      The run can be interrupted at any moment; the same command goes on where it
      stopped. What is finished is not done again. The defaults are the published
      settings: full size, 20 rounds, hours. A first line says how many, from a few
      steps of every kind of training; --dry-run says it by stage and stops, and
      'tickets status RUN' tells while it works.

      Examples:
        tickets run --out demo --warmup-epochs 4 --rounds 4 --round-epochs 4 \\
            --epochs 8 --layers 1 --hidden 64
            a short run on the built-in corpus
        tickets run --out conll --train train.txt --dev testa.txt --test testb.txt \\
            --tasks pos=1,chunk=2,ner=3 --embeddings glove.6B.100d.txt
            the published experiment on CoNLL-2003
      """)

  @OptionGroup var target: RunOption
  @Flag(help: "Print how long every stage will take on this machine, and stop.")
  var dryRun = false
  @Option(
    help: ArgumentHelp("Write a plan of jobs for 'tickets jobs', train nothing", valueName: "file"),
    completion: .file())
  var plan: String?
  @OptionGroup var options: RecipeOptions
  @OptionGroup var resources: ResourceOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if dryRun, plan != nil { throw ValidationError("--plan and --dry-run exclude each other") }
  }

  func run() throws {
    guard !dryRun else { return try showTimetable() }
    if let plan {
      Interrupt.install()
      let made = try JobPlan.make(
        run: target.out, options.layers(), to: plan, progress: .standard(quiet: resources.quiet))
      let status = JobStatus(made)
      return try Output.write(output.json ? jsonText(status) : status.text)
    }
    let run = try target.open(options)
    try run.requireTestData()
    let runner = try resources.runner(run)
    let architectures = run.recipe.sharing.compactMap(Architecture.named)
    try runner.announceTime(architectures)
    try runner.runAll(architectures, announcesPruning: true)
    let report = try RunReport.gather(run, jobs: resources.parallel.jobs)
    try Output.write(output.json ? jsonText(report) : report.document(withSettings: false).text)
  }

  private func showTimetable() throws {
    Interrupt.install()
    let timetable = try Timetable.measure(
      target.out, options.layers(), jobs: resources.parallel.jobs,
      progress: .standard(quiet: resources.quiet))
    try Output.write(output.json ? jsonText(timetable) : timetable.text)
  }
}
