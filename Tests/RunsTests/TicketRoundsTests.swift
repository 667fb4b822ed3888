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
    #expect(try rounds().results().isEmpty && rounds().masks(of: 0) == nil)
    #expect(try rounds().store().next?.masks == nil)
  }

  @Test func anUnfinishedRoundIsDoneAgainWithItsMasks() throws {
    try rounds().store().saveTicket(0, masks(6), nil)
    let store = try rounds().store()
    #expect(store.results.isEmpty && store.next?.masks == masks(6))
    #expect(try rounds().masks(of: 0) == masks(6))
  }

  @Test func aFinishedRoundKeepsItsScoreInItsTicket() throws {
    let store = try rounds().store()
    try store.saveTicket(0, masks(6), nil)
    try store.saveTicket(1, masks(5), nil)
    try store.saveResult(result(0, 0.5))
    let again = try rounds().store()
    #expect(again.results == [result(0, 0.5)] && again.next?.masks == masks(5))
    let ticket = try Ticket(contentsOf: run.ticket(task: "ner", round: 0))
    #expect(ticket.devScore == 0.5 && ticket.task == "ner" && ticket.masks == masks(6))
    #expect(try ticket.origin == Digest.sha256(file: run.theta0))
    #expect(try Ticket(contentsOf: run.ticket(task: "ner", round: 1)).devScore == nil)
  }

  @Test func theNextRoundsTicketMustNotBeGone() throws {
    let store = try rounds().store()
    try store.saveTicket(0, masks(6), nil)
    try store.saveResult(result(0, 0.5))
    let failure = try #require(failure { try rounds().store() })
    #expect(failure.kind == .missingInput)
    #expect(failure.message.contains("round-01.ticket: is gone; remove tickets/ner"))
  }

  @Test func afterTheLastRoundNothingIsMissing() throws {
    let store = try rounds().store()
    for round in 0...2 {
      try store.saveTicket(round, masks(6 - round), nil)
      try store.saveResult(result(round, 0.5))
    }
    #expect(try rounds().store().results.count == 3)
    try rounds().keep(1)
    let kept = try Ticket(contentsOf: run.chosenTicket(task: "ner"))
    #expect(kept.round == 1 && kept.masks == masks(5))
  }

  @Test func ticketsOfOtherRoundsAreRefused() throws {
    let store = try rounds().store()
    try store.saveTicket(0, masks(6), nil)
    try Files.writeAtomically(
      Files.read(run.ticket(task: "ner", round: 0)), to: run.ticket(task: "ner", round: 1))
    try store.saveResult(result(0, 0.5))
    let failure = try #require(failure { try rounds().store() })
    #expect(failure.kind == .badData)
    #expect(failure.message.contains("is the ticket of round 0 of task 'ner', not of round 1"))
    #expect(failure.message.contains("; remove tickets/ner to prune the task again"))
  }

  @Test func ticketsOfOtherWeightsAreRefused() throws {
    try rounds().store().saveTicket(0, masks(6), nil)
    try scratch.file("run/theta0.safetensors", "other weights")
    let failure = try #require(failure { try rounds().masks(of: 0) })
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
