import Basics

/// The directions in which points differ most (principal component analysis), found one after the
/// other by power iteration.
package struct PrincipalComponents {
  /// By point: where it is along each direction, from the mean of all.
  package let coordinates: [[Double]]
  /// The share of all variance along each direction, falling; 0 where nothing is left.
  package let explained: [Double]

  /// The first `count` directions of `points`, which have equally many numbers.
  package init(_ points: [[Double]], count: Int) {
    let width = points.first?.count ?? 0
    let mean = (0..<width).map { j in
      points.reduce(0) { $0 + $1[j] } / Double(max(1, points.count))
    }
    var rest = points.map { zip($0, mean).map { $0 - $1 } }
    let total = rest.reduce(0) { $0 + Self.dot($1, $1) }
    var coordinates = points.map { _ in [Double]() }
    var explained: [Double] = []
    for _ in 0..<count {
      let direction = Self.direction(rest)
      // Signs say nothing; the farthest point is put on the positive side.
      var places = rest.map { Self.dot($0, direction) }
      // What is left by rounding is no direction.
      if Self.dot(places, places) < 1e-24 * total { places = places.map { _ in 0 } }
      let farthest = places.max { abs($0) < abs($1) } ?? 0
      if farthest < 0 { places = places.map { -$0 } }
      let sign: Double = farthest < 0 ? -1 : 1
      for i in rest.indices {
        coordinates[i].append(places[i])
        for j in 0..<width { rest[i][j] -= sign * places[i] * direction[j] }
      }
      let variance = Self.dot(places, places)
      explained.append(total > 0 ? variance / total : 0)
    }
    self.coordinates = coordinates
    self.explained = explained
  }

  /// The unit vector along which the squares of `points` are largest; zero if all of them are.
  private static func direction(_ points: [[Double]]) -> [Double] {
    // The longest point has a part along it, unless it is at right angles by rare chance.
    guard var direction = points.max(by: { dot($0, $0) < dot($1, $1) }), normalise(&direction)
    else { return points.first.map { $0.map { _ in 0 } } ?? [] }
    for _ in 0..<1000 {
      var next = [Double](repeating: 0, count: direction.count)
      for point in points {
        let place = dot(point, direction)
        for j in next.indices { next[j] += place * point[j] }
      }
      guard normalise(&next) else { break }
      let change = zip(next, direction).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      direction = next
      if change < 1e-24 { break }
    }
    return direction
  }

  /// Gives `vector` length 1; false if it has none.
  private static func normalise(_ vector: inout [Double]) -> Bool {
    let length = dot(vector, vector).squareRoot()
    guard length > 1e-150 else { return false }
    for j in vector.indices { vector[j] /= length }
    return true
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for j in a.indices { sum += a[j] * b[j] }
    return sum
  }
}
