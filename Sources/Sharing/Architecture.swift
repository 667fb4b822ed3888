import Masks

/// A way for tasks to share parameters, by name: the registry that commands offer.
public struct Architecture: Sendable {
  /// The name under `--sharing`.
  public let name: String
  /// One line for the help.
  public let summary: String
  /// Whether every task is trained alone, in a network of its own.
  public let trainsTasksAlone: Bool
  /// Whether it needs a ticket for every task.
  public let needsTickets: Bool
  /// Whether training goes on from θ⁰ (the warm-up's weights); else from the initialisation,
  /// with the warm-up's epochs added to its own, so that the budgets are equal.
  public let startsFromTheta0: Bool

  /// The network of `shape` for `tasks`, initialised under `seed`, with `masks` one set a task
  /// where tickets are needed.
  public func network(
    _ shape: NetworkShape, tasks: [TaskShape], masks: [MaskSet], seed: UInt64
  ) throws -> any SharingNetwork {
    let network = HardSharing(shape, tasks: tasks, seed: seed)
    return needsTickets ? try SparseSharing(network, masks: masks) : network
  }

  /// All architectures, in the order of reports.
  public static let all = [
    Architecture(
      name: "sparse", summary: "one set of weights, a subnet (ticket) for each task",
      trainsTasksAlone: false, needsTickets: true, startsFromTheta0: true),
    Architecture(
      name: "hard", summary: "one encoder for all tasks, a head for each",
      trainsTasksAlone: false, needsTickets: false, startsFromTheta0: true),
    Architecture(
      name: "single", summary: "a network of its own for each task",
      trainsTasksAlone: true, needsTickets: false, startsFromTheta0: false),
  ]

  /// The architecture called `name`, nil if there is none.
  public static func named(_ name: String) -> Architecture? { all.first { $0.name == name } }
}
