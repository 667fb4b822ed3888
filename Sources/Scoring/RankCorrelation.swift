/// Spearman's rank correlation ρ: Pearson's correlation of the ranks, equal numbers sharing the
/// average of theirs.
package enum RankCorrelation {
  /// ρ from -1 to 1; 0 where either side is constant, since it has no order to compare.
  package static func spearman(_ x: [Float], _ y: [Float]) -> Double {
    precondition(x.count == y.count, "every x needs a y")
    let (a, b) = (ranks(x), ranks(y))
    // The mean of all ranks, whatever the ties.
    let mean = Double(x.count + 1) / 2
    var (products, squaresA, squaresB) = (0.0, 0.0, 0.0)
    for (a, b) in zip(a, b) {
      products += (a - mean) * (b - mean)
      squaresA += (a - mean) * (a - mean)
      squaresB += (b - mean) * (b - mean)
    }
    guard squaresA > 0, squaresB > 0 else { return 0 }
    return max(-1, min(1, products / (squaresA * squaresB).squareRoot()))
  }

  /// The ranks of `values`, from 1.
  private static func ranks(_ values: [Float]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      // What is no number equals nothing, not even itself.
      let end =
        order[(start + 1)...].firstIndex { values[$0] != values[order[start]] } ?? order.count
      for place in order[start..<end] { ranks[place] = Double(start + 1 + end) / 2 }
      start = end
    }
    return ranks
  }
}
