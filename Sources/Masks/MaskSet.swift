import Basics

/// The masks of a network's prunable tensors, in the network's order: what a ticket holds.
public struct MaskSet: Equatable, Hashable, Sendable {
  /// One tensor's mask.
  public struct Entry: Equatable, Hashable, Sendable {
    /// The tensor's name, such as `lstm.weight_ih_l0`.
    public let name: String
    /// The tensor's extents, outermost first.
    public let shape: [Int]
    /// Which of its weights are alive.
    public let mask: BitMask

    /// Creates the mask of the tensor `name`; `shape` must have as many weights as `mask`.
    public init(name: String, shape: [Int], mask: BitMask) {
      precondition(
        shape.reduce(1, *) == mask.count, "\(name): \(mask.count) weights for shape \(shape)")
      self.name = name
      self.shape = shape
      self.mask = mask
    }
  }

  /// The masks, in order; their names differ.
  public let entries: [Entry]

  /// Creates a set of masks with different names.
  public init(_ entries: [Entry]) {
    precondition(
      Set(entries.map(\.name)).count == entries.count, "the names of masked tensors must differ")
    self.entries = entries
  }

  /// The number of weights that have a bit.
  public var prunableCount: Int { entries.reduce(0) { $0 + $1.mask.count } }

  /// The number of alive weights.
  public var aliveCount: Int { entries.reduce(0) { $0 + $1.mask.aliveCount } }

  /// Alive weights over prunable weights; 0 if there are none.
  public var density: Double {
    let prunable = prunableCount
    return prunable == 0 ? 0 : Double(aliveCount) / Double(prunable)
  }

  /// The mask of the tensor `name`, or nil if it has none.
  public subscript(name: String) -> BitMask? {
    entries.first { $0.name == name }?.mask
  }

  /// The weights alive in both sets.
  ///
  /// - Throws: `Failure` of kind `badData` if their layouts differ.
  public func intersection(_ other: MaskSet) throws -> MaskSet { try combined(other, &) }

  /// The weights alive in either set.
  ///
  /// - Throws: `Failure` of kind `badData` if their layouts differ.
  public func union(_ other: MaskSet) throws -> MaskSet { try combined(other, |) }

  /// The weights alive in any of `sets`, of which there is at least one, over all tensors that any
  /// of them has.
  ///
  /// - Throws: `Failure` of kind `badData` naming a tensor that has several shapes.
  package static func union(of sets: [MaskSet]) throws -> MaskSet {
    let sets = try aligned(sets)
    return try sets.dropFirst().reduce(sets[0]) { try $0.union($1) }
  }

  /// The weights alive in exactly one of the sets.
  ///
  /// - Throws: `Failure` of kind `badData` if their layouts differ.
  public func symmetricDifference(_ other: MaskSet) throws -> MaskSet { try combined(other, ^) }

  /// The weights alive here and not in `other`, which may lack tensors.
  ///
  /// - Throws: `Failure` of kind `badData` naming a tensor that has another shape there.
  package func subtracting(_ other: MaskSet) throws -> MaskSet {
    try Self.requireNone(shapeDifference(other))
    return MaskSet(
      entries.map { entry in
        let mask = other[entry.name].map { entry.mask & ($0 ^ entry.mask) } ?? entry.mask
        return Entry(name: entry.name, shape: entry.shape, mask: mask)
      })
  }

  /// Whether every weight alive here is alive in `other`.
  ///
  /// - Throws: `Failure` of kind `badData` if their layouts differ.
  public func isNested(in other: MaskSet) throws -> Bool {
    try requireLayout(of: other)
    return zip(entries, other.entries).allSatisfy { $0.mask.isSubset(of: $1.mask) }
  }

  /// Makes sure that `other` has the same tensors with the same shapes in the same order.
  ///
  /// - Throws: `Failure` of kind `badData` that names the first tensor that differs.
  public func requireLayout(of other: MaskSet) throws {
    try Self.requireNone(layoutDifference(other))
  }

  /// Makes sure that there is no `difference` between the networks that two sets belong to.
  static func requireNone(_ difference: String?) throws {
    if let difference {
      throw Failure(.badData, "masks belong to different networks: \(difference)")
    }
  }

  /// Says where the layout of `other` departs from this one; nil if it does not.
  package func layoutDifference(_ other: MaskSet) -> String? {
    for (a, b) in zip(entries, other.entries) {
      if a.name != b.name { return "tensor '\(a.name)' against tensor '\(b.name)'" }
      if let difference = a.shapeDifference(b) { return difference }
    }
    let shared = min(entries.count, other.entries.count)
    guard let extra = (entries.dropFirst(shared) + other.entries.dropFirst(shared)).first else {
      return nil
    }
    return "tensor '\(extra.name)' is in one only"
  }

  private func combined(
    _ other: MaskSet, _ operation: (BitMask, BitMask) -> BitMask
  ) throws -> MaskSet {
    try requireLayout(of: other)
    return MaskSet(
      zip(entries, other.entries).map { a, b in
        Entry(name: a.name, shape: a.shape, mask: operation(a.mask, b.mask))
      })
  }
}
