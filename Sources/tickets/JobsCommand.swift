import ArgumentParser
import Basics
import Figures
import Foundation
import Jobs
import Runs

/// `tickets jobs`: what an engine of a cluster calls.
struct JobsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs",
    abstract: "Do the jobs of a plan, on one machine or many, and tell how far they have come.",
    discussion: """
      'tickets run --plan FILE' and 'tickets compare --plan FILE' write what is to be
      done as jobs: a warm-up, the pruning of a task, a training, an evaluation.
      Any engine that runs commands may do them, on machines that see the same
      folder; Tools/cluster has scripts for Slurm and GNU parallel.

      Examples:
        tickets compare --out DIR --recipe r.yaml --seeds 5 --plan DIR.json
        tickets jobs run DIR.json 0
        tickets jobs status DIR.json
        tickets compare --out DIR
            the table, when all are done
      """,
    subcommands: [JobsRunCommand.self, JobsStatusCommand.self])
}

/// `tickets jobs run`: one job, or several.
struct JobsRunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Do one job of a plan, or several.",
    discussion: """
      A job that is done is not done again. SIGTERM and SIGUSR1, which engines send
      before a time limit, stop it at the end of the epoch under way, with a
      checkpoint; a second one at once.

      Exit codes: 75 again, please: it stopped at a checkpoint, what it needs is not
      done, or somebody else is at it; others as everywhere.

      Examples:
        tickets jobs run DIR.json 7
        tickets jobs run DIR.json 2 --chunk 10
            jobs 20 to 29, one after the other
        mpirun tickets jobs run DIR.json --rank
            fill an allocation: every process takes what is ready
      """)

  @Argument(help: "File of the plan.", completion: .file()) var plan: String
  @Argument(help: "Number of the job, or of the chunk, from 0.") var index: Int?
  @Option(help: ArgumentHelp("Jobs to do one after the other", valueName: "n"))
  var chunk = 1
  @Flag(help: "Do what is ready until nothing is left; rank and size are what mpirun or srun say.")
  var rank = false
  @Option(
    help: ArgumentHelp("Seconds between looks at what others do, with --rank", valueName: "x"))
  var wait = 5.0
  @Option(
    help: ArgumentHelp(
      "What the job's id must be, in case the plan has been made anew", valueName: "id"))
  var id: String?
  @Flag(help: "Take over from workers on other machines, which are known to be dead.")
  var takeOver = false
  @Option(
    help: ArgumentHelp(
      "Take over from this one only, which 'jobs status --json' names", valueName: "worker"))
  var takeOverFrom: String?
  @Option(help: ArgumentHelp("Cores to use (default: 1)", valueName: "n"))
  var jobs = 1
  @Option(help: ArgumentHelp("Seconds between checkpoints", valueName: "x"))
  var checkpointSeconds = 10.0
  @Flag(help: "Show no progress.")
  var quiet = false

  func validate() throws {
    guard rank != (index != nil) else {
      throw ValidationError("give the number of a job, or --rank")
    }
    guard index ?? 0 >= 0 else { throw ValidationError("\(index ?? 0): jobs are counted from 0") }
    guard id == nil || !rank && chunk == 1 else {
      throw ValidationError("--id: is that of one job; leave out --rank and --chunk")
    }
    guard takeOverFrom == nil || !takeOver else {
      throw ValidationError("--take-over and --take-over-from exclude each other")
    }
    guard chunk >= 1 else { throw ValidationError("--chunk \(chunk): must be at least 1") }
    guard (1...1024).contains(jobs) else {
      throw ValidationError("--jobs \(jobs): must be a whole number from 1 to 1024")
    }
    guard wait > 0, wait <= 86400 else {
      throw ValidationError("--wait \(wait): must be seconds, up to 86400")
    }
    guard checkpointSeconds >= 0 else {
      throw ValidationError("--checkpoint-seconds \(checkpointSeconds): must not be negative")
    }
  }

  func run() throws {
    Interrupt.install(forJobs: true)
    let plan = try JobPlan.read(plan)
    let runner = JobRunner(
      plan, file: self.plan, jobs: jobs, checkpointSeconds: checkpointSeconds,
      takesOver: takeOver ? .all : takeOverFrom.map { .worker($0) } ?? .none,
      progress: .standard(quiet: quiet))
    guard let index else {
      let (rank, size) = try Self.place()
      return try runner.runAll(rank: rank, of: size, wait: wait)
    }
    let (first, isFar) = index.multipliedReportingOverflow(by: chunk)
    _ = try plan.job(isFar ? .max : first)
    for place in first..<min(plan.jobs.count, first + chunk) {
      if place > first { try Interrupt.checkForJobs() }
      try runner.run(place, id: id)
    }
  }

  /// Which of how many processes this is, as the engine that started them says.
  private static func place() throws -> (rank: Int, size: Int) {
    let values = ProcessInfo.processInfo.environment
    for (rank, size) in [
      ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("PMI_RANK", "PMI_SIZE"),
      ("SLURM_PROCID", "SLURM_NTASKS"),
    ] {
      guard let own = values[rank].flatMap({ Int($0) }) else { continue }
      guard let all = values[size].flatMap({ Int($0) }), (0..<all).contains(own) else {
        throw Failure(.usage, "--rank: \(rank) is \(own), which does not fit \(size)")
      }
      return (own, all)
    }
    throw Failure(
      .usage,
      "--rank: none of OMPI_COMM_WORLD_RANK, PMI_RANK and SLURM_PROCID is set; start it with mpirun or srun"
    )
  }
}

/// `tickets jobs status`: how far they have come.
struct JobsStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Tell how far the jobs of a plan have come, from files alone.",
    discussion: """
      A worker on another machine counts as running while its guard is there; one
      that died on this machine has failed.

      Examples:
        tickets jobs status DIR.json
        tickets jobs status DIR.json --failed
            numbers to submit again
      """)

  @Argument(help: "File of the plan.", completion: .file()) var plan: String
  @Flag(help: "Only the numbers of jobs that failed, one a line.") var failed = false
  @Flag(help: "Only the numbers of jobs that are neither done nor running.") var left = false
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard [failed, left, output.json].count(where: { $0 }) <= 1 else {
      throw ValidationError("--failed, --left and --json exclude each other")
    }
  }

  func run() throws {
    let status = JobStatus(try JobPlan.read(plan))
    if output.json { return try Output.write(jsonText(status)) }
    guard failed || left else { return try Output.write(status.text) }
    let indices = status.indices(failed ? [.failed] : [.failed, .ready, .waiting])
    guard !indices.isEmpty else { return }
    try Output.write(indices.map { String($0) }.joined(separator: "\n"))
  }
}
