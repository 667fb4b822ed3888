import Basics
import Sharing
import Training

/// The options of pools of modules and of the search for paths through them (Chen et al. 2018).
public struct ModuleOptions: Equatable, Sendable {
  /// Modules of the pool, L.
  public var modules = 20
  /// The most modules of a path.
  public var pathLength = 4
  /// Each task's modules, numbered from 1; empty for a search.
  public var paths: [TaskPath] = []
  /// Paths drawn for a batch, N.
  public var searchPaths = 5
  /// Where the network stands for the paths of a batch.
  public var searchUpdates = SearchSettings.Updates.each
  /// Probability of a uniform path.
  public var searchExploration = 0.2
  /// What rewards become.
  public var searchRewards = SearchSettings.Rewards.softmax
  /// τ.
  public var searchTemperature = 1.0 / 30
  /// Decay of the moving baseline.
  public var searchBaseline = 0.0
  /// Weight of the policy's entropy.
  public var searchEntropy = 0.0
  /// Learning rate of the controller.
  public var searchLR = 0.001
  /// Hidden units of the controller.
  public var searchHidden = 50
  /// Components of the controller's vectors.
  public var searchDim = 15
  /// The most epochs that heads train after a search.
  public var fineTuneEpochs = 10

  /// What the options mean to networks.
  var settings: ModuleSettings {
    var settings = ModuleSettings()
    settings.count = modules
    settings.longest = pathLength
    settings.paths = Dictionary(uniqueKeysWithValues: paths.map { ($0.task, $0.modules) })
    settings.controllerHidden = searchHidden
    settings.controllerEmbedding = searchDim
    return settings
  }

  /// What the options mean to steps.
  var search: SearchSettings {
    var settings = SearchSettings()
    settings.paths = searchPaths
    settings.updates = searchUpdates
    settings.exploration = searchExploration
    settings.rewards = searchRewards
    settings.temperature = searchTemperature
    settings.baselineDecay = searchBaseline
    settings.entropyWeight = searchEntropy
    settings.rate = Float(searchLR)
    return settings
  }
}

/// One task's path, as in `--paths ner=1-2`.
public struct TaskPath: Equatable, Sendable {
  /// The task's name.
  public let task: String
  /// Its modules from the lowest up, numbered from 1.
  public let modules: [Int]

  /// The path of `task` through `modules`.
  public init(task: String, modules: [Int]) {
    self.task = task
    self.modules = modules
  }

  /// As it is written: `ner=1-2`.
  package var text: String { "\(task)=" + modules.map(String.init).joined(separator: "-") }
}

extension Recipe {
  /// Whether a controller chooses the paths of `architecture`.
  package func searches(_ architecture: Architecture) -> Bool {
    (architecture.needsTickets ? baseArchitecture : architecture).choosesPaths
      && modules.paths.isEmpty
  }

  /// Checks paths, and what searches cannot be combined with.
  ///
  /// - Throws: `Failure` of kind `usage` naming the option, its value and why it cannot be.
  func validateModules() throws {
    guard (sharing.compactMap(Architecture.named) + [baseArchitecture]).contains(where: searches)
    else { return }
    for (name, value, isUsed) in [
      ("communicate", steps.communicate.rawValue, steps.communicate != .none),
      ("balance", steps.balance.rawValue, steps.balance != .weights),
    ] where isUsed {
      throw Failure(
        .usage, setting: name, value: value,
        "cannot be combined with a search of modules, which has steps of its own; give paths, or "
          + "leave one of them out")
    }
    if modules.searchPaths == 1, modules.searchRewards == .softmax {
      throw Failure(
        .usage, setting: "search-paths", value: "1",
        "the softmax of one reward is always 1; draw two paths or more, or take search-rewards raw")
    }
  }
}

extension RecipeOption {
  /// The options of pools of modules.
  static let modules: [RecipeOption] = [
    .integer(
      "modules", .model, \.modules.modules, 1...1000,
      "Modules of the pool of --sharing modules; each is a layer of --hidden units"),
    .integer(
      "path-length", .model, \.modules.pathLength, 1...16, "Most modules of a task's path"),
    RecipeOption(
      "paths", .model, "task=n-n,…",
      allowed: "task=path pairs, each task once, with modules as in pos=1,ner=1-2",
      "Each task's modules from the lowest up with hyphens between, as in pos=1,ner=1-2-3, where one "
        + "may come twice; left out: a controller searches for them",
      read: { .text($0.modules.paths.map(\.text).joined(separator: ",")) },
      write: { recipe, value, _ in
        guard let paths = paths(value) else { return false }
        recipe.modules.paths = paths
        return true
      }),
    .integer(
      "search-paths", .training, \.modules.searchPaths, 1...1000,
      "Paths that the search draws for a batch, N"),
    .choice(
      "search-updates", .training, \.modules.searchUpdates,
      "Whether each path makes a step, or all of a batch one together, for which beginnings that "
        + "paths have in common are computed once"),
    .number(
      "search-exploration", .training, \.modules.searchExploration, from: 0, upTo: 1,
      "Probability of drawing a path uniformly"),
    .choice(
      "search-rewards", .training, \.modules.searchRewards,
      "What a path's reward R, minus its loss, counts: softmax(R / τ) over the paths of a batch, or "
        + "R / τ"),
    .number(
      "search-temperature", .training, \.modules.searchTemperature, from: 1e-4, upTo: 1000, "τ"),
    .number(
      "search-baseline", .training, \.modules.searchBaseline, from: 0, upTo: 1, openAbove: true,
      "Decay of a task's moving average of rewards, which is subtracted from them (1/N where they are "
        + "softmax rewards), 0 for none"),
    .number(
      "search-entropy", .training, \.modules.searchEntropy, from: 0, upTo: 1000,
      "Weight of the entropy of the policy's choices, 0 for none"),
    .number(
      "search-lr", .training, \.modules.searchLR, from: 0, openBelow: true, upTo: 1000,
      "Learning rate of the controller's Adam"),
    .integer(
      "search-hidden", .model, \.modules.searchHidden, 1...4096, "Hidden units of the controller"),
    .integer(
      "search-dim", .model, \.modules.searchDim, 1...4096,
      "Components of the controller's vector of a task or module"),
    .integer(
      "fine-tune-epochs", .train, \.modules.fineTuneEpochs, 0...1_000_000,
      "Most epochs that each task's head trains on its path after a search, all else fixed; 0 for "
        + "none"),
  ]

  private static func paths(_ value: RecipeValue) -> [TaskPath]? {
    let pairs: [(Substring, String?)]
    if case .mapping(let entries) = value {
      pairs = entries.map { ($0.key[...], $0.value.scalarText) }
    } else {
      guard value == .null || value.scalarText != nil else { return nil }
      pairs = (value.scalarText ?? "").split(separator: ",", omittingEmptySubsequences: false)
        .map { pair in
          let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
          return (parts[0], parts.count == 2 ? String(parts[1]) : nil)
        }
      if value.scalarText ?? "" == "" { return [] }
    }
    let paths = pairs.compactMap { task, text -> TaskPath? in
      let parts = (text ?? "").split(separator: "-", omittingEmptySubsequences: false)
      let modules = parts.compactMap { Int($0) }
      guard RecipeTask.isName(String(task)), modules.count == parts.count,
        (1...16).contains(modules.count), modules.allSatisfy({ (0...1000).contains($0) })
      else { return nil }
      return TaskPath(task: String(task), modules: modules)
    }
    return paths.count == pairs.count && paths.firstDuplicate(by: \.task) == nil ? paths : nil
  }
}
