import Basics
import Recipes
import TestSupport
import Testing

/// Which architectures tickets can be subnets of, as a recipe's option.
@Suite struct BaseArchitectureTests {
  @Test(arguments: ["group-lasso", "single", "sparse", "subnet"])
  func refusesWhatCannotBePruned(name: String) throws {
    let failure = try #require(failure { try resolve(("base", name)) })
    #expect(failure.kind == .usage)
    #expect(failure.message.hasPrefix("--base \(name): cannot be pruned: "), "\(failure.message)")
    #expect(!failure.message.contains("\n"))
  }

  @Test func refusesWhatThereIsNot() throws {
    let failure = try #require(failure { try resolve(("base", "slice")) })
    #expect(failure.message.hasPrefix("--base slice: must be one of hard, "))
  }

  @Test(arguments: [
    "hard", "hierarchical", "shared-private", "stacked", "cross-stitch", "sluice",
    "domain-adaptation",
  ])
  func acceptsWhatCanBePruned(name: String) throws {
    #expect(try resolve(("base", name)).base == name)
  }

  @Test(arguments: ["0", "17", "1.5", "x"]) func refusesLayersOutOfRange(layer: String) throws {
    let failure = try #require(failure { try resolve(("task-layers", "pos=\(layer)")) })
    #expect(failure.kind == .usage && !failure.message.contains("\n"))
    #expect(failure.message.hasPrefix("--task-layers "), "\(failure.message)")
  }
}
