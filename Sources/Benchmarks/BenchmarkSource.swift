import Basics
import Corpora
import Foundation
import Masks
import Recipes
import Runs
import Sharing

/// Where the sentences, the network's sizes and the tickets of a benchmark come from.
public struct BenchmarkSource {
  /// The files, tasks and sizes.
  let recipe: Recipe
  /// The tickets' masks, one set a task; none for random masks.
  let tickets: [MaskSet]
  /// Their files: none, one for all of them, or one each.
  private let ticketFiles: [String]

  /// The column files `train`, or the built-in corpus if there are none.
  ///
  /// - Parameters:
  ///   - tasks: as the recipe's option has them.
  ///   - tickets: ticket files: none, one for every task, or one a task in their order.
  /// - Throws: `Failure` of kind `usage` for wrong options, and what reading tickets throws.
  public init(
    train: [String], tasks: String?, wordColumn: String?, seed: UInt64, tickets: [String]
  ) throws {
    func given(_ value: String?) -> [String] { value.map { [$0] } ?? [] }
    let layer = RecipeLayer.commandLine([
      // Nothing is chosen on dev data here, but a recipe wants some.
      ("train", train), ("dev", train), ("tasks", given(tasks)),
      ("word-column", given(wordColumn)), ("seed", ["\(seed)"]),
    ])
    recipe = try Recipe.resolve([layer], knownSharings: Architecture.all.map(\.name))
    ticketFiles = tickets
    let sets = try tickets.map { try Ticket(contentsOf: $0).masks }
    let count = recipe.tasks.count
    guard sets.count <= 1 || sets.count == count else {
      throw Failure(
        .usage, setting: "ticket",
        "\(sets.count) files for \(count) tasks; give one, or one a task")
    }
    self.tickets = sets.count == 1 ? Array(repeating: sets[0], count: count) : sets
  }

  /// The training data, network and tickets of a run.
  public init(_ run: RunDirectory) throws {
    recipe = run.recipe
    tickets = try run.chosenTickets(recipe).map(\.masks)
    ticketFiles = try recipe.tasks.map { try run.chosenTicket(task: $0.name) }
  }

  /// Checks that the tickets' masks are for tensors of `network`.
  ///
  /// - Throws: `Failure` of kind `badData` naming the ticket and the first that is not.
  func requireTickets(of network: any SharingNetwork) throws {
    for (index, set) in tickets.enumerated() {
      for entry in set.entries {
        let own = network.parameters.first { $0.name == entry.name }
        if let own, own.shape == entry.shape { continue }
        throw Failure(
          .badData,
          "\(ticketFiles[ticketFiles.count == 1 ? 0 : index]): its tensor \(entry.name) has the shape "
            + "\(entry.shape), the network measured "
            + (own.map { "\($0.shape)" } ?? "has none of that name")
            + "; give the ticket's --train, --tasks, --hidden and --layers, or its --run")
      }
    }
  }

  /// The sentences as the tasks see them, and what the ids refer to.
  struct Data {
    let vocabulary: Vocabulary
    /// One entry a task of the recipe.
    let tasks: [TaskData]
  }

  /// Reads the data, cut into sentences of `length` tokens if it is not nil.
  func read(length: Int?) throws -> Data {
    var corpora = try RunData(recipe).corpora(.train)
    if let length { corpora = try corpora.map { try $0.recut(every: length) } }
    let vocabulary = try Vocabulary(training: corpora, encoding: recipe.spanEncoding)
    let encoded = corpora.map { EncodedCorpus($0, vocabulary) }
    return Data(
      vocabulary: vocabulary,
      tasks: try recipe.tasks.map { task in
        let corpus = encoded.first { $0.corpus.tasks.contains { $0.name == task.name } }
        return try TaskData(corpus!, task: task.name)
      })
  }
}
