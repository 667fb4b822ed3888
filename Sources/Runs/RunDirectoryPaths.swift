import Basics
import Recipes

/// Where the files of a run stand.
///
///     run.json  lock  log.txt  vocabulary.json  theta0.safetensors
///     metrics/            warmup.jsonl, prune/TASK.jsonl, train/SHARING.jsonl …: an object an epoch
///     guards/             who works on which part; logs/ what a worker on one part did
///     test-data.json      digests of the test files, once they have been opened
///     relatedness.json    where listwise communication has measured weights
///     warmup/             weights.safetensors, checkpoint.safetensors, epoch-weights.safetensors (those
///                         that --rewind epoch:n asks for), paths.json (those that a search found)
///     tickets/TASK/       round-00.ticket …, rounds.json, ticket.ticket (the chosen one),
///                         checkpoint.safetensors; round-0.weights.safetensors … where rounds do not
///                         rewind, round-0.optimizer.safetensors … in gradual pruning, round-0.scores.safetensors … while tasks that agree are pruned
///     localized/          TASK.ticket …, theta0.safetensors (masks found without pruning)
///     train/SHARING/      weights.safetensors, checkpoint.safetensors, trajectory.jsonl
///     train/single/TASK/  the same for each single task
///     train/modules/      search.safetensors, TASK/ for each head's fine-tuning, until they are done
///     results/            what networks predict on a split, kept so that nothing is computed twice;
///                         may be removed
///     tensorboard.id      a random name, also in the folders that hold the run's event files
///     adapt/TASK/         adaptation.json, a run for each training of an adaptation
extension RunDirectory {
  /// The path of a file or folder inside the run.
  ///
  /// - Parameter parts: names of letters, digits, `_`, `-` and `.`, not beginning with `.`.
  /// - Throws: `Failure` of kind `usage` naming a part that could lead out of the run.
  public func path(_ parts: String...) throws -> String {
    try Self.path(in: path, parts)
  }

  private static func path(in run: String, _ parts: [String]) throws -> String {
    for part in parts where !isSafe(part) {
      throw Failure(
        .usage, "'\(part)': must be letters, digits, '_', '-' or '.' to name a file of the run")
    }
    return ([run] + parts).joined(separator: "/")
  }

  /// The vocabularies of words, characters and labels.
  public var vocabulary: String { Self.vocabulary(in: path) }

  /// The same for the run in the folder `run`.
  static func vocabulary(in run: String) -> String { run + "/vocabulary.json" }

  /// θ⁰, what every round of pruning and every ticket starts from.
  public var theta0: String { Self.theta0(in: path) }

  /// The same for the run in the folder `run`.
  static func theta0(in run: String) -> String { run + "/theta0.safetensors" }

  /// How well each task's network does on the others' data.
  var relatednessFile: String { path + "/relatedness.json" }

  /// The folder of what epochs measured, a file for each stage and task.
  public var metrics: String { Self.metrics(in: path) }

  /// The same for the run in the folder `run`.
  static func metrics(in run: String) -> String { run + "/metrics" }

  /// Time-stamped lines about what was done.
  public var log: String { Self.log(in: path) }

  /// The same of a worker on the part called `unit`.
  func log(of unit: String) -> String { "\(path)/logs/\(unit.replacing("/", with: "+")).txt" }

  /// The same for the run in the folder `run`.
  static func log(in run: String) -> String { run + "/log.txt" }

  /// The weights after multi-task warm-up.
  public var warmupWeights: String { path + "/warmup/weights.safetensors" }

  /// The weights after the epoch of the warm-up that tickets are rewound to, if the recipe names one.
  public var epochWeights: String { path + "/warmup/epoch-weights.safetensors" }

  /// Where an interrupted warm-up continues.
  public var warmupCheckpoint: String { path + "/warmup/checkpoint.safetensors" }

  /// The tasks' paths through the pool of modules that the warm-up's search found.
  var warmupPaths: String { Self.warmupPaths(in: path) }

  /// The same for the run in the folder `run`.
  static func warmupPaths(in run: String) -> String { run + "/warmup/paths.json" }

  /// The ticket of task `task` after round `round`; round 0 is the start.
  public func ticket(task: String, round: Int) throws -> String {
    let digits = String(round)
    let number = String(repeating: "0", count: max(0, 2 - digits.count)) + digits
    return try path("tickets", task, "round-\(number).ticket")
  }

  /// The weights that the pruning of task `task` goes on from after round `round`.
  func roundWeights(task: String, round: Int) throws -> String {
    try path("tickets", task, "round-\(round).weights.safetensors")
  }

  /// What the optimiser held after round `round` of gradual pruning of task `task`.
  func roundOptimizer(task: String, round: Int) throws -> String {
    try path("tickets", task, "round-\(round).optimizer.safetensors")
  }

  /// What the weights of task `task` were worth after round `round`, until all tasks have done it.
  func roundSaliency(task: String, round: Int) throws -> String {
    try path("tickets", task, "round-\(round).scores.safetensors")
  }

  /// The ticket that task `task` keeps: M_t.
  public func chosenTicket(task: String) throws -> String {
    try Self.chosenTicket(task: task, in: path)
  }

  /// The same for the run in the folder `run`.
  static func chosenTicket(task: String, in run: String) throws -> String {
    try path(in: run, ["tickets", task, "ticket.ticket"])
  }

  /// Where the interrupted pruning of task `task` continues.
  public func pruneCheckpoint(task: String) throws -> String {
    try path("tickets", task, "checkpoint.safetensors")
  }

  /// The trained weights of `unit`.
  public func weights(of unit: TrainingUnit) throws -> String {
    try Self.weights(of: unit, in: path)
  }

  /// The same for the run in the folder `run`, which need not be there.
  static func weights(of unit: TrainingUnit, in run: String) throws -> String {
    try folder(of: unit, in: run) + "/weights.safetensors"
  }

  /// Where the interrupted training of `unit` continues.
  public func checkpoint(of unit: TrainingUnit) throws -> String {
    try Self.checkpoint(of: unit, in: path)
  }

  /// The same for the run in the folder `run`, which need not be there.
  static func checkpoint(of unit: TrainingUnit, in run: String) throws -> String {
    try folder(of: unit, in: run) + "/checkpoint.safetensors"
  }

  /// The weights of `unit` after its search, before heads are fine-tuned.
  func searchWeights(of unit: TrainingUnit) throws -> String {
    try Self.folder(of: unit, in: path) + "/search.safetensors"
  }

  /// The way of the parameters through the training of `unit`.
  package func trajectory(of unit: TrainingUnit) throws -> String {
    try Self.folder(of: unit, in: path) + "/trajectory.jsonl"
  }

  private static func folder(of unit: TrainingUnit, in run: String) throws -> String {
    try path(in: run, ["train", unit.architecture.name] + (unit.task.map { [$0] } ?? []))
  }

  /// Whether `part` may name a file or folder inside another.
  static func isSafe(_ part: String) -> Bool {
    (1...128).contains(part.utf8.count) && !part.hasPrefix(".")
      && part.utf8.allSatisfy { $0.isLetterDigitOrDash || $0 == UInt8(ascii: ".") }
  }
}
