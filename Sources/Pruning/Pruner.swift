import Basics
import Masks
import Tensors
import Training

/// The two steps between rounds: removing weights, and putting the survivors where they start.
public enum Pruner {
  /// The masks that keep exactly `count` of the weights alive in `masks`, those that are worth most.
  ///
  /// - Parameter saliency: of the tensors of `masks`, in order.
  /// - Throws: `Failure` of kind `badData` naming a tensor of which a score is no number.
  public static func keep(
    _ count: Int, of saliency: Saliency, masks: MaskSet, scope: PruningSettings.Scope
  ) throws -> MaskSet {
    try saliency.requireFinite(masks)
    let alive = masks.entries.map(\.mask)
    let kept = try saliency.values.withPointers {
      try scope.select(count, of: $0, alive: alive, by: saliency.order)
    }
    let result = masks.replacing(kept)
    guard result.aliveCount == count, try result.isNested(in: masks) else {
      throw Failure(.internal, "pruning kept \(result.aliveCount) weights instead of \(count)")
    }
    return result
  }

  /// Puts `start`, θ⁰ or where the round before ended, into `parameters` and zero where `masks` hold
  /// no weight, then checks both.
  ///
  /// - Throws: `Failure` of kind `internal` if a surviving weight is not that of `start`.
  public static func rewind(
    _ parameters: [Parameter], to start: Weights, masks: MaskSet, from source: String
  ) throws {
    for parameter in parameters { parameter.store(only: nil) }
    try start.load(into: parameters, from: source)
    let original = Dictionary(uniqueKeysWithValues: start.entries.map { ($0.name, $0.values) })
    for parameter in parameters {
      guard let mask = masks[parameter.name], let start = original[parameter.name] else { continue }
      for i in 0..<parameter.count where !mask[i] { parameter.values[i] = 0 }
      for i in 0..<parameter.count {
        guard parameter.values[i].bitPattern == (mask[i] ? start[i] : 0).bitPattern else {
          throw Failure(
            .internal, "tensor \(parameter.name), weight \(i): not as in \(source) after rewinding")
        }
      }
    }
  }
}

extension MaskSet {
  /// The same tensors under `masks`.
  func replacing(_ masks: [BitMask]) -> MaskSet {
    MaskSet(zip(entries, masks).map { .init(name: $0.name, shape: $0.shape, mask: $1) })
  }
}
