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
    try begin(recipe.workPlan(warmingUp: true))
    let isDone = { [run] in FileManager.default.fileExists(atPath: run.warmupWeights) }
    try holding(.warmup, unless: isDone, do: trainWarmUp)
    // A kill may have left it there.
    try remove(run.warmupCheckpoint)
  }

  private func trainWarmUp() throws {
    try Files.makeFolder(run.path("warmup"))
    let all = Array(tasks.indices)
    let network = try initialNetwork()
    var metadata = recipe.warmupIdentity.metadata
    metadata["epoch"] = "0"
    if recipe.warmupEpochs > 0 {
      var job = Job(stage: "warmup", label: "warm-up", checkpoint: run.warmupCheckpoint)
      var settings = try trainingSettings(of: network, epochs: recipe.warmupEpochs, alone)
      if case .epoch(let wanted) = recipe.rewind {
        settings.leastEpochs = wanted
        job.afterEpoch = { [self] in try keep(network, after: $0, wanted: wanted) }
      }
      let trainer = try train(
        network, tasks: all, settings: settings, streams: "warmup", job, alone)
      metadata["epoch"] = "\(trainer.bestEpoch)"
      let scores = zip(tasks, trainer.bestScores).map { "\($0.name) \(percent($1))" }
      try say(
        "warm-up: epoch \(trainer.bestEpoch) is best on dev: " + scores.joined(separator: ", "))
    }
    if let pool = network.parts.modules, pool.controller != nil {
      try run.write(paths: pool.paths(of: tasks))
    }
    try Weights(of: network.parameters).write(to: run.warmupWeights, metadata: metadata)
  }

  /// The network of all tasks as the warm-up finds it: as it is drawn, or with the weights of a file.
  ///
  /// - Throws: `Failure` of kind `missingInput`, or `badData` naming a tensor that the file lacks, has in
  ///   another shape, or has too many.
  private func initialNetwork() throws -> any SharingNetwork {
    let network = try network(recipe.baseArchitecture)
    guard let path = recipe.weights else { return network }
    let file = try SafeTensors(contentsOf: path)
    try file.load(into: network.parameters)
    let names = Set(network.parameters.map(\.name))
    if let other = file.tensors.first(where: { !names.contains($0.name) }) {
      throw Failure(
        .badData, setting: "weights", value: path,
        "has the tensor \(other.name), which the network has not; leave it out")
    }
    return network
  }

  /// Keeps the weights after epoch `epoch` of the warm-up if it is the one that is `wanted`.
  ///
  /// - Throws: `Failure` of kind `usage` if that one has gone by without being kept.
  private func keep(_ network: any SharingNetwork, after epoch: Int, wanted: Int) throws {
    if epoch == wanted {
      try Weights(of: network.parameters).write(
        to: run.epochWeights,
        metadata: recipe.epochIdentity.metadata.merging(["epoch": "\(epoch)"]) { $1 })
    } else if epoch > wanted, try run.keptEpoch() != wanted {
      throw Failure(
        .usage, setting: "rewind", value: recipe.rewind.text,
        "the warm-up is in epoch \(epoch + 1) and was begun without keeping that one; choose a later "
          + "one, or another folder")
    }
  }

  /// Checks that there is what θ⁰ is made of, or θ⁰ itself.
  ///
  /// - Throws: `Failure` of kind `missingInput` if the warm-up is not finished, or has not kept the
  ///   weights that rounds are to start from.
  func requireStart() throws {
    guard !FileManager.default.fileExists(atPath: run.theta0), recipe.rewind != .`init` else {
      return
    }
    try run.requireWarmup()
    guard case .epoch(let epoch) = recipe.rewind, try run.keptEpoch() != epoch else { return }
    throw Failure(
      .missingInput, setting: "rewind", value: recipe.rewind.text,
      "the warm-up of \(run.path) has kept no weights of that epoch, because it was done with another "
        + "rewind; choose warmup or init, or warm up in another folder")
  }

  /// The weights every ticket belongs to, θ⁰: those of the warm-up, of an epoch of it, or the
  /// initialisation, as the recipe rewinds. Kept in a file of their own when first needed.
  func theta0() throws -> Weights {
    try requireStart()
    if !FileManager.default.fileExists(atPath: run.theta0) {
      let weights =
        switch recipe.rewind {
        case .warmup: try warmedUp()
        case .epoch: try Weights(contentsOf: run.epochWeights, of: recipe.epochIdentity)
        case .`init`: try Weights(of: initialNetwork().parameters)
        }
      try run.freeze(.prune)
      try weights.write(to: run.theta0, metadata: recipe.theta0Identity.metadata)
    }
    return try Weights(contentsOf: run.theta0, of: recipe.theta0Identity)
  }

  /// The warm-up's weights.
  ///
  /// - Throws: `Failure` of kind `missingInput` if the warm-up is not finished.
  func warmedUp() throws -> Weights {
    try run.requireWarmup()
    return try Weights(contentsOf: run.warmupWeights, of: recipe.warmupIdentity)
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

  /// The epoch of the warm-up whose weights are kept beside the best ones; nil if none is.
  ///
  /// - Throws: `Failure` of kind `badData` if their file is damaged.
  func keptEpoch() throws -> Int? {
    guard FileManager.default.fileExists(atPath: epochWeights) else { return nil }
    let file = try SafeTensors(contentsOf: epochWeights)
    try file.verify()
    return file.metadata["epoch"].flatMap { Int($0) }
  }
}
