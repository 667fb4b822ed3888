import Basics

/// What architectures can be told beside the network's shape.
public struct SharingSettings: Sendable, Equatable {
  /// The layer, from 1, that each named task is predicted from in hierarchical sharing. Tasks
  /// without one are spread over the layers in their order, the first at layer 1, the last at the
  /// last.
  public var depths: [String: Int] = [:]
  /// The form of `sluice`; architectures derived from it take from it what they do not fix.
  public var sluice = SluiceSettings()
  /// The pool of `modules`.
  public var modules = ModuleSettings()

  /// The settings of the papers.
  public init() {}

  /// The layer of each of `tasks` in hierarchical sharing of `layers` layers.
  ///
  /// - Throws: `Failure` of kind `usage` if a task's layer does not exist.
  func depths(of tasks: [TaskShape], layers: Int) throws -> [Int] {
    try tasks.enumerated().map { index, task in
      let spread = Double(index * (layers - 1)) / Double(max(1, tasks.count - 1))
      let depth = depths[task.name] ?? (tasks.count == 1 ? layers : 1 + Int(spread.rounded()))
      guard (1...layers).contains(depth) else {
        throw Failure(
          .usage, setting: "task-layers", value: "\(task.name)=\(depth)",
          "the network has the layers 1 to \(layers)")
      }
      return depth
    }
  }
}
