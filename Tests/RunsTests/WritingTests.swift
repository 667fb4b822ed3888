import Basics
import Recipes
import Sharing
import TestSupport
import Testing

/// Which networks of a recipe have losses on their states, and what is refused before training.
@Suite struct WritingTests {
  private static let shape = {
    var shape = NetworkShape(words: 3, characters: 3)
    (shape.hidden, shape.wordDimension, shape.characterFilters) = (2, 2, 0)
    return shape
  }()

  private func network(
    _ sharing: String, alone: Int? = nil, _ given: (String, String)...
  ) throws -> any SharingNetwork {
    let recipe = try Recipe.resolve([layer(given)], knownSharings: sharings)
    return try recipe.makeNetwork(
      #require(Architecture.named(sharing)), Self.shape,
      [TaskShape(name: "a", classes: 2), TaskShape(name: "b", classes: 2)], alone: alone, seed: 1)
  }

  private func hasAdversary(_ network: any SharingNetwork) -> Bool {
    network.parameters.contains { $0.name == "adversary.weight" }
  }

  @Test(arguments: ["hard", "hierarchical", "shared-private", "stacked", "sparse"])
  func togetherOnly(sharing: String) throws {
    let adversary = ("adversary", "0.1")
    #expect(try network(sharing, adversary) is WrittenStates)
    #expect(try hasAdversary(network(sharing, adversary)))
    let alone = try network(sharing, alone: 1, adversary)
    #expect(!hasAdversary(alone) && alone.tasks.map(\.name) == ["b"])
    #expect(try hasAdversary(network("sparse", adversary, ("base", "stacked"))))
  }

  /// Weight 0 is no option at all.
  @Test func zeroIsNone() throws {
    let zero = try network("shared-private", ("adversary", "0"), ("orthogonal-states", "0"))
    #expect(zero is SharedPrivate)
    let penalised = try network("shared-private", ("orthogonal-states", "0.5"))
    #expect(penalised is WrittenStates && !hasAdversary(penalised))
  }

  @Test(arguments: [
    (
      "sluice,hard", "hard", "adversary", "pos=1,ner=3",
      "adversary 0.5: sluice has no states that all tasks read as they are; leave out one of them"
    ),
    (
      "sparse", "sluice", "adversary", "pos=1,ner=3",
      "adversary 0.5: sluice has no states that all tasks read as they are; leave out one of them"
    ),
    (
      "single,subnet", "hard", "orthogonal-states", "pos=1,ner=3",
      "orthogonal-states 0.5: hard has no private states beside shared ones; leave out one of them"
    ),
    (
      "single", "hard", "adversary", "pos=1,ner=3",
      "adversary 0.5: single has no states that all tasks read as they are; leave out one of them"
    ),
    (
      "single", "hard", "orthogonal-states", "pos=1,ner=3",
      "orthogonal-states 0.5: single has no private states beside shared ones; leave out one of them"
    ),
    (
      "hard", "hard", "adversary", "pos=1",
      "adversary 0.5: needs two tasks or more to be told apart; there is only pos"
    ),
  ])
  func refused(
    sharing: String, base: String, option: String, tasks: String, message: String
  ) throws {
    let recipe = try resolve(
      ("sharing", sharing), ("base", base), ("tasks", tasks), (option, "0.5"))
    let failure = try #require(failure { try recipe.checkNetworks() })
    #expect(failure.kind == .usage && failure.message == message)
  }

  @Test(arguments: [
    ("sparse,subnet,hard,hierarchical,single", "hard", "adversary"),
    ("sparse,subnet,stacked,single", "shared-private", "orthogonal-states"),
    ("shared-private,single", "sluice", "adversary"),
  ])
  func accepted(sharing: String, base: String, option: String) throws {
    try resolve(("sharing", sharing), ("base", base), (option, "0.5")).checkNetworks()
  }
}
