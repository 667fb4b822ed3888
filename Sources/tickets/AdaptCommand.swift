import ArgumentParser
import Basics
import Figures
import Foundation
import Recipes
import Reports
import Runs

enum AdaptationSection: RecipeSection { static let options = AdaptationRequest.options }

/// `tickets adapt`: a run's shared encoder on a task that it has never seen.
struct AdaptCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adapt",
    abstract: "Take a run's shared encoder to a new task with few examples.",
    discussion: """
      The encoder gets new private parameters and is trained on so many examples of the
      new task, drawn at random; beside it networks from scratch on the same examples
      and on all. Options left out are as in the run. Every training is an ordinary run
      in a folder below RUN/adapt/TASK; the same command goes on where it stopped, and
      more examples, draws, tickets can be asked for later.

      Examples:
        tickets adapt RUN --task music --train music.train.tsv --test music.test.tsv \\
            --hold-out 0.1 --examples 100,200,500 --svg music.svg
        tickets adapt RUN --task ner=3 --examples 50,500 --ticket pos
            another column of the run's files, under the ticket of pos
        tickets predict RUN/adapt/music/500/seed-1/adapted new.tsv
      """)

  @OptionGroup var target: RunArgument
  @Option(
    help: ArgumentHelp("The new task: a name for texts, or as in --tasks", valueName: "name=column")
  )
  var task: String
  @Option(
    help: ArgumentHelp(
      "Numbers of training examples (default: 100,200,500,1000)", valueName: "n,…"))
  var examples: String?
  @Option(
    help: ArgumentHelp(
      "How often examples are drawn: seeds counted from --seed (default: 3)", valueName: "n"))
  var draws: Int?
  @Option(
    help: ArgumentHelp(
      "Architecture whose encoder is taken (default: the first whose tasks share one)",
      valueName: "name"))
  var sharing: String?
  @Option(help: ArgumentHelp("Read the encoder under this task's ticket", valueName: "name"))
  var ticket: String?
  @Flag(help: "Train the new private parameters only.")
  var freezeShared = false
  @Option(
    help: ArgumentHelp("Folder of the trainings (default: RUN/adapt/TASK)", valueName: "dir"),
    completion: .directory)
  var out: String?
  @OptionGroup(title: "As in the run, or otherwise")
  var options: SectionOptions<AdaptationSection>
  @OptionGroup var resources: ResourceOptions
  @OptionGroup var table: TableOptions
  @Option(
    help: ArgumentHelp("Draw scores over the number of examples", valueName: "file"),
    completion: .file())
  var svg: String?

  func run() throws {
    try svg.map(RunDirectory.requireWritable)
    let request = request
    var adaptation = try Adaptation.open(run: target.run, request)
    Interrupt.install()
    let jobs = resources.parallel.jobs
    if adaptation.hasWork {
      try adaptation.checkData()
      let progress = ProgressDisplay.standard(quiet: resources.quiet)
      let board = try resources.board(of: adaptation.path, progress)
      adaptation = try Adaptation.openForWork(run: target.run, request)
      try adaptation.train(
        jobs: jobs, checkpointSeconds: resources.checkpointSeconds, progress: progress,
        board: board)
    }
    let report = try AdaptationReport.measure(adaptation, jobs: jobs)
    if let svg { try Files.writeResult(Data(report.figure.svg.utf8), to: svg) }
    try table.write(json: jsonText(report), csv: report.csv, text: report.text)
  }

  private var request: AdaptationRequest {
    var request = AdaptationRequest(task: task, layer: .commandLine(options.given))
    if let examples { request.examples = examples }
    if let draws { request.draws = draws }
    request.sharing = sharing
    request.ticket = ticket
    request.freezesShared = freezeShared
    request.out = out
    return request
  }
}
