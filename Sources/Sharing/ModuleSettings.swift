/// A pool of modules and the controller that chooses tasks' paths through it; the defaults are those
/// of Chen et al. 2018, "Hyperparameters".
public struct ModuleSettings: Sendable, Equatable {
  /// L, the modules of the pool.
  public var count = 20
  /// The most modules of a path.
  public var longest = 4
  /// Each task's modules from the lowest up, numbered from 1, by the task's name; empty if a
  /// controller chooses them.
  public var paths: [String: [Int]] = [:]
  /// Units of the controller's LSTM.
  public var controllerHidden = 50
  /// Numbers of the controller's vector of a task, and of a module.
  public var controllerEmbedding = 15

  /// The settings of Chen et al. 2018.
  public init() {}
}
