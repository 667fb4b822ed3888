import Recipes
import Sharing
import Training

/// What a run has to do, stage by stage.
package struct WorkPlan: Sendable {
  /// What tells a training of a run, as its lines in the metrics do.
  package struct Key: Hashable, Sendable {
    package let stage: String, task: String?, round: Int?

    package init(stage: String, task: String? = nil, round: Int? = nil) {
      (self.stage, self.task, self.round) = (stage, task, round)
    }

    /// The same for any round.
    package var roundless: Key { Key(stage: stage, task: task) }
  }

  /// A training, or what a criterion does in its place.
  package struct Training: Sendable {
    package let key: Key
    /// The most epochs, and those that are done whatever dev says.
    package let epochs: Int, leastEpochs: Int
  }

  /// A stage: lanes of trainings one after the other; lanes may go on side by side.
  package struct Stage: Sendable {
    package let name: String
    package let lanes: [[Training]]
  }

  /// The stages, one after the other.
  package let stages: [Stage]
  /// Epochs without a better dev score after which a training ends; 0 for never.
  package let patience: Int

  /// Whether nothing of it is left.
  package func isFinished(_ done: WorkDone) -> Bool {
    stages.flatMap(\.trainings).allSatisfy { done[$0.key].isFinished }
  }

  /// Whether anything of it is done.
  package func hasBegun(_ done: WorkDone) -> Bool {
    stages.flatMap(\.trainings).contains { done[$0.key].isFinished || done[$0.key].epochs > 0 }
  }

  /// The most epochs that are left.
  package func epochsLeft(_ done: WorkDone) -> Int {
    stages.reduce(0) { $0 + $1.epochsLeft(done) }
  }
}

extension WorkPlan.Stage {
  /// All its trainings.
  package var trainings: [WorkPlan.Training] { Array(lanes.joined()) }

  /// The most epochs that are left.
  package func epochsLeft(_ done: WorkDone) -> Int {
    trainings.reduce(0) { sum, training in
      let own = done[training.key]
      return own.isFinished ? sum : sum + max(0, training.epochs - own.epochs)
    }
  }
}

extension Recipe {
  /// What there is to do for `architectures`: warm-up and pruning if one of them needs it, then the
  /// training of each.
  package func workPlan(_ architectures: [Architecture]) -> WorkPlan {
    let units = architectures.map(trainingUnits)
    var stages: [WorkPlan.Stage] = []
    if units.joined().contains(where: { $0.warmupEpochs != nil }), warmupEpochs > 0 {
      stages.append(warmupStage)
    }
    if units.joined().contains(where: { $0.start == .tickets }) {
      stages.append(pruningStage(tasks.map(\.name)))
    }
    for units in units { stages += trainingStages(units) }
    return workPlan(stages)
  }

  /// The part of it that is the warm-up alone, the pruning of `tasks`, or the training of some
  /// architectures' units.
  func workPlan(
    warmingUp: Bool = false, pruning tasks: [String] = [],
    training architectures: [[TrainingUnit]] = []
  ) -> WorkPlan {
    workPlan(
      (warmingUp && warmupEpochs > 0 ? [warmupStage] : [])
        + (tasks.isEmpty ? [] : [pruningStage(tasks)])
        + architectures.flatMap(trainingStages))
  }

  /// `stages`, after the training of every task alone where that tells the others their weights.
  private func workPlan(_ stages: [WorkPlan.Stage]) -> WorkPlan {
    let single = Architecture.named("single").map(trainingUnits)
    guard steps.measuresWeights, tasks.count > 1, let single,
      stages.contains(where: { $0.trainings.contains { $0.key.task == nil } })
    else { return WorkPlan(stages: stages, patience: patience) }
    let first = trainingStages(single)
    let rest = stages.filter { stage in !first.contains { $0.name == stage.name } }
    return WorkPlan(stages: first + rest, patience: patience)
  }

  private var warmupStage: WorkPlan.Stage {
    var least = 0
    if case .epoch(let epoch) = rewind { least = epoch }
    let training = WorkPlan.Training(
      key: .init(stage: "warmup"), epochs: warmupEpochs, leastEpochs: least)
    return WorkPlan.Stage(name: "warmup", lanes: [[training]])
  }

  private func pruningStage(_ tasks: [String]) -> WorkPlan.Stage {
    let pruning = pruning
    let lanes = tasks.map { task in
      (0...pruning.lastAtWork).map { round in
        let epochs =
          pruning.criterion.isMeasured ? 1 : pruning.epochs(of: round, training: roundEpochs)
        return WorkPlan.Training(
          key: .init(stage: "prune", task: task, round: round), epochs: epochs, leastEpochs: 0)
      }
    }
    // What a task may prune is what those before it have left.
    return WorkPlan.Stage(
      name: "prune", lanes: masks.combine == .exclude ? [Array(lanes.joined())] : lanes)
  }

  /// The stages of the `units` of one architecture: their training, and what follows a search.
  private func trainingStages(_ units: [TrainingUnit]) -> [WorkPlan.Stage] {
    let name = units[0].architecture.name
    let lanes = units.map { unit in
      [
        WorkPlan.Training(
          key: .init(stage: "train/\(name)", task: unit.task),
          epochs: epochs + warmupEpochs - (unit.warmupEpochs ?? 0), leastEpochs: 0)
      ]
    }
    let training = WorkPlan.Stage(name: "train/\(name)", lanes: lanes)
    guard fineTunes(units[0]) else { return [training] }
    let heads = tasks.map { task in
      [
        WorkPlan.Training(
          key: .init(stage: "fine-tune/\(name)", task: task.name),
          epochs: modules.fineTuneEpochs, leastEpochs: 0)
      ]
    }
    return [training, WorkPlan.Stage(name: "fine-tune/\(name)", lanes: heads)]
  }

  /// Whether heads are fine-tuned after the training of `unit`.
  func fineTunes(_ unit: TrainingUnit) -> Bool {
    unit.start != .tickets && searches(unit.architecture) && modules.fineTuneEpochs > 0
  }
}
