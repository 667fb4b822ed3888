import Basics
import Foundation

/// How many weights are alive in every round, from the start's s to d·N after n rounds.
public struct PruningPlan: Sendable, Equatable {
  /// Alive weights in rounds 0…n.
  public let alive: [Int]

  /// The plan from `start` alive weights of `prunable`: every round removes the same fraction of the
  /// remaining ones (Sun et al. 2020); gradual pruning leaves t + (s − t)(1 − i/n)³ after the i-th
  /// (Zhu and Gupta 2017, equation 1).
  ///
  /// - Parameter setting: what the density is called in errors.
  /// - Throws: `Failure` of kind `usage` if the target is not below the start or leaves nothing.
  public init(
    start: Int, prunable: Int, settings: PruningSettings, setting: String = "density"
  ) throws {
    let target = (settings.density * Double(prunable)).rounded()
    guard target >= 1 else {
      throw Failure(
        .usage, setting: setting, value: "\(settings.density)",
        "leaves none of the \(prunable) prunable weights")
    }
    guard target < Double(start) else {
      throw Failure(
        .usage, setting: setting, value: "\(settings.density)",
        "\(Int(target)) weights are not fewer than the \(start) alive at the start")
    }
    let (ratio, last) = (target / Double(start), settings.prunings)
    alive = (0...last).map { round in
      let done = Double(round) / Double(last)
      let count =
        settings.schedule == .gradual
        ? target + (Double(start) - target) * pow(1 - done, 3) : Double(start) * pow(ratio, done)
      return Int(count.rounded())
    }
  }
}
