import Basics

extension Overlap {
  /// The initial weights θ⁰ as far as masks are concerned: their sizes, tensor by tensor.
  struct InitialSizes {
    /// The number of bins that a tensor's weights are in by |θ⁰|, as many in each as can be.
    static let bins = 20

    private let values: [String: [Float]]

    /// The sizes of the tensors `values`, which must have those of `masks`.
    ///
    /// - Throws: `Failure` of kind `badData` naming a tensor that is missing, has another number of
    ///   weights, or weights that are not finite.
    init(_ values: [String: [Float]], of masks: MaskSet) throws {
      for entry in masks.entries {
        guard let found = values[entry.name], found.count == entry.mask.count else {
          throw Failure(
            .badData,
            "overlap: the initial weights have no tensor '\(entry.name)' of shape \(entry.shape)")
        }
        guard found.allSatisfy(\.isFinite) else {
          throw Failure(
            .badData, "overlap: the initial weights of '\(entry.name)' are not all finite")
        }
      }
      self.values = values
    }

    /// The strata of `masks`, all of one layout: a tensor's weights by the rank of |θ⁰| in it.
    func strata(_ masks: [MaskSet]) -> [RandomOverlap.Stratum] {
      masks[0].entries.indices.flatMap { tensor in
        let entry = masks[0].entries[tensor]
        let bin = bins(of: values[entry.name]!)
        var counts = [Int](repeating: 0, count: Self.bins)
        for bin in bin { counts[Int(bin)] += 1 }
        let alive = masks.map { set in
          var alive = [Int](repeating: 0, count: Self.bins)
          set.entries[tensor].mask.forEachAlive { alive[Int(bin[$0])] += 1 }
          return alive
        }
        return counts.indices.map { bin in
          RandomOverlap.Stratum(count: counts[bin], alive: alive.map { $0[bin] })
        }
      }
    }

    /// The ratio of `masks` with the masks of as many weights that pruning θ⁰ itself by magnitude
    /// leaves, over all tensors together; nil if no weight is alive.
    func magnitudeRatio(_ masks: MaskSet) throws -> Double? {
      let count = masks.aliveCount
      guard count > 0 else { return nil }
      let all = masks.entries.map { BitMask(repeating: true, count: $0.mask.count) }
      let kept = try masks.entries.map { values[$0.name]! }.withPointers {
        try Selection.keep(count, of: $0, alive: all)
      }
      let both = zip(masks.entries, kept).reduce(0) { $0 + ($1.0.mask & $1.1).aliveCount }
      return Double(both) / Double(2 * count - both)
    }

    /// The bin of each weight; of equal sizes the earlier counts as the smaller, as in pruning.
    private func bins(of values: [Float]) -> [UInt8] {
      var bins = [UInt8](repeating: 0, count: values.count)
      for (rank, index) in order(values).enumerated() {
        bins[index] = UInt8(rank * Self.bins / values.count)
      }
      return bins
    }

    /// The indices of `values` by magnitude, equal ones by place: a radix sort of the bit patterns,
    /// which order as magnitudes do.
    private func order(_ values: [Float]) -> [Int] {
      let keys = values.map(\.magnitude.bitPattern)
      var order = Array(keys.indices)
      var sorted = order
      for shift in [0, 16] {
        var places = [Int](repeating: 0, count: 1 << 16 + 1)
        for key in keys { places[Int(key >> shift & 0xffff) + 1] += 1 }
        for digit in 1..<places.count { places[digit] += places[digit - 1] }
        for index in order {
          let digit = Int(keys[index] >> shift & 0xffff)
          sorted[places[digit]] = index
          places[digit] += 1
        }
        swap(&order, &sorted)
      }
      return order
    }
  }
}
