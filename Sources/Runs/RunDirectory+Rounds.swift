import Basics
import Foundation
import Masks
import Pruning

/// What `rounds.json` holds.
struct RoundsRecord: Codable {
  let rounds: [RoundResult]
}

extension RunDirectory {
  /// The rounds of pruning that task `task` has finished so far.
  ///
  /// - Parameter checksTickets: whether what they say is compared with the rounds' tickets, which
  ///   takes longer.
  /// - Throws: `Failure` of kind `badData` if their file is damaged, or says something else.
  package func finishedRounds(
    of task: String, checksTickets: Bool = false
  ) throws -> [RoundResult] {
    guard let results = try readRounds(of: task) else {
      throw Failure(.badData, "\(try rounds(of: task)): is damaged")
    }
    if checksTickets { try requireTickets(of: task, fitting: results) }
    return results
  }

  /// Checks that the tickets of the finished rounds of `task` that are there say what `results` do.
  ///
  /// - Throws: `Failure` of kind `badData` naming both files.
  func requireTickets(of task: String, fitting results: [RoundResult]) throws {
    for result in results {
      let path = try ticket(task: task, round: result.round)
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let ticket = try Ticket(contentsOf: path)
      try ticket.requirePlace(path, task: task, round: result.round)
      guard ticket.isOf(result) else {
        throw Failure(
          .badData,
          "\(try rounds(of: task)): says something else of round \(result.round) than \(path)")
      }
    }
  }

  /// Checks that `ticket`, which `task` keeps, is of it, and one of its rounds as far as they are there.
  ///
  /// - Throws: `Failure` of kind `badData` naming the files that differ.
  func requireKept(_ ticket: Ticket, by task: String) throws {
    let path = try chosenTicket(task: task)
    try ticket.requirePlace(path, task: task, round: nil)
    let own = try self.ticket(task: task, round: ticket.round)
    if FileManager.default.fileExists(atPath: own) {
      let limit = Ticket.Limits.file
      guard try Files.read(own, limit: limit) == Files.read(path, limit: limit) else {
        throw Failure(
          .badData,
          "\(path): is not \(own), its round's ticket; copy that over it, or remove it and prune to have "
            + "it chosen again")
      }
    }
    let results = try finishedRounds(of: task)
    let isKnown = results.contains { $0.round == ticket.round && ticket.isOf($0) }
    guard !results.isEmpty, !isKnown else { return }
    throw Failure(
      .badData,
      "\(try rounds(of: task)): says something else of round \(ticket.round) than \(path); remove "
        + "tickets/\(task) to prune the task again, or its rounds.json alone to use this ticket as it is"
    )
  }

  /// Where the outcomes of the rounds of task `task` stand.
  func rounds(of task: String) throws -> String {
    try path("tickets", task, "rounds.json")
  }

  /// Nil if the file is damaged.
  func readRounds(of task: String) throws -> [RoundResult]? {
    let path = try rounds(of: task)
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    let data = try SealedJSON.read(path, limit: 1 << 24)
    // Older versions wrote the list alone.
    guard
      let results = (try? JSONDecoder().decode(RoundsRecord.self, from: data).rounds)
        ?? (try? JSONDecoder().decode([RoundResult].self, from: data)),
      results.map(\.round) == Array(0..<results.count),
      results.count <= recipe.pruning.prunings + 1,
      results.allSatisfy({ result in
        let epochs = recipe.pruning.epochs(of: result.round, training: recipe.roundEpochs)
        return result.isPossible && result.bestEpoch <= max(1, epochs)
      })
    else { return nil }
    return results
  }
}

extension RoundResult {
  /// Whether a round can come to this.
  fileprivate var isPossible: Bool {
    alive >= 0 && bestEpoch >= 0 && score.map((-1...1).contains) ?? true
  }
}

extension Ticket {
  /// Whether it is the ticket of the round that came to `result`.
  fileprivate func isOf(_ result: RoundResult) -> Bool {
    masks.aliveCount == result.alive && devScore == result.score
  }

  /// Checks that it, read from `path`, is of the task and round whose place that is.
  func requirePlace(_ path: String, task: String, round: Int?) throws {
    guard self.task != task || round.map({ $0 != self.round }) ?? false else { return }
    throw Failure(
      .badData,
      "\(path): is the ticket of round \(self.round) of task '\(self.task)', not of "
        + (round.map { "round \($0) of " } ?? "") + "task '\(task)'")
  }
}
