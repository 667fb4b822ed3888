import Basics
import Foundation
import Recipes
import Sharing

/// A part of a run that one worker does at a time.
package enum RunUnit: Equatable, Sendable {
  case warmup
  /// The pruning of one task; nil for all where they decide together.
  case prune(task: String?)
  /// The training of an architecture, or of one of its tasks' own networks.
  case train(String, task: String?)
  /// The scores of everything.
  case evaluate

  /// What guards, logs and plans call it: `prune/ner`.
  package var name: String {
    switch self {
    case .warmup: "warmup"
    case .prune(let task): (["prune"] + [task].compactMap(\.self)).joined(separator: "/")
    case .train(let sharing, let task):
      (["train", sharing] + [task].compactMap(\.self)).joined(separator: "/")
    case .evaluate: "evaluate"
    }
  }

  /// The part called `name`; nil if none is.
  package init?(_ name: String) {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.allSatisfy(RunDirectory.isSafe) else { return nil }
    switch (parts[0], parts.count) {
    case ("warmup", 1): self = .warmup
    case ("prune", 1): self = .prune(task: nil)
    case ("prune", 2): self = .prune(task: parts[1])
    case ("train", 2): self = .train(parts[1], task: nil)
    case ("train", 3): self = .train(parts[1], task: parts[2])
    case ("evaluate", 1): self = .evaluate
    default: return nil
    }
  }
}

extension Recipe {
  /// The parts of what there is to do for `architectures`, each after those it needs, by their places.
  package func units(
    _ architectures: [Architecture]
  ) -> [(unit: RunUnit, needs: [Int], trainings: [WorkPlan.Training])] {
    var units: [(unit: RunUnit, needs: [Int], trainings: [WorkPlan.Training])] = []
    let plan = workPlan(architectures)
    let trainings = architectures.flatMap(trainingUnits)
    func lanes(_ name: String) -> [[WorkPlan.Training]] {
      plan.stages.first { $0.name == name }?.lanes ?? []
    }
    func add(_ unit: RunUnit, after needs: [Int], _ trainings: [WorkPlan.Training]) -> Int {
      if let place = units.firstIndex(where: { $0.unit == unit }) { return place }
      units.append((unit, needs, trainings))
      return units.count - 1
    }
    func train(_ own: TrainingUnit, after needs: [Int]) -> Int {
      let name = own.architecture.name
      let lane = lanes("train/\(name)").joined().filter { $0.key.task == own.task }
      let heads = lanes("fine-tune/\(name)").joined()
      return add(.train(name, task: own.task), after: needs, lane + heads)
    }
    // Measured weights come from every task's own network.
    var measured: [Int] = []
    if steps.measuresWeights, tasks.count > 1, let single = Architecture.named("single"),
      plan.stages.contains(where: { $0.trainings.contains { $0.key.task == nil } })
    {
      measured = trainingUnits(of: single).map { train($0, after: []) }
    }
    var warmup: [Int] = []
    if trainings.contains(where: { $0.warmupEpochs != nil }) {
      warmup = [add(.warmup, after: measured, Array(lanes("warmup").joined()))]
    }
    var pruned: [Int] = []
    if trainings.contains(where: { $0.start == .tickets }) {
      let own = lanes("prune")
      if masks.agreement != nil {
        pruned = [add(.prune(task: nil), after: warmup, Array(own.joined()))]
      } else {
        for task in tasks {
          // What a task may prune is what those before it have left.
          let before = masks.combine == .exclude ? pruned.suffix(1) : []
          let rounds = own.joined().filter { $0.key.task == task.name }
          pruned.append(add(.prune(task: task.name), after: warmup + before, Array(rounds)))
        }
      }
    }
    for unit in trainings {
      let start =
        switch unit.start {
        case .initialisation: [Int]()
        case .warmup: warmup
        case .tickets: pruned
        }
      _ = train(unit, after: (measured + start).filter { $0 >= 0 })
    }
    let all = Array(units.indices)
    _ = add(.evaluate, after: all, [])
    return units
  }
}

extension RunDirectory {
  /// Whether `unit` of the run in the folder `run`, which need not be there, is done.
  package static func isDone(_ unit: RunUnit, of recipe: Recipe, in run: String) -> Bool {
    outputs(of: unit, recipe).allSatisfy { exists(file: "\(run)/\($0)") }
  }

  private static func exists(file: String) -> Bool { access(file, F_OK) == 0 }

  /// The files in a run with `recipe` that `unit` is for.
  package static func outputs(of unit: RunUnit, _ recipe: Recipe) -> [String] {
    switch unit {
    case .warmup: return ["warmup/weights.safetensors"]
    case .prune(let task):
      return (task.map { [$0] } ?? recipe.tasks.map(\.name)).map { "tickets/\($0)/ticket.ticket" }
    case .train(let sharing, let task):
      return [
        (["train", sharing] + [task].compactMap(\.self)).joined(separator: "/")
          + "/weights.safetensors"
      ]
    case .evaluate:
      return ["results/\(recipe.taskWithoutTest == nil ? "test" : "dev")-scores.json"]
    }
  }
}
