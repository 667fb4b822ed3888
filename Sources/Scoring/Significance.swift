/// Whether a difference between systems, or a relation between numbers, may be chance.
///
/// Over sentences it is `bootstrap` that says so, over seeds `pairedT`. The bootstrap asks whether
/// other sentences would have changed the comparison of these very networks, the t test whether
/// other seeds would have.
public enum Significance {
  /// Student's paired t test over seeds, two-sided, with n − 1 degrees of freedom.
  ///
  /// - Parameter differences: one system's score minus the other's, one a seed.
  /// - Returns: t and p, or nil for fewer than two pairs or differences without variance.
  public static func pairedT(_ differences: [Double]) -> (t: Double, p: Double)? {
    let summary = Summary(differences)
    guard summary.varies, let deviation = summary.deviation else { return nil }
    let t = summary.mean / deviation * Double(summary.count).squareRoot()
    return (t, StudentT.twoSided(t, degrees: summary.count - 1))
  }

  /// Pearson's correlation, with the two-sided p of t = r √((n − 2) / (1 − r²)).
  ///
  /// - Returns: r and p, or nil for fewer than three points or where x or y has no variance.
  public static func pearson(_ x: [Double], _ y: [Double]) -> (r: Double, p: Double)? {
    guard x.count >= 3, let r = correlation(x, y) else { return nil }
    let degrees = x.count - 2
    let t = r * (Double(degrees) / ((1 - r) * (1 + r))).squareRoot()
    return (r, StudentT.twoSided(t, degrees: degrees))
  }

  /// Pearson's correlation; nil where x or y has no variance.
  static func correlation(_ x: [Double], _ y: [Double]) -> Double? {
    precondition(x.count == y.count, "every x needs a y")
    let (xs, ys) = (Summary(x), Summary(y))
    guard xs.varies, ys.varies, let sx = xs.deviation, let sy = ys.deviation else { return nil }
    let products = zip(x, y).reduce(0) {
      $0 + ($1.0 - xs.mean) / sx * (($1.1 - ys.mean) / sy)
    }
    return max(-1, min(1, products / Double(x.count - 1)))
  }
}
