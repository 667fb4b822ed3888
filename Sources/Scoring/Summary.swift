/// Mean and standard deviation over seeds.
public struct Summary: Hashable, Codable, Sendable {
  /// The mean; 0 of no values.
  public let mean: Double
  /// The sample's standard deviation, with n − 1 in the denominator; nil for fewer than two values.
  public let deviation: Double?
  /// How many values there are: n.
  public let count: Int

  /// Summarises `values`, one a seed.
  public init(_ values: [Double]) {
    count = values.count
    // Measured from the first value: equal values have exactly that mean and no deviation.
    let origin = values.first ?? 0
    let shift = values.reduce(0) { $0 + ($1 - origin) } / Double(max(count, 1))
    mean = origin + shift
    let squares = values.reduce(0) { $0 + ($1 - origin - shift) * ($1 - origin - shift) }
    deviation = count < 2 ? nil : (squares / Double(count - 1)).squareRoot()
  }

  /// Whether the values differ by more than the rounding of the numbers they were computed from.
  var varies: Bool {
    guard let deviation else { return false }
    return deviation > 1e-10 * abs(mean) && deviation.isFinite
  }
}
