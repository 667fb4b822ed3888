import Basics
import Foundation
import Masks
import Recipes
import Runs
import Sharing

extension RunDirectory {
  /// Whether every task of the run keeps a ticket.
  package var isPruned: Bool {
    get throws {
      try recipe.tasks.allSatisfy {
        FileManager.default.fileExists(atPath: try chosenTicket(task: $0.name))
      }
    }
  }

  /// How far the tickets that the run's tasks keep overlap, its parts named by the network itself.
  ///
  /// That all belong to the same weights is checked; what θ⁰ explains is left out where the run
  /// does not have just these.
  ///
  /// - Throws: `Failure` of kind `missingInput` naming a task that is not pruned yet, `badData` if
  ///   tickets belong to different weights.
  public func overlap() throws -> Overlap {
    try overlap(of: zip(recipe.tasks.map(\.name), comparableTickets(recipe)).map { ($0, $1) })
  }

  /// How far the tickets overlap that there are: those that tasks keep, and of a task whose pruning
  /// is under way that of its last finished round, which is told; nil if there is none.
  ///
  /// - Returns: beside it a note for every task without a ticket of its own.
  /// - Throws: `Failure` of kind `badData` if tickets belong to different weights, or a file is damaged.
  public func overlapSoFar() throws -> (overlap: Overlap?, notes: [String]) {
    var tickets: [(name: String, ticket: Ticket)] = []
    var (rounds, notes): ([String: Int], [String]) = ([:], [])
    for task in recipe.tasks.map(\.name) {
      let kept = try chosenTicket(task: task)
      if FileManager.default.fileExists(atPath: kept) {
        tickets.append((task, try keptTicket(of: task)))
      } else if let last = try finishedRounds(of: task, checksTickets: true).last, last.round > 0 {
        let path = try ticket(task: task, round: last.round)
        tickets.append((task, try Ticket(contentsOf: path)))
        rounds[task] = last.round
        notes.append(
          "task \(task) is not pruned to the end; its round \(last.round) of "
            + "\(recipe.pruning.prunings) is shown")
      } else {
        notes.append("task \(task) has no ticket yet")
      }
    }
    return (tickets.isEmpty ? nil : try overlap(of: tickets).of(rounds: rounds), notes)
  }

  private func overlap(of tickets: [(name: String, ticket: Ticket)]) throws -> Overlap {
    let vocabulary = try readVocabulary()
    // Places do not depend on weights: without a seed nothing is drawn.
    let network = try subnetRecipe().makeNetwork(
      recipe.baseArchitecture, recipe.networkShape(vocabulary), recipe.taskShapes(vocabulary),
      seed: nil)
    // A run may have been sent without it; one that is there is the tickets'.
    let isKnown = FileManager.default.fileExists(atPath: theta0)
    guard try !isKnown || Digest.sha256(file: theta0) == tickets[0].ticket.origin else {
      throw Failure(
        .badData,
        "\(theta0): the tickets belong to other weights; restore it, or remove it to compare masks alone"
      )
    }
    return try Overlap(
      of: tickets, places: network.places,
      theta0: isKnown ? tickets.map(\.ticket).initialValues(in: theta0) : nil)
  }
}

extension Overlap {
  /// How far the tickets in `files` overlap, called by their tasks, or by their files where
  /// several are of one task, as of several rounds.
  ///
  /// - Parameters:
  ///   - origin: the weights file θ⁰ that they belong to, if it is known.
  ///   - sameOrigin: whether all must belong to the same weights.
  /// - Throws: `Failure` of kind `usage` or `badData` as `Overlap` does, or naming `origin` if a
  ///   ticket does not belong to it; `missingInput` if a file cannot be read.
  public init(files: [String], origin: String?, sameOrigin: Bool) throws {
    let tickets = try files.map { try Ticket(masksIn: $0) }
    let areNamed = Set(tickets.map(\.task)).count == tickets.count
    if let origin {
      let digest = try Digest.sha256(file: origin)
      if let (file, _) = zip(files, tickets).first(where: { $0.1.origin != digest }) {
        throw Failure(
          .badData, setting: "origin", value: origin,
          "the ticket \(file) does not belong to these weights; give the file that "
            + "'tickets inspect' names as its SHA-256")
      }
    }
    try self.init(
      of: zip(files, tickets).map { (areNamed ? $1.task : $0, $1) }, sameOrigin: sameOrigin,
      theta0: origin.map { try tickets.initialValues(in: $0) })
  }
}

extension [Ticket] {
  /// The values of the tensors that any of the tickets has, as far as the weights file `path` has
  /// them.
  fileprivate func initialValues(in path: String) throws -> [String: [Float]] {
    let file = try SafeTensors(contentsOf: path)
    let names = Set(flatMap { $0.masks.entries.map(\.name) })
    return try Dictionary(
      uniqueKeysWithValues: file.tensors.map(\.name).filter(names.contains).map {
        ($0, try file.floats($0))
      })
  }
}
