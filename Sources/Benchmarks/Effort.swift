import Masks
import Sharing

/// The arithmetic of a token: multiply-adds of the weight matrices of the BiLSTMs that a step reads
/// for a token, which a network of this kind spends nearly all of its work on; a mean over tasks.
///
/// A weight costs one multiply-add a token forward, and two on the way back: for the gradient of
/// its input and for its own.
package struct Effort: Equatable {
  /// BiLSTM weights read for a token, and how many of them are alive: the mean over the tasks.
  package let weights: Int
  package let alive: Double

  /// The effort of `network` under `masks`, one set a task; none if all weights are alive.
  package init(of network: any SharingNetwork, masks: [MaskSet]) {
    let encoders = Set(network.parts.encoders.map(\.name))
    var (all, alive) = (0, 0)
    for task in network.tasks.indices {
      for parameter in network.parameters(of: task) where encoders.contains(parameter.name) {
        let mask = masks.isEmpty ? nil : masks[task][parameter.name]
        all += parameter.elementCount
        alive += mask?.aliveCount ?? parameter.elementCount
      }
    }
    weights = all / network.tasks.count
    self.alive = Double(alive) / Double(network.tasks.count)
  }

  /// Floating-point operations a token, counted over all weights.
  package func flop(_ mode: BenchmarkMode) -> Double { Self.operations(mode) * Double(weights) }

  /// Floating-point operations a token, counted over alive weights.
  package func aliveFlop(_ mode: BenchmarkMode) -> Double { Self.operations(mode) * alive }

  private static func operations(_ mode: BenchmarkMode) -> Double { mode == .train ? 6 : 2 }
}
