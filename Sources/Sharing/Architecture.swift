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
  /// Whether training goes on from the warm-up (for tickets: from θ⁰); else it starts from the
  /// initialisation, with the warm-up's epochs added to its own, so that the budgets are equal.
  public let startsFromWarmup: Bool

  /// All architectures, in the order of reports.
  public static let all = [
    Architecture(
      name: "sparse", summary: "one set of weights, a subnet (ticket) for each task",
      trainsTasksAlone: false, needsTickets: true, startsFromWarmup: true),
    Architecture(
      name: "hard", summary: "one encoder for all tasks, a head for each",
      trainsTasksAlone: false, needsTickets: false, startsFromWarmup: true),
    Architecture(
      name: "single", summary: "a network of its own for each task",
      trainsTasksAlone: true, needsTickets: false, startsFromWarmup: false),
  ]

  /// The architecture called `name`, nil if there is none.
  public static func named(_ name: String) -> Architecture? { all.first { $0.name == name } }
}
