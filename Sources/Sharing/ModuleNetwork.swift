import Basics
import Batches
import Layers
import Tensors

/// A pool of modules, of which every task has a path of its own (Chen et al. 2018): M_a1 … M_al one
/// upon the other over the input layer, then the task's head.
///
/// A module is one layer that gives as many numbers as it reads, so that any can follow any other:
/// 2H, the width of the input layer. Module i, from 1, is `lstm.module<i>` in the weights file, or
/// `mlp.module<i>`. Paths are given, or those that the controller finds most probable; in a search
/// steps follow paths that it draws.
public final class ModuleNetwork: SharingNetwork {
  public let tasks: [TaskShape]
  private let input: InputLayer
  private let pool: ModulePool
  private let heads: [TaskHead]

  /// A network of `shape` for `tasks`, initialised under `seed`; without one parameters are zero,
  /// to be loaded. Of given paths it has the modules that are on one.
  ///
  /// - Throws: `Failure` of kind `usage` if modules cannot follow the input layer, a path leads to a
  ///   module that is not there, or there is nothing to choose.
  public init(
    _ shape: NetworkShape, tasks: [TaskShape], settings: ModuleSettings, seed: UInt64?
  ) throws {
    try settings.check(shape, tasks: tasks)
    self.tasks = tasks
    input = InputLayer(shape, seed: seed)
    pool = ModulePool(shape, tasks: tasks, settings, over: input.parameters, seed: seed)
    heads = tasks.map { TaskHead($0, shape, inputs: shape.stateWidth, seed: seed) }
  }

  public var parameters: [Parameter] {
    pool.body + (pool.controller?.parameters ?? []) + heads.flatMap(\.parameters)
  }

  public var parts: NetworkParts {
    NetworkParts(
      words: input.wordTable, encoders: pool.weights, heads: heads.flatMap(\.weights),
      modules: pool)
  }

  public func parameters(of task: Int) -> [Parameter] {
    input.parameters + pool.parameters(on: pool.path(of: task)) + heads[task].parameters
  }

  public func activate(tasks: [Int]) {}

  public func output(
    of task: Int, _ batch: Batch, draws: StepDraws?, on tape: Tape
  ) -> TaskOutput {
    // Nothing below the head moves in fine-tuning: no way back is recorded there.
    let isFrozen = pool.body.allSatisfy(\.isFrozen)
    let below =
      isFrozen
      ? Tape(
        workspace: tape.workspace, isRecording: false, threads: tape.threads, clock: tape.clock)
      : tape
    let states = pool.states(along: pool.path(of: task), packing: batch.packing, on: below) {
      input(batch.inputs, draws: draws, on: below)
    }
    let read = isFrozen ? tape.variable(states.value) : states
    return TaskOutput(scores: heads[task](read, batch.packing, draws, on: tape))
  }

  public func head(of task: Int) -> any Head { heads[task].head }
}

/// The modules that tasks may use, and each task's path through them, modules numbered from 0.
public final class ModulePool {
  /// L.
  public let count: Int
  /// What chooses paths; nil if they are given.
  public let controller: Controller?
  /// The path that a step under way follows instead of its task's.
  public package(set) var drawn: [Int]?
  /// What tasks share, or could: the input layer and all modules.
  public let body: [Parameter]
  private let given: [[Int]]
  /// By number; nil if no given path needs it.
  private let modules: [(any LayerStack)?]
  /// States by prefix of a path, while steps share them.
  private var known: [[Int]: Variable]?

  init(
    _ shape: NetworkShape, tasks: [TaskShape], _ settings: ModuleSettings, over input: [Parameter],
    seed: UInt64?
  ) {
    count = settings.count
    let given =
      settings.paths.isEmpty ? [] : tasks.map { settings.paths[$0.name]!.map { $0 - 1 } }
    self.given = given
    let used = Set(given.joined())
    let modules = (0..<count).map { index in
      used.isEmpty || used.contains(index)
        ? shape.makeEncoder(of: "module\(index + 1)", depth: 1, seed: seed) : nil
    }
    self.modules = modules
    body = input + modules.compactMap(\.self).flatMap(\.parameters)
    controller =
      settings.paths.isEmpty ? Controller(tasks: tasks.count, settings, seed: seed) : nil
  }

  /// The path that `task` follows: the drawn one, else the given or the most probable one.
  public func path(of task: Int) -> [Int] {
    drawn ?? controller?.mostProbablePath(of: task).path ?? given[task]
  }

  /// The paths of `tasks`, those of the network, by name, modules numbered from 1.
  public func paths(of tasks: [TaskShape]) -> [String: [Int]] {
    Dictionary(
      uniqueKeysWithValues: tasks.enumerated().map { ($1.name, path(of: $0).map { $0 + 1 }) })
  }

  /// Calls `body`; what it computes for several paths of one batch on one tape is computed once where
  /// their beginnings are the same.
  public func sharingPrefixes<R>(_ body: () throws -> R) rethrows -> R {
    known = [:]
    defer { known = nil }
    return try body()
  }

  var weights: [Parameter] { modules.compactMap(\.self).flatMap(\.weights) }

  /// The parameters of the modules on `path`, each once, by number.
  func parameters(on path: [Int]) -> [Parameter] {
    Set(path).sorted().flatMap { modules[$0]!.parameters }
  }

  /// The states after the last module of `path` over `input`.
  func states(
    along path: [Int], packing: Packing, on tape: Tape, input: () -> Variable
  ) -> Variable {
    var states = known?[[]] ?? input()
    known?[[]] = states
    return tape.part("BiLSTM") {
      for (index, module) in path.enumerated() {
        let prefix = Array(path[...index])
        states =
          known?[prefix] ?? modules[module]!(states, packing: packing, on: tape)
        known?[prefix] = states
      }
      return states
    }
  }
}

extension ModuleSettings {
  /// Checks that modules fit upon the input layer of `shape`, and paths into the pool.
  fileprivate func check(_ shape: NetworkShape, tasks: [TaskShape]) throws {
    let (read, given) = (shape.inputWidth, shape.stateWidth)
    guard read == given else {
      let directions = given / shape.hidden
      throw Failure(
        .usage, setting: "hidden", value: "\(shape.hidden)",
        "modules give \(directions) · \(shape.hidden) = \(given) numbers a row, but the input layer gives \(read); for "
          + "any module to follow any other both must be equal"
          + (read % directions == 0 ? ", as with hidden \(read / directions)" : ""))
    }
    guard !paths.isEmpty else {
      guard count > 1 else {
        throw Failure(
          .usage, setting: "modules", value: "\(count)",
          "there is nothing to choose; take two or more, or give paths")
      }
      return
    }
    for task in tasks {
      guard let path = paths[task.name] else {
        throw Failure(
          .usage, setting: "paths",
          "task \(task.name) has no path; give one to every task, or to none for a search")
      }
      let shown = "\(task.name)=\(path.map(String.init).joined(separator: "-"))"
      if let module = path.first(where: { !(1...count).contains($0) }) {
        throw Failure(
          .usage, setting: "paths", value: shown,
          "there is no module \(module); the pool has the modules 1 to \(count)")
      }
      guard (1...longest).contains(path.count) else {
        throw Failure(
          .usage, setting: "paths", value: shown,
          "must have one module or more, and at most path-length \(longest)")
      }
    }
  }
}
