import Basics

/// The random draws of one training step: each use has a stream or key of its own, selected by
/// the seed, the names of the step (stage, task, epoch, batch) and the use.
public struct StepDraws: Sendable {
  private let seed: UInt64
  private let names: [String]

  /// The draws of the step that `names` select under `seed`.
  public init(seed: UInt64, _ names: [String]) {
    self.seed = seed
    self.names = names
  }

  /// The key of counter-based draws for `use`.
  public func key(_ use: String) -> UInt64 {
    RandomStream.key(seed: seed, names: [use] + names)
  }

  /// The stream of draws for `use`.
  public func stream(_ use: String) -> RandomStream {
    RandomStream(seed: seed, names: [use] + names)
  }
}
