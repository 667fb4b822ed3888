import Basics
import Sharing
import Testing

/// What architectures cannot be made of is said in one line.
@Suite struct ArchitectureErrorTests {
  private func failure(_ body: () throws -> some Any) -> Failure? {
    do {
      _ = try body()
      return nil
    } catch {
      return error as? Failure
    }
  }

  @Test(arguments: ["sluice", "group-lasso", "domain-adaptation"])
  func oddHidden(name: String) throws {
    var shape = Small.shape(layers: 2)
    shape.hidden = 5
    let failure = try #require(failure { try Small.network(name, shape, Small.tasks(2)) })
    #expect(failure.kind == .usage && failure.message.hasPrefix("hidden 5: must be even"))
    #expect(!failure.message.contains("\n"))
    // One subspace has no halves.
    _ = try Small.network("cross-stitch", shape, Small.tasks(2))
    _ = try Small.network("sluice", shape, Small.tasks(2)) { $0.sluice.subspaces = 1 }
  }

  @Test(arguments: ["cross-stitch", "sluice", "group-lasso", "domain-adaptation"])
  func oneTask(name: String) throws {
    let failure = try #require(
      failure { try Small.network(name, Small.shape(layers: 1), Small.tasks(1)) })
    #expect(failure.kind == .usage)
    #expect(
      failure.message
        == "tasks: sharing between networks needs two tasks or more; there is only t0")
  }

  @Test(arguments: [0, 4, -1]) func depthBeyondTheLayers(depth: Int) throws {
    let failure = try #require(
      failure {
        try Small.network("hierarchical", Small.shape(layers: 3), Small.tasks(2)) {
          $0.depths = ["t1": depth]
        }
      })
    #expect(failure.kind == .usage)
    #expect(
      failure.message == "task-layers t1=\(depth): the network has the layers 1 to 3")
  }

  /// Those that cannot be pruned say why; tickets of the others are subnets of them.
  @Test func prunable() {
    #expect(
      Architecture.prunable == [
        "hard", "hierarchical", "shared-private", "stacked", "modules", "cross-stitch", "sluice",
        "domain-adaptation",
      ])
    for architecture in Architecture.all {
      #expect(Architecture.named(architecture.name)?.summary == architecture.summary)
      #expect(architecture.whyNoTickets?.isEmpty != true)
    }
  }
}
