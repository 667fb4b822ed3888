import Basics
import Masks
import Pruning
import Sharing
import Training

/// What a pruning loop keeps, in memory.
final class Memory {
  var results: [RoundResult] = []
  var tickets: [Int: (masks: MaskSet, score: Double?)] = [:]
  var weights: [Int: Weights] = [:]

  var store: IterativePruning.Store {
    IterativePruning.Store(
      results: results, next: tickets[results.count],
      saveTicket: { self.tickets[$0] = ($1, $2) },
      saveResult: { self.results.append($0) },
      weights: { self.weights[$0]! },
      saveWeights: { self.weights[$0] = $1 })
  }
}

/// The published settings with `change`.
func pruningSettings(_ change: (inout PruningSettings) -> Void) -> PruningSettings {
  var settings = PruningSettings()
  change(&settings)
  return settings
}

extension Weights {
  /// The values of the tensor `name`.
  subscript(name: String) -> [Float]? { entries.first { $0.name == name }?.values }

  /// The bits of every number.
  var bits: [[UInt32]] { entries.map { $0.values.map(\.bitPattern) } }
}
