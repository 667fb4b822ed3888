import Basics
import Foundation
import Recipes

/// What is asked of an adaptation: the new task, how many of its examples, and what is different
/// from the run whose encoder it takes over.
public struct AdaptationRequest: Sendable {
  /// The new task, as the option `tasks` has one.
  public var task: String
  /// Numbers of training examples with commas between.
  public var examples = "100,200,500,1000"
  /// How often they are drawn: seeds, counted from the recipe's.
  public var draws = 3
  /// The run's architecture; nil for the first trained one with an encoder that tasks share.
  public var sharing: String?
  /// The task of the run under whose ticket the encoder is read; nil for all of it.
  public var ticket: String?
  /// Whether training leaves the encoder as it is.
  public var freezesShared = false
  /// The folder; nil for `adapt/TASK` in the run.
  public var out: String?
  /// What is not as in the run.
  public var layer: RecipeLayer

  /// The task `task`, with the options of `layer`.
  public init(task: String, layer: RecipeLayer = .commandLine([])) {
    self.task = task
    self.layer = layer
  }

  /// The options that an adaptation may have otherwise than its run: not the encoder's, and none
  /// that speak of several tasks.
  public static let options: [RecipeOption] = RecipeOption.all.filter { option in
    switch option.group {
    case .data: !["tasks", "train-sentences"].contains(option.name)
    case .evaluation: true
    case .model: ["head", "head-hidden", "pooling"].contains(option.name)
    case .training: !RecipeOption.ofSeveralTasks.contains(option.name)
    case .train: option.name == "epochs"
    case .warmup, .prune: false
    }
  }

  /// The settings that train the new task's networks: those of the recipe `old` of the run in the
  /// folder `run` unless they are given, the seed and the number of examples aside.
  ///
  /// - Throws: `Failure` of kind `usage` naming what is wrong.
  func recipe(from old: Recipe, run: String, knownSharings: [String]) throws -> Recipe {
    var recipe = old
    (recipe.taskLayers, recipe.lossWeights, recipe.mainTask) = ([], [], nil)
    let usual = Recipe()
    (recipe.steps, recipe.writing, recipe.domains) = (usual.steps, usual.writing, usual.domains)
    recipe.modules = usual.modules
    (recipe.warmupEpochs, recipe.startTicket, recipe.trainSentences) = (0, nil, 0)
    recipe.weights = nil
    recipe.rewind = usual.rewind
    let given = Set(layer.settings.map(\.option.name))
    // Files of the run's tasks do not mix with those of the new one.
    if !given.isDisjoint(with: ["train", "dev", "test"]) {
      (recipe.train, recipe.dev, recipe.test) = ([], [], [])
    }
    if given.contains("dev") { recipe.holdOut = 0 }
    if given.contains("hold-out") { recipe.dev = [] }
    try layer.apply(to: &recipe)
    let folder = FileManager.default.currentDirectoryPath
    try RecipeOption.named("tasks")!.set(
      .text(task), in: &recipe, at: RecipePlace(name: "--task", folder: folder))
    guard recipe.tasks.count == 1 else {
      throw refuse("task", task, "must be one task, as in tone or ner=3")
    }
    let name = recipe.tasks[0].name
    guard !old.tasks.contains(where: { $0.name == name }) else {
      throw refuse(
        "task", name, "is a task of the run \(run) already; the new one needs another name")
    }
    try recipe.validate(knownSharings: knownSharings)
    if recipe.taskWithoutTest != nil {
      throw Failure(
        .usage, setting: "test", "missing; task '\(name)' has no test files to be scored on")
    }
    return recipe
  }

  /// The numbers of examples, in rising order.
  ///
  /// - Throws: `Failure` of kind `usage` if they are none.
  func counts() throws -> [Int] {
    let counts = examples.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard counts.count <= 100, Set(counts).count == counts.count,
      counts.allSatisfy({ $0.map { (1...1_000_000_000).contains($0) } ?? false })
    else {
      throw refuse(
        "examples", examples,
        "must be whole numbers from 1 with commas between, each once, as in 100,200")
    }
    return counts.compactMap(\.self).sorted()
  }

  /// The seeds of the draws.
  ///
  /// - Throws: `Failure` of kind `usage` if there are none, or too many.
  func seeds(from first: UInt64) throws -> [UInt64] {
    guard (1...1000).contains(draws) else {
      throw refuse("draws", "\(draws)", "must be a whole number from 1 to 1000")
    }
    guard first + UInt64(draws - 1) <= RecipeOption.maxSeed else {
      throw refuse("seed", "\(first)", "leaves no room for \(draws) draws")
    }
    return (0..<UInt64(draws)).map { first + $0 }
  }

  private func refuse(_ setting: String, _ value: String, _ reason: String) -> Failure {
    Failure(.usage, setting: setting, value: value, reason)
  }
}
