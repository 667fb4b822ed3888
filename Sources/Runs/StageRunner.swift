import Basics
import Corpora
import Foundation
import Recipes
import Sharing
import Tensors
import Training

/// Works on the stages of a run, with its folder and its data, and trains networks to their end,
/// across interruptions.
///
/// Every stage ends by writing one result file; a stage whose result is there is finished, and
/// doing it again does nothing.
public final class StageRunner {
  /// The run.
  public let run: RunDirectory
  /// The resolved settings.
  public let recipe: Recipe
  let resources: StageResources
  let vocabulary: Vocabulary
  let shape: NetworkShape
  let tasks: [TaskShape]
  let data: [TaskSplits]
  let embeddings: Embeddings?
  let metrics: MetricsLog
  let log: RunLog
  /// About how many bytes of memory training takes.
  package let memory: Int
  /// What is left of the work under way; nil before there is any.
  var outlook: Outlook?

  private init(
    _ run: RunDirectory, _ recipe: Recipe, _ resources: StageResources, _ vocabulary: Vocabulary,
    _ data: [TaskSplits], _ embeddings: Embeddings?, _ metrics: MetricsLog, memory: Int
  ) throws {
    self.run = run
    self.recipe = recipe
    self.resources = resources
    self.vocabulary = vocabulary
    shape = recipe.networkShape(vocabulary)
    tasks = try recipe.taskShapes(vocabulary)
    self.data = data
    self.embeddings = embeddings
    self.metrics = metrics
    log = RunLog(run, unit: resources.unit)
    self.memory = memory
  }

  /// Opens `run` to work on its stages: reads its training and dev data, makes its vocabulary if
  /// needed, and fixes the options they were read with.
  public static func open(_ run: RunDirectory, _ resources: StageResources) throws -> StageRunner {
    try open(run, resources, extending: nil)
  }

  /// The same for a run whose vocabulary begins with the words and characters of `known`.
  static func open(
    _ run: RunDirectory, _ resources: StageResources, extending known: Vocabulary?
  ) throws -> StageRunner {
    do {
      return try make(run, resources, extending: known)
    } catch {
      run.forgetUnused()
      throw error
    }
  }

  private static func make(
    _ run: RunDirectory, _ resources: StageResources, extending known: Vocabulary?
  ) throws -> StageRunner {
    let recipe = run.recipe
    try recipe.checkNetworks()
    try run.checkData()
    try run.requireStart()
    let source = try RunData(recipe)
    let training = try source.corpora(.train)
    let vocabulary = try run.vocabulary(training: training, extending: known)
    if vocabulary.featureDimension > 0 {
      try recipe.checkNetworks(features: vocabulary.featureDimension)
    }
    let need = try MemoryNeed(
      .training(jobs: resources.jobs), recipe.sharing.compactMap(Architecture.named), recipe,
      vocabulary, training)
    try need.require()
    if resources.unit != nil { try Files.makeFolder(run.path("logs")) }
    let train = try source.tasks(training, vocabulary)
    let development = try source.corpora(.dev)
    let dev = try source.tasks(development, vocabulary)
    let embeddings = try recipe.embeddings.map {
      try Embeddings(file: $0, dimension: recipe.wordDim, vocabulary: vocabulary)
    }
    if recipe.steps.measuresWeights { try Relatedness.require(train) }
    // Only what could be read binds the run: a mistyped column can still be corrected.
    try run.freeze(.data, .model, .training)
    try run.keep(vocabulary)
    let runner = try StageRunner(
      run, recipe, resources, vocabulary, zip(train, dev).map { TaskSplits(train: $0, dev: $1) },
      embeddings, MetricsLog.open(run.metrics, observer: resources.observer), memory: need.bytes)
    if let coverage = embeddings?.coverage {
      let count = coverage.exact + coverage.lowerCased
      try runner.say("embeddings: \(count) of \(count + coverage.missing) words found")
    }
    if let note = SharedSentences(development, with: training, of: "train").note(of: "dev") {
      try runner.say("note: " + note)
    }
    for (split, tasks) in [("train", train), ("dev", dev)] {
      for task in tasks {
        if let note = task.cutTexts(split: split) { try runner.say("note: " + note) }
      }
    }
    try runner.reportUnseenLabels()
    return runner
  }

