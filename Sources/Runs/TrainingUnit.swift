import Basics
import Foundation
import Recipes
import Sharing

/// One network to be trained: an architecture on the tasks that it trains together, or on one that
/// it trains alone, and what it starts from.
public struct TrainingUnit: Sendable {
  /// What weights start from.
  public enum Start: Sendable {
    /// The initialisation.
    case initialisation
    /// The weights after warm-up.
    case warmup
    /// θ⁰ under the tasks' tickets.
    case tickets
  }

  /// The architecture.
  public let architecture: Architecture
  /// The tasks, as indices of the recipe's.
  public let tasks: [Int]
  /// The name of its only task where tasks are trained alone; nil where they are together.
  public let task: String?
  /// What its weights start from.
  public let start: Start
  /// How many epochs of the warm-up that has had, nil if it does not come from there; the others are
  /// added to its own, so that budgets are equal.
  public let warmupEpochs: Int?
  /// What it takes over from another run's network; nil for nothing.
  var encoder: SharedEncoder?

  /// What the user sees it called.
  var label: String { task.map { "\(architecture.name) \($0)" } ?? architecture.name }

  /// The only task, as an index of the recipe's, where tasks are trained alone.
  var alone: Int? { task == nil ? nil : tasks[0] }
}

extension TrainingUnit {
  /// The network of `architecture` for a run's only task, from its initialisation with what
  /// `encoder` has in its place.
  init(of architecture: Architecture, from encoder: SharedEncoder?) {
    self.init(
      architecture: architecture, tasks: [0], task: nil, start: .initialisation,
      warmupEpochs: nil, encoder: encoder)
  }
}

extension Recipe {
  /// How many epochs of the warm-up θ⁰ has had; nil if it does not come from there.
  private var rewindEpochs: Int? {
    switch rewind {
    case .warmup: warmupEpochs
    case .`init`: nil
    case .epoch(let epoch): epoch
    }
  }

  /// The networks of `architecture` that are trained: one for all tasks, or one for each.
  public func trainingUnits(of architecture: Architecture) -> [TrainingUnit] {
    let isBase = architecture.name == base
    let before = architecture.needsTickets ? rewindEpochs : isBase ? warmupEpochs : nil
    func unit(_ indices: [Int], _ task: String?) -> TrainingUnit {
      TrainingUnit(
        architecture: architecture, tasks: indices, task: task,
        start: architecture.needsTickets ? .tickets : isBase ? .warmup : .initialisation,
        warmupEpochs: before)
    }
    return architecture.trainsTasksAlone
      ? tasks.indices.map { unit([$0], tasks[$0].name) } : [unit(Array(tasks.indices), nil)]
  }
}

extension RunDirectory {
  /// Whether the training of `unit` is finished.
  func isTrained(_ unit: TrainingUnit) -> Bool { Self.isTrained(unit, in: path) }

  /// Whether the training of `unit` is finished in the run in the folder `run`, which need not be
  /// there.
  package static func isTrained(_ unit: TrainingUnit, in run: String) -> Bool {
    // Without a path there is no file.
    (try? weights(of: unit, in: run)).map(FileManager.default.fileExists) ?? false
  }
}

extension Architecture {
  /// The architecture called `name`.
  ///
  /// - Throws: `Failure` of kind `usage` naming those there are.
  static func existing(_ name: String) throws -> Architecture {
    guard let architecture = named(name) else {
      throw Failure(
        .usage, setting: "sharing", value: name,
        "must be one of " + all.map(\.name).joined(separator: ", "))
    }
    return architecture
  }
}
