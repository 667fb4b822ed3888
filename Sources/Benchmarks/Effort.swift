import Masks
import Sharing

/// The arithmetic of a token: multiply-adds of the BiLSTM's weight matrices, which a network of
/// this kind spends nearly all of its work on.
///
/// A weight costs one multiply-add a token forward, and two on the way back: for the gradient of
/// its input and for its own.
package struct Effort: Equatable {
  /// BiLSTM weights, and how many of them are alive: the mean over the tasks.
  package let weights: Int
  package let alive: Double

  /// The effort of `network` under `masks`, one set a task; none if all weights are alive.
  package init(of network: any SharingNetwork, masks: [MaskSet]) {
    let names = Set(
      network.prunable.map(\.name).filter { $0.hasPrefix("lstm.") })
    weights = network.prunable.reduce(0) { $0 + (names.contains($1.name) ? $1.elementCount : 0) }
    let sums = masks.map { set in
      set.entries.reduce(0) { $0 + (names.contains($1.name) ? $1.mask.aliveCount : 0) }
    }
    alive = sums.isEmpty ? Double(weights) : Double(sums.reduce(0, +)) / Double(sums.count)
  }

  /// Floating-point operations a token, counted over all weights.
  package func flop(_ mode: BenchmarkMode) -> Double { Self.operations(mode) * Double(weights) }

  /// Floating-point operations a token, counted over alive weights.
  package func aliveFlop(_ mode: BenchmarkMode) -> Double { Self.operations(mode) * alive }

  private static func operations(_ mode: BenchmarkMode) -> Double { mode == .train ? 6 : 2 }
}
