import Basics
import Foundation

extension MaskSet {
  /// `sets` over all tensors that any of them has: a tensor that a set lacks is one that its task
  /// does not read, so every weight of it is dead there.
  ///
  /// Sets of one layout stay as they are. Otherwise tensors stand module by module in the order of
  /// the modules' names, 2 before 10, and those of a module in the order in which they are met.
  ///
  /// - Throws: `Failure` of kind `badData` naming a tensor that has several shapes.
  package static func aligned(_ sets: [MaskSet]) throws -> [MaskSet] {
    guard sets.contains(where: { sets[0].layoutDifference($0) != nil }) else { return sets }
    for (index, set) in sets.enumerated() {
      for earlier in sets[..<index] { try requireNone(earlier.shapeDifference(set)) }
    }
    let met = sets.flatMap(\.entries).map { Tensor(name: $0.name, shape: $0.shape) }.uniqued()
    let order = met.enumerated().sorted { a, b in
      switch a.element.module.compare(b.element.module, options: .numeric) {
      case .orderedAscending: true
      case .orderedDescending: false
      case .orderedSame: a.offset < b.offset
      }
    }
    return sets.map { set in
      let masks = Dictionary(uniqueKeysWithValues: set.entries.map { ($0.name, $0.mask) })
      return MaskSet(
        order.map { _, tensor in
          let none = BitMask(repeating: false, count: tensor.shape.reduce(1, *))
          return Entry(name: tensor.name, shape: tensor.shape, mask: masks[tensor.name] ?? none)
        })
    }
  }

  /// Says which tensor that both sets have is of another shape in `other`; nil if none is.
  package func shapeDifference(_ other: MaskSet) -> String? {
    let others = Dictionary(uniqueKeysWithValues: other.entries.map { ($0.name, $0) })
    return entries.lazy.compactMap { entry in
      others[entry.name].flatMap(entry.shapeDifference)
    }.first
  }
}

extension MaskSet.Entry {
  /// Says how the shape of `other`, a mask of the same tensor, departs from this one's.
  func shapeDifference(_ other: Self) -> String? {
    shape == other.shape ? nil : "tensor '\(name)' is \(shape) against \(other.shape)"
  }
}

/// A tensor that masks belong to.
private struct Tensor: Hashable {
  let name: String
  let shape: [Int]

  var module: String { TensorPlace(name: name, shape: shape).module }
}
