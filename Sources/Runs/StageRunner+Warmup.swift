import Basics
import Figures
import Foundation
import Recipes
import Sharing
import Training

extension StageRunner {
  /// Multi-task warm-up (Sun et al. 2020, "About Multi-Task Warmup"): the base architecture, hard
  /// sharing unless the recipe says otherwise, on all tasks for some epochs. Without warm-up epochs
  /// the weights are the initialisation.
  public func warmUp() throws {
    try run.freeze(.warmup)
    guard !FileManager.default.fileExists(atPath: run.warmupWeights) else {
      return try remove(run.warmupCheckpoint)
    }
    try Files.makeFolder(run.path("warmup"))
    let all = Array(tasks.indices)
    let network = try network(recipe.baseArchitecture)
    var metadata = ["stage": "warmup", "epoch": "0"]
    if recipe.warmupEpochs > 0 {
      let trainer = try train(
        network, tasks: all, epochs: recipe.warmupEpochs, streams: "warmup",
        Job(stage: "warmup", label: "warm-up", checkpoint: run.warmupCheckpoint), alone)
      metadata["epoch"] = "\(trainer.bestEpoch)"
      let scores = zip(tasks, trainer.bestScores).map { "\($0.name) \(percent($1))" }
      try say(
        "warm-up: epoch \(trainer.bestEpoch) is best on dev: " + scores.joined(separator: ", "))
    }
    if let pool = network.parts.modules, pool.controller != nil {
      try run.write(paths: pool.paths(of: tasks))
    }
    try Weights(of: network.parameters).write(to: run.warmupWeights, metadata: metadata)
    try remove(run.warmupCheckpoint)
  }

  /// The weights every ticket belongs to, θ⁰: those of the warm-up, or the initialisation if
  /// the recipe rewinds to that. Kept in a file of their own when first needed.
  func theta0() throws -> Weights {
    if !FileManager.default.fileExists(atPath: run.theta0) {
      let weights =
        switch recipe.rewind {
        case .warmup: try warmedUp()
        case .`init`: try Weights(of: network(recipe.baseArchitecture).parameters)
        }
      try run.freeze(.prune)
      try weights.write(to: run.theta0, metadata: ["rewind": recipe.rewind.rawValue])
    }
    return try Weights(contentsOf: run.theta0)
  }

  /// The warm-up's weights.
  ///
  /// - Throws: `Failure` of kind `missingInput` if the warm-up is not finished.
  func warmedUp() throws -> Weights {
    try run.requireWarmup()
    return try Weights(contentsOf: run.warmupWeights)
  }
}

extension RunDirectory {
  /// Checks that the warm-up is finished.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it is not.
  func requireWarmup() throws {
    guard FileManager.default.fileExists(atPath: warmupWeights) else {
      throw Failure(
        .missingInput,
        "\(path): the warm-up is not finished; run 'tickets warmup --out \(path)' first")
    }
  }
}
