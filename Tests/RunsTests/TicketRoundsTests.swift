import Basics
import Foundation
import Masks
import Pruning
import Recipes
import Runs
import TestSupport
import Testing

/// The rounds of one task's pruning as files, and what a kill between two of them leaves.
@Suite struct TicketRoundsTests {
  private let scratch: Scratch
  private let run: RunDirectory

  init() throws {
    scratch = try Scratch()
    run = try RunDirectory.create(scratch.path("run"), recipe: resolve(("rounds", "2")))
    try scratch.file("run/theta0.safetensors", "weights")
    try Files.makeFolder(run.path("tickets", "ner"))
  }

  private func rounds() throws -> TicketRounds {
    try TicketRounds(run, task: "ner", recipe: run.recipe)
  }

  /// Six weights, of which the first `alive` are.
  private func masks(_ alive: Int) -> MaskSet {
    MaskSet([.init(name: "w", shape: [2, 3], mask: BitMask((0..<6).map { $0 < alive }))])
  }

  private func result(_ round: Int, _ score: Double) -> RoundResult {
    RoundResult(round: round, alive: 6 - round, score: score, bestEpoch: 1)
  }

  @Test func nothingIsThereAtTheStart() throws {
    #expect(try rounds().results().isEmpty && rounds().startMasks() == nil)
    #expect(try rounds().store().masks == nil)
  }

  @Test func anUnfinishedRoundIsDoneAgainWithItsMasks() throws {
    try rounds().store().saveMasks(0, masks(6))
    let store = try rounds().store()
    #expect(store.results.isEmpty && store.masks == masks(6))
    #expect(try rounds().startMasks() == masks(6))
  }

  @Test func aFinishedRoundKeepsItsScoreInItsTicket() throws {
    let store = try rounds().store()
    try store.saveMasks(0, masks(6))
    try store.saveMasks(1, masks(5))
    try store.saveResult(result(0, 0.5))
    let again = try rounds().store()
    #expect(again.results == [result(0, 0.5)] && again.masks == masks(5))
    let ticket = try Ticket(contentsOf: run.ticket(task: "ner", round: 0))
    #expect(ticket.devScore == 0.5 && ticket.task == "ner" && ticket.masks == masks(6))
    #expect(try ticket.origin == Digest.sha256(file: run.theta0))
    #expect(try Ticket(contentsOf: run.ticket(task: "ner", round: 1)).devScore == nil)
  }

  @Test func theNextRoundsTicketMustNotBeGone() throws {
    let store = try rounds().store()
    try store.saveMasks(0, masks(6))
    try store.saveResult(result(0, 0.5))
    let failure = try #require(failure { try rounds().store() })
    #expect(failure.kind == .missingInput)
    #expect(failure.message.contains("round-01.ticket: is gone; remove tickets/ner"))
  }

  @Test func afterTheLastRoundNothingIsMissing() throws {
    let store = try rounds().store()
    for round in 0...2 {
      try store.saveMasks(round, masks(6 - round))
      try store.saveResult(result(round, 0.5))
    }
    #expect(try rounds().store().results.count == 3)
    try rounds().keep(1)
    let kept = try Ticket(contentsOf: run.chosenTicket(task: "ner"))
    #expect(kept.round == 1 && kept.masks == masks(5))
  }

  @Test func ticketsOfOtherWeightsAreRefused() throws {
    try rounds().store().saveMasks(0, masks(6))
    try scratch.file("run/theta0.safetensors", "other weights")
    let failure = try #require(failure { try rounds().startMasks() })
    #expect(failure.kind == .badData && failure.message.contains("belongs to other weights"))
  }

  @Test(arguments: ["", "{", "[{}]", "{\"round\": 1}"]) func damagedResultsAreRefused(
    text: String
  ) throws {
    try scratch.file("run/tickets/ner/rounds.json", text)
    let failure = try #require(failure { try rounds().results() })
    #expect(failure.kind == .badData && failure.message.contains("rounds.json: is damaged"))
  }
}
