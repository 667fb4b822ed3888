import Basics

/// What several tasks' gradients g_1 … g_M of the weights that they share are made into.
package enum GradientBalance {
  /// PCGrad (Yu et al. 2020, algorithm 1): from every gradient, for the others in random order, its
  /// part against another is taken away: where g_i · g_j < 0, g_i ← g_i − g_j (g_i · g_j) / ‖g_j‖².
  /// The step is along their sum.
  ///
  /// Two tasks can only disagree over weights that are alive for both: nothing else of g_j counts,
  /// and g_i stays within its task's subnet.
  package static func projected(
    _ gradients: [GradientVector], from stream: inout RandomStream
  ) -> [GradientVector] {
    gradients.indices.map { index in
      let projected = gradients[index].copy()
      for other in gradients.indices.filter({ $0 != index }).shuffled(using: &stream) {
        let product = projected.dot(gradients[other])
        guard product < 0 else { continue }
        let square = gradients[other].squaredNorm(within: projected)
        projected.addWithin(Float(-product / square), gradients[other])
      }
      return projected
    }
  }

  /// CAGrad (Liu et al. 2021, algorithm 1): how much of each gradient the step has, given all their
  /// scalar products.
  ///
  /// With g_0 their mean and w on the simplex the least of g_w · g_0 + c‖g_0‖‖g_w‖, it is
  /// M (g_0 + c‖g_0‖ g_w / ‖g_w‖) / (1 + c²), c = 0.4 as published: M times the published direction, as in the authors'
  /// code, so that learning rates mean the same as for the sum.
  package static func averse(_ products: [[Double]], aversion c: Double = 0.4) -> [Double] {
    let count = products.count
    let mean = 1 / Double(count)
    let scale = products.indices.map { products[$0][$0] }.max()!
    guard scale > 0 else { return products.map { _ in 1 } }
    let k = products.map { $0.map { $0 / scale } }
    let toMean = k.map { $0.reduce(0, +) * mean }
    let meanNorm = max(0, toMean.reduce(0, +) * mean).squareRoot()
    func norm(_ w: [Double]) -> Double { max(0, Self.dot(w, Self.times(k, w))).squareRoot() }
    func value(_ w: [Double]) -> Double { dot(w, toMean) + c * meanNorm * norm(w) }
    var w = [Double](repeating: mean, count: count)
    var step = 1.0
    // Projected gradients with a step that shrinks until it descends: the problem is convex, and as
    // small as there are tasks.
    for _ in 0..<1000 {
      let length = norm(w)
      guard length > 1e-12 else { break }
      let slope = zip(toMean, times(k, w)).map { $0 + c * meanNorm * $1 / length }
      var next = w
      repeat {
        next = onSimplex(zip(w, slope).map { $0 - step * $1 })
        step /= 2
      } while value(next) > value(w) && step > 1e-12
      step *= 4
      let moved = zip(w, next).map { abs($0 - $1) }.max()!
      if value(next) <= value(w) { w = next }
      if moved < 1e-12 { break }
    }
    let length = norm(w)
    // A mixture of opposed gradients that is nothing but rounding has no direction.
    let pull = length > 1e-6 ? c * meanNorm * Double(count) / length : 0
    return w.map { (1 + pull * $0) / (1 + c * c) }
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private static func times(_ matrix: [[Double]], _ vector: [Double]) -> [Double] {
    matrix.map { dot($0, vector) }
  }

  /// The nearest point whose numbers are not negative and sum up to 1 (Duchi et al. 2008, figure 1).
  private static func onSimplex(_ point: [Double]) -> [Double] {
    var sum = 0.0
    var shift = 0.0
    for (index, number) in point.sorted(by: >).enumerated() {
      sum += number
      let candidate = (sum - 1) / Double(index + 1)
      if number > candidate { shift = candidate }
    }
    return point.map { max(0, $0 - shift) }
  }
}
