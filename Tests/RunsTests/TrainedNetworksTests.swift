import Basics
import Corpora
import Foundation
import Recipes
import Runs
import Sharing
import TestSupport
import Testing
import Training

/// Finished networks, opened from nothing but the run's folder.
@Suite struct TrainedNetworksTests {
  private let scratch: Scratch
  private let run: RunDirectory

  init() throws {
    scratch = try Scratch()
    run = try RunDirectory.create(
      scratch.path("run"),
      recipe: resolve(
        ("layers", "1"), ("hidden", "4"), ("word-dim", "3"), ("char-filters", "0"),
        ("train-sentences", "5")))
    let training = try RunData(run.recipe).corpora(.train)
    let vocabulary = try Vocabulary(training: training, encoding: run.recipe.spanEncoding)
    try Files.writeAtomically(JSONEncoder().encode(vocabulary), to: run.vocabulary)
  }

  /// Writes the initialisation under `seed` as if it were trained.
  private func write(_ sharing: String, seed: UInt64, onlyTask: Int? = nil) throws {
    let architecture = try #require(Architecture.named(sharing))
    for unit in run.recipe.trainingUnits(of: architecture)
    where onlyTask.map({ unit.tasks == [$0] }) ?? true {
      let path = try run.weights(of: unit)
      try Files.makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
      let network = try made(architecture, seed: seed)
      let parameters =
        unit.tasks.count == 1 ? network.parameters(of: unit.tasks[0]) : network.parameters
      try Weights(of: parameters).write(to: path)
    }
  }

  private func made(_ architecture: Architecture, seed: UInt64) throws -> any SharingNetwork {
    let vocabulary = try TrainedNetworks(run).vocabulary
    return try run.recipe.makeNetwork(
      architecture, run.recipe.networkShape(vocabulary), run.recipe.taskShapes(vocabulary),
      seed: seed)
  }

  @Test func anArchitectureIsFinishedWhenAllItsNetworksAre() throws {
    #expect(try TrainedNetworks(run).architectures.isEmpty)
    try write("single", seed: 1, onlyTask: 0)
    try write("hard", seed: 1)
    #expect(try TrainedNetworks(run).architectures.map(\.name) == ["hard"])
    try write("single", seed: 1)
    #expect(try TrainedNetworks(run).architectures.map(\.name) == ["hard", "single"])
  }

  @Test func networksHoldTheWeightsOfTheirFile() throws {
    for (sharing, seed) in [("hard", UInt64(3)), ("single", 4)] {
      try write(sharing, seed: seed)
      let architecture = try #require(Architecture.named(sharing))
      let expected = try made(architecture, seed: seed)
      let (network, own) = try TrainedNetworks(run).network(architecture, task: 2)
      #expect(network.tasks[own].name == "ner")
      for (a, b) in zip(network.parameters(of: own), expected.parameters(of: 2)) {
        #expect(a.name == b.name && Array(a.values) == Array(b.values), "\(a.name)")
      }
    }
  }

  @Test func weightsAreCountedOverAllNetworks() throws {
    try write("hard", seed: 1)
    try write("single", seed: 1)
    let networks = try TrainedNetworks(run)
    // Both directions: four gates of 4 units, each reading 3 inputs and 4 states.
    let encoder = 2 * 4 * 4 * (3 + 4)
    let hard = try networks.parameters(networks.architecture("hard"), task: 1)
    let single = try networks.parameters(networks.architecture("single"), task: 1)
    #expect(hard == (encoder, encoder) && single == (3 * encoder, encoder))
    // Private encoders count too; in the one network they read the inputs, in the other states.
    for (name, own) in [("shared-private", encoder), ("stacked", 2 * 4 * 4 * (8 + 4))] {
      try write(name, seed: 1)
      let found = try networks.parameters(networks.architecture(name), task: 1)
      #expect(found == (encoder + 3 * own, encoder + own))
    }
  }

  @Test func whatIsNotTrainedIsNamed() throws {
    let networks = try TrainedNetworks(run)
    #expect(failure { try networks.architecture(nil) }?.kind == .missingInput)
    #expect(failure { try networks.architecture("sparse") }?.kind == .missingInput)
    let unknown = try #require(failure { try networks.architecture("soft") })
    #expect(unknown.kind == .usage && unknown.message.hasPrefix("sharing soft: must be one of "))
  }
}
