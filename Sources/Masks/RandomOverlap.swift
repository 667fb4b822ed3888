import Foundation

/// What masks that keep random weights would overlap by: each task's mask keeps, in every stratum
/// of the weights, as many as its ticket does, drawn without replacement and independently of the
/// other tasks' masks.
///
/// In a stratum of n weights of which task t keeps a_t, p = Π a_t/n is the probability that a
/// weight is alive in all tasks and q = Π (n − a_t)/n that it is dead in all. With I the weights
/// alive in all and Z those dead in all, the union being n − Z:
///
///     E[I] = n p                          E[Z] = n q
///     Var I = n p + n(n − 1) Π a_t(a_t − 1)/(n(n − 1)) − (n p)²       Var Z: with n − a_t
///     Cov(I, Z) = n(n − 1) Π a_t(n − a_t)/(n(n − 1)) − n² p q
///
/// A weight cannot be in both I and Z, so that only pairs of different weights stand in the last
/// one. Strata are independent: moments add up.
struct RandomOverlap {
  /// Weights that masks are random among.
  struct Stratum {
    /// The number of weights, n.
    let count: Int
    /// Those alive in each task, a_t.
    let alive: [Int]

    /// The same weights, of the tasks `chosen` alone.
    func of(_ chosen: [Int]) -> Stratum {
      Stratum(count: count, alive: chosen.map { alive[$0] })
    }
  }

  private var intersection = 0.0, union = 0.0
  private var intersectionVariance = 0.0, deadVariance = 0.0, covariance = 0.0

  /// The moments over `strata`, all of the same tasks.
  init(_ strata: [Stratum]) {
    for stratum in strata where stratum.count > 0 { add(stratum) }
  }

  /// The expected ratio E[I]/E[U]; nil if the union is empty.
  var ratio: Double? { union > 0 ? intersection / union : nil }

  /// How many standard deviations the ratio `observed` lies above the expected one; nil where
  /// random masks have no choice.
  ///
  /// The ratio's deviation is that of its linearisation in I and U at their means: with ratio R it
  /// is √(Var I + 2 R Cov(I, Z) + R² Var Z) / E[U].
  func z(of observed: Double?) -> Double? {
    guard let observed, let ratio else { return nil }
    let variance =
      intersectionVariance + 2 * ratio * covariance + ratio * ratio * deadVariance
    guard variance > 0 else { return nil }
    return (observed - ratio) * union / variance.squareRoot()
  }

  private mutating func add(_ stratum: Stratum) {
    let n = Double(stratum.count)
    let alive = stratum.alive.map(Double.init)
    let dead = alive.map { n - $0 }
    let (p, q) = (Self.share(alive, of: n), Self.share(dead, of: n))
    intersection += n * p
    union += n - n * q
    // One random mask among full and empty ones leaves both counts as they are.
    guard alive.count(where: { 0 < $0 && $0 < n }) > 1 else { return }
    intersectionVariance += Self.variance(alive, of: n, share: p)
    deadVariance += Self.variance(dead, of: n, share: q)
    covariance += n * n * p * q * expm1(-Double(alive.count - 1) * log1p(-1 / n))
  }

  private static func share(_ counts: [Double], of n: Double) -> Double {
    counts.reduce(1) { $0 * ($1 / n) }
  }

  /// n p + n(n − 1) Π a(a − 1)/(n(n − 1)) − (n p)² without taking large numbers from each other:
  /// a(a − 1)/(n(n − 1)) = (a/n)² · (1 − (n − a)/(a(n − 1))).
  private static func variance(_ counts: [Double], of n: Double, share p: Double) -> Double {
    guard p > 0 else { return 0 }
    let logarithm = counts.reduce(log1p(-1 / n)) { $0 + log1p(-(n - $1) / ($1 * (n - 1))) }
    return n * p + n * n * p * p * expm1(logarithm)
  }
}
