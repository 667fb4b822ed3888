import Basics
import Figures
import Foundation
import Recipes
import Sharing
import Tensors
import Training

/// What comes after a search for paths (Chen et al. 2018): each task's head is fine-tuned on the
/// path that is its most probable one, all else fixed.
extension StageRunner {
  /// Fine-tunes the heads of `unit`, whose search ended with the weights in the file `found`, side by
  /// side, and writes the unit's weights.
  func fineTune(_ unit: TrainingUnit, from found: String) throws {
    let searched = try Weights(contentsOf: found, of: unit.searchIdentity)
    let network = try recipe.makeNetwork(unit.architecture, shape, tasks, seed: nil)
    try searched.load(into: network.parameters, from: found)
    var fixed = recipe
    fixed.modules.paths = network.parts.modules!.paths(of: tasks).map(TaskPath.init)
    _ = try Parallel.map(tasks.count, jobs: resources.jobs) { [self, fixed] index, circumstances in
      let head = unit.head(index, tasks[index].name)
      let network = try fixed.makeNetwork(unit.architecture, shape, tasks, seed: nil)
      try searched.load(into: network.parameters, from: found)
      try fineTune(head, network, circumstances)
    }
    for (index, task) in tasks.enumerated() {
      let path = try run.weights(of: unit.head(index, task.name))
      let head = try SafeTensors(contentsOf: path)
      try head.require(unit.head(index, task.name).headIdentity)
      try head.load(into: network.headParameters(of: index))
    }
    let metadata = try SafeTensors(contentsOf: found).metadata.filter { $0.key != "holds" }
    try Weights(of: network.parameters).write(to: run.weights(of: unit), metadata: metadata)
    try removeFineTuning(of: unit)
  }

  /// Trains the head of the only task of `unit` in `network`, and writes it; as it was if no epoch is
  /// better on dev.
  private func fineTune(
    _ unit: TrainingUnit, _ network: any SharingNetwork, _ circumstances: Parallel.Circumstances
  ) throws {
    let path = try run.weights(of: unit)
    let checkpoint = try run.checkpoint(of: unit)
    guard !run.isTrained(unit) else { return try remove(checkpoint) }
    try Files.makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    let index = unit.tasks[0]
    let alone = OneTask(index, of: FrozenSharing(network, frozen: network.parts.modules!.body))
    let head = network.headParameters(of: index)
    let before = Weights(of: head)
    let score = try Evaluation(alone, threads: circumstances.threads)
      .score(of: 0, data[index].dev).value
    let trainer = try train(
      alone, tasks: [index], epochs: recipe.modules.fineTuneEpochs, streams: "fine-tune",
      Job(
        stage: "fine-tune/\(unit.architecture.name)", task: unit.task,
        label: "fine-tuning \(unit.label)",
        checkpoint: checkpoint), circumstances)
    let isBetter = trainer.bestScores[0] > score
    if !isBetter { try before.load(into: head, from: "the search") }
    try Weights(of: head).write(
      to: path,
      metadata: unit.headIdentity.metadata.merging([
        "epoch": "\(isBetter ? trainer.bestEpoch : 0)"
      ]) { $1 })
    try remove(checkpoint)
    try say(
      "\(unit.label): \(isBetter ? "fine-tuned" : "stays as the search left it"), dev "
        + "\(percent(score)) before, \(percent(trainer.bestScores[0])) after")
  }

  /// Removes what the weights of `unit` were made of.
  func removeFineTuning(of unit: TrainingUnit) throws {
    for (index, task) in tasks.enumerated() {
      let head = unit.head(index, task.name)
      let weights = try run.weights(of: head)
      for path in try [weights, run.checkpoint(of: head)] { try remove(path) }
      rmdir(URL(fileURLWithPath: weights).deletingLastPathComponent().path)
    }
    try remove(run.searchWeights(of: unit))
  }
}

extension TrainingUnit {
  /// The head of task `index`, called `name`, of a network that is trained for all tasks.
  func head(_ index: Int, _ name: String) -> TrainingUnit {
    TrainingUnit(
      architecture: architecture, tasks: [index], task: name, start: start,
      warmupEpochs: warmupEpochs)
  }
}

extension SharingNetwork {
  /// What task `index` of a network of modules has for itself.
  fileprivate func headParameters(of index: Int) -> [Parameter] {
    let isShared = Set(parts.modules!.body.map(ObjectIdentifier.init))
    return parameters(of: index).filter { !isShared.contains(ObjectIdentifier($0)) }
  }
}