  /// Does everything for `architectures`: warm-up and pruning if one of them needs it, then the
  /// training of each.
  ///
  /// - Parameter announcesPruning: show the plan of pruning before anything is done.
  /// - Throws: `Failure` of kind `usage` naming an option that cannot be, `interrupted` when the
  ///   user stops it.
  public func runAll(_ architectures: [Architecture], announcesPruning: Bool) throws {
    let units = architectures.flatMap(recipe.trainingUnits)
    let prunes = units.contains { $0.start == .tickets }
    let tasks = recipe.tasks.map(\.name)
    try begin(recipe.workPlan(architectures))
    if prunes && announcesPruning { try announcePruning(tasks: tasks) }
    if units.contains(where: { $0.warmupEpochs != nil }) { try warmUp() }
    if prunes { try prune(tasks: tasks) }
    for architecture in architectures { try train(architecture) }
    resources.progress.left([], of: resources.label)
  }

  /// Does one part of the run, while others may be worked on elsewhere; scores are none of its work.
  ///
  /// - Throws: as `runAll`, and `Failure` of kind `busy` naming who works on it.
  package func work(on unit: RunUnit) throws {
    switch unit {
    case .warmup: try warmUp()
    case .prune(let task): try prune(tasks: task.map { [$0] } ?? tasks.map(\.name))
    case .train(let name, let task):
      let units = try recipe.trainingUnits(of: Architecture.existing(name))
      guard let own = units.first(where: { $0.task == task }) else {
        throw Failure(.usage, "\(unit.name): is no part of \(run.path)")
      }
      try begin(recipe.workPlan(training: [[own]]))
      try train(own)
    case .evaluate: preconditionFailure("networks are scored by reports")
    }
  }

  /// Does `body` as the only worker on `unit`, unless that is done, or has been done when it is free.
  func holding(
    _ unit: RunUnit, unless isDone: () throws -> Bool, do body: () throws -> Void
  ) throws {
    guard try !isDone() else { return }
    try run.holding(unit.name, takingOver: resources.takesOver) {
      if try !isDone() { try body() }
    }
  }

  /// The network of `architecture` for all tasks, or one of them alone, at its initialisation.
  ///
  /// - Parameter isSubnet: whether it is what tickets are of, with each task on its path.
  func network(
    _ architecture: Architecture, alone task: Int? = nil, isSubnet: Bool = false
  ) throws -> any SharingNetwork {
    let recipe = isSubnet || architecture.needsTickets ? try run.subnetRecipe() : recipe
    let network = try recipe.makeNetwork(
      architecture, shape, tasks, alone: task, seed: recipe.initSeed ?? recipe.seed)
    if let embeddings, let table = network.parts.words {
      var values = Array(table.values)
      embeddings.copy(into: &values)
      _ = table.values.update(from: values)
    }
    return network
  }

  /// Those of the only training under way: all cores are its own.
  var alone: Parallel.Circumstances {
    Parallel.Circumstances(threads: resources.threads, isCancelled: resources.isCancelled)
  }

  /// Tells the user and the run's log.
  func say(_ line: String) throws {
    try log.write(line)
    resources.progress.say(resources.shown(line))
  }

  /// Removes a file that is no longer needed, if it is there.
  func remove(_ path: String) throws {
    guard unlink(path) == 0 || errno == ENOENT else {
      throw Failure(.inputOutput, "\(path): cannot be removed (\(systemError()))")
    }
  }

  private func reportUnseenLabels() throws {
    for splits in data {
      let unseen = try UnseenLabels(splits.dev, training: splits.train)
      if let warning = unseen.warning(split: "dev") { try say("warning: " + warning) }
    }
  }
}
