import Basics
import Foundation
import Recipes
import Runs
import Sharing
import TestSupport
import Testing

/// Which networks a recipe trains, from what, and where they are kept.
@Suite struct TrainingUnitTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func units(
    _ sharing: String, _ given: (String, String)...
  ) throws -> [TrainingUnit] {
    let recipe = try Recipe.resolve([layer(given)], knownSharings: sharings)
    return recipe.trainingUnits(of: try #require(Architecture.named(sharing)))
  }

  @Test(arguments: ["sparse", "hard", "hierarchical", "sluice", "group-lasso"])
  func tasksAreTrainedTogether(sharing: String) throws {
    let found = try units(sharing)
    #expect(found.map(\.tasks) == [[0, 1, 2]] && found.map(\.task) == [nil])
  }

  @Test(arguments: ["single", "subnet"]) func tasksAreTrainedAlone(sharing: String) throws {
    let found = try units(sharing)
    #expect(found.map(\.tasks) == [[0], [1], [2]])
    #expect(found.map(\.task) == ["pos", "chunk", "ner"])
  }

  @Test func onlyTheBaseGoesOnFromTheWarmup() throws {
    #expect(try units("hard")[0].start == .warmup && units("hard")[0].warmupEpochs == 20)
    let single = try units("single")
    #expect(single.allSatisfy { $0.start == .initialisation && $0.warmupEpochs == nil })
    #expect(try units("hard", ("base", "sluice"))[0].start == .initialisation)
    #expect(try units("sluice", ("base", "sluice"))[0].start == .warmup)
  }

  @Test(arguments: ["sparse", "subnet"]) func ticketsComeFromWhatTheyAreRewoundTo(
    sharing: String
  ) throws {
    #expect(try units(sharing).allSatisfy { $0.start == .tickets && $0.warmupEpochs == 20 })
    let early = try units(sharing, ("rewind", "init"))
    #expect(early.allSatisfy { $0.start == .tickets && $0.warmupEpochs == nil })
    let late = try units(sharing, ("rewind", "epoch:3"))
    #expect(late.allSatisfy { $0.start == .tickets && $0.warmupEpochs == 3 })
  }

  @Test func everyUnitHasFilesOfItsOwn() throws {
    let out = scratch.path("run")
    let run = try RunDirectory.create(out, recipe: resolve())
    let single = try units("single")
    #expect(try run.weights(of: units("hard")[0]) == "\(out)/train/hard/weights.safetensors")
    #expect(try run.weights(of: single[2]) == "\(out)/train/single/ner/weights.safetensors")
    #expect(try run.checkpoint(of: single[0]) == "\(out)/train/single/pos/checkpoint.safetensors")
    #expect(!RunDirectory.isTrained(single[0], in: out))
    try Files.makeFolder("\(out)/train/single/pos")
    try scratch.file("run/train/single/pos/weights.safetensors", "")
    #expect(RunDirectory.isTrained(single[0], in: out))
    #expect(!RunDirectory.isTrained(single[1], in: out))
  }
}
