import Pruning
import Training

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
