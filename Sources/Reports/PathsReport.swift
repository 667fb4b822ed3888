import Basics
import Foundation
import Masks
import Runs
import Sharing

/// The tasks' paths through a pool of modules, and how its controller came to choose them (Chen et
/// al. 2018, "Analysis" and Figures 3 to 5). Modules are numbered from 1, as in the weights file.
public struct PathsReport: Encodable, Sendable {
  /// One choice along a path.
  public struct Step: Encodable, Sendable {
    /// The module that was chosen; nil for stopping.
    @OrNull public var choice: Int?
    /// The probability of every module, [L].
    public let modules: [Double]
    /// That of stopping; nil at the first step, where it is no choice.
    @OrNull public var stop: Double?
  }

  /// The path of one task.
  public struct Path: Encodable, Sendable {
    /// The task.
    public let task: String
    /// Its modules from the lowest up.
    public let path: [Int]
    /// The probability of the whole path, which no other path exceeds; nil if paths are fixed.
    @OrNull public var probability: Double?
    /// The choices along it, at last that of stopping unless the path is as long as paths can be;
    /// nil if paths are fixed.
    @OrNull public var steps: [Step]?
  }

  /// A module that is on some path.
  public struct Module: Encodable, Sendable {
    /// Its number.
    public let module: Int
    /// The tasks that use it.
    public let tasks: [String]
    /// The mean of its positions, counted from 1, in all paths.
    public let depth: Double
  }

  /// How much some tasks share.
  public struct Shared: Encodable, Sendable {
    /// The tasks.
    public let tasks: [String]
    /// Modules on all of their paths over those on any.
    public let ratio: Double
    /// Those on all paths, and on any.
    public let intersection: Int, union: Int
    /// The overlap ratio of the run's tickets; nil if there are none, or it is undefined.
    @OrNull public var masks: Double?
  }

  /// The controller's vectors of the tasks in two dimensions.
  public struct Vectors: Encodable, Sendable {
    /// How they were projected.
    public let projection = "principal components"
    /// The share of all variance along either component.
    public let explained: [Double]
    /// By task: the two coordinates.
    public let coordinates: [[Double]]
  }

  /// The architecture, or `warm-up`.
  public let network: String
  /// L, the modules of the pool.
  public let modules: Int
  /// The tasks' paths, in the recipe's order.
  public let tasks: [Path]
  /// The modules that are used.
  public let used: [Module]
  /// What all tasks share.
  public let all: Shared
  /// What every pair of tasks shares.
  public let pairs: [Shared]
  /// The tasks' vectors; nil if paths are fixed.
  @OrNull public var vectors: Vectors?

  /// The paths through `pool` of the `tasks` of `network`, beside the overlap of `masks`, if the run
  /// has any.
  ///
  /// - Throws: `Failure` of kind `badData` if the controller's probabilities are not finite.
  package init(_ pool: ModulePool, tasks: [String], network: String, masks: Overlap?) throws {
    self.network = network
    modules = pool.count
    self.tasks = try tasks.enumerated().map { try Path(pool, $0, name: $1) }
    used = Self.used(self.tasks)
    let sets = self.tasks.map { (task: $0.task, modules: Set($0.path)) }
    all = Shared(sets, masks: masks?.overlap.all)
    let ratios = Dictionary(
      uniqueKeysWithValues: (masks?.overlap.pairs ?? []).map { (Set($0.tasks), $0.ratio) })
    pairs = sets.indices.flatMap { a in
      sets[(a + 1)...].map { b in
        Shared([sets[a], b], masks: ratios[[sets[a].task, b.task]] ?? nil)
      }
    }
    vectors = pool.controller.map { controller in
      let components = PrincipalComponents(controller.taskVectors, count: 2)
      return Vectors(explained: components.explained, coordinates: components.coordinates)
    }
  }

  private static func used(_ paths: [Path]) -> [Module] {
    Set(paths.flatMap(\.path)).sorted().map { module in
      let positions = paths.flatMap { path in
        path.path.indices.filter { path.path[$0] == module }.map { $0 + 1 }
      }
      return Module(
        module: module, tasks: paths.filter { $0.path.contains(module) }.map(\.task),
        depth: Double(positions.reduce(0, +)) / Double(positions.count))
    }
  }
}

extension PathsReport.Path {
  /// The path of the task `index`, called `name`, through `pool`.
  fileprivate init(_ pool: ModulePool, _ index: Int, name: String) throws {
    guard let controller = pool.controller else {
      self.init(
        task: name, path: pool.path(of: index).map { $0 + 1 }, probability: nil, steps: nil)
      return
    }
    let best = controller.mostProbablePath(of: index)
    guard !best.path.isEmpty else {
      throw Failure(
        .badData, "task \(name): the controller's weights are damaged: no path has a probability")
    }
    let prefixes = (0...min(best.path.count, controller.longest - 1)).map {
      Array(best.path.prefix($0))
    }
    let steps = zip(prefixes, controller.choices(after: prefixes, of: index)).map {
      prefix, choices in
      let probabilities = choices.map { exp($0) }
      return PathsReport.Step(
        choice: prefix.count < best.path.count ? best.path[prefix.count] + 1 : nil,
        modules: Array(probabilities.prefix(pool.count)),
        stop: prefix.isEmpty ? nil : probabilities[pool.count])
    }
    self.init(
      task: name, path: best.path.map { $0 + 1 }, probability: exp(best.logProbability),
      steps: steps)
  }
}

extension PathsReport.Shared {
  /// What tasks share that use the sets of modules `sets`.
  fileprivate init(_ sets: [(task: String, modules: Set<Int>)], masks: Double?) {
    let first = sets[0].modules
    let intersection = sets.reduce(first) { $0.intersection($1.modules) }.count
    let union = sets.reduce(first) { $0.union($1.modules) }.count
    self.init(
      tasks: sets.map(\.task), ratio: Double(intersection) / Double(union),
      intersection: intersection, union: union, masks: masks)
  }
}
