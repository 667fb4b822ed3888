import Basics
import Foundation
import Masks
import Tensors

/// Which weights a round removes and how many: the settings of iterative magnitude pruning.
public struct PruningSettings: Sendable, Equatable {
  /// Over what magnitudes are compared.
  public enum Scope: String, Sendable, CaseIterable, Codable {
    /// One threshold over all prunable tensors together (the paper's).
    case global
    /// The same fraction from every tensor.
    case layer
  }

  /// What decides which weights go.
  public enum Criterion: String, Sendable, CaseIterable, Codable {
    /// The smallest magnitudes (the paper's).
    case magnitude
    /// Chance: the control.
    case random
  }

  /// n, the pruning rounds.
  public var rounds = 20
  /// d, alive over prunable weights after the last round.
  public var density = 0.1
  /// Over what magnitudes are compared.
  public var scope = Scope.global
  /// What decides which weights go.
  public var criterion = Criterion.magnitude

  /// The published settings.
  public init() {}
}

/// How many weights are alive in every round: from the start's s weights to d·N after n rounds,
/// every round removing the same fraction of the remaining ones (Sun et al. 2020).
public struct PruningPlan: Sendable, Equatable {
  /// Alive weights in rounds 0…n.
  public let alive: [Int]

  /// The plan from `start` alive weights of `prunable`.
  ///
  /// - Throws: `Failure` of kind `usage` if the target is not below the start or leaves nothing.
  public init(start: Int, prunable: Int, settings: PruningSettings) throws {
    let target = (settings.density * Double(prunable)).rounded()
    guard target >= 1 else {
      throw Failure(
        .usage, setting: "density", value: "\(settings.density)",
        "leaves none of the \(prunable) prunable weights")
    }
    guard target < Double(start) else {
      throw Failure(
        .usage, setting: "density", value: "\(settings.density)",
        "\(Int(target)) weights are not fewer than the \(start) alive at the start")
    }
    let ratio = target / Double(start)
    alive = (0...settings.rounds).map { round in
      Int((Double(start) * pow(ratio, Double(round) / Double(settings.rounds))).rounded())
    }
  }
}
