import Foundation

/// Student's t distribution.
package enum StudentT {
  /// The probability that |T| is at least |`t`| with `degrees` degrees of freedom.
  ///
  /// It is I_x(ν/2, 1/2), the regularised incomplete beta function at x = ν / (ν + t²)
  /// (Abramowitz and Stegun 26.7.1 and 26.5.27).
  package static func twoSided(_ t: Double, degrees: Int) -> Double {
    precondition(degrees > 0 && !t.isNaN, "t has at least one degree of freedom")
    let freedom = Double(degrees)
    let square = t * t
    guard square.isFinite else { return 0 }
    return regularisedBeta(
      x: freedom / (freedom + square), complement: square / (freedom + square), freedom / 2, 0.5)
  }

  /// I_x(a, b), where `complement` is 1 − x, given apart because it may be tiny.
  private static func regularisedBeta(
    x: Double, complement: Double, _ a: Double, _ b: Double
  ) -> Double {
    if x <= 0 { return 0 }
    if complement <= 0 { return 1 }
    // The fraction converges fast below the mean of the beta distribution only.
    if x > (a + 1) / (a + b + 2) {
      return 1 - regularisedBeta(x: complement, complement: x, b, a)
    }
    let logFactor =
      logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log(complement)
    return min(1, exp(logFactor) * continuedFraction(x, a, b) / a)
  }

  /// The continued fraction of I_x(a, b) by Lentz's method (Press et al., Numerical Recipes, 6.4).
  private static func continuedFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    func away(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }
    var c = 1.0
    var d = 1 / away(1 - (a + b) * x / (a + 1))
    var result = d
    for step in 1...1000 {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / away(1 + even * d)
      c = away(1 + even / c)
      result *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / away(1 + odd * d)
      c = away(1 + odd / c)
      result *= d * c
      if abs(d * c - 1) < 1e-15 { break }
    }
    return result
  }

  private static func logGamma(_ x: Double) -> Double {
    let (value, _): (Double, Int) = lgamma(x)
    return value
  }
}
