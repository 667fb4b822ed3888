import Basics
import Masks
import Sharing
import Tensors
import Training

/// The two steps between rounds: removing weights, and resetting the survivors to θ⁰.
public enum Pruner {
  /// The masks that keep exactly `count` of the weights alive in `masks`.
  ///
  /// - Parameters:
  ///   - parameters: the trained weights, one parameter for each of the masks, in order.
  ///   - chance: the stream of the random criterion.
  /// - Throws: `Failure` of kind `badData` if a weight is not a number.
  public static func keep(
    _ count: Int, of parameters: [Parameter], masks: MaskSet, settings: PruningSettings,
    chance: RandomStream
  ) throws -> MaskSet {
    let alive = masks.entries.map(\.mask)
    var stream = chance
    let random: [[Float]] =
      settings.criterion == .random
      ? parameters.map { parameter in (0..<parameter.elementCount).map { _ in stream.uniform() } }
      : []
    func select(_ scores: [UnsafeBufferPointer<Float>]) throws -> [BitMask] {
      switch settings.scope {
      case .global: try Selection.keep(count, of: scores, alive: alive)
      case .layer: try Selection.keepPerTensor(count, of: scores, alive: alive)
      }
    }
    let kept: [BitMask]
    switch settings.criterion {
    case .magnitude: kept = try withPointers(parameters.map(\.elements)) { try select($0) }
    case .random: kept = try withPointers(random) { try select($0) }
    }
    let result = MaskSet(
      zip(masks.entries, kept).map { .init(name: $0.name, shape: $0.shape, mask: $1) })
    guard result.aliveCount == count, try result.isNested(in: masks) else {
      throw Failure(.internal, "pruning kept \(result.aliveCount) weights instead of \(count)")
    }
    return result
  }

  /// Puts θ⁰ into `parameters` and zero where `masks` hold no weight, then checks both.
  ///
  /// - Throws: `Failure` of kind `internal` if a surviving weight is not θ⁰'s.
  public static func rewind(
    _ parameters: [Parameter], to theta0: Weights, masks: MaskSet, from source: String
  ) throws {
    for parameter in parameters { parameter.store(only: nil) }
    try theta0.load(into: parameters, from: source)
    let original = Dictionary(uniqueKeysWithValues: theta0.entries.map { ($0.name, $0.values) })
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

  private static func withPointers<R>(
    _ arrays: [[Float]], _ body: ([UnsafeBufferPointer<Float>]) throws -> R
  ) rethrows -> R {
    func descend(_ index: Int, _ pointers: [UnsafeBufferPointer<Float>]) throws -> R {
      guard index < arrays.count else { return try body(pointers) }
      return try arrays[index].withUnsafeBufferPointer { try descend(index + 1, pointers + [$0]) }
    }
    return try descend(0, [])
  }
}
