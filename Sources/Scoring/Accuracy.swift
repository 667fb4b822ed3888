/// How many tokens, or texts, were labelled right.
public struct Accuracy: Hashable, Codable, Sendable {
  /// Those labelled right.
  public private(set) var correct = 0
  /// All of them.
  public private(set) var total = 0

  /// Creates a count of nothing.
  public init() {}

  /// The share labelled right, 0 if there are none.
  public var value: Double { total > 0 ? Double(correct) / Double(total) : 0 }

  /// Counts one.
  public mutating func add(isCorrect: Bool) {
    total += 1
    if isCorrect { correct += 1 }
  }

  /// The counts of both together.
  static func + (a: Accuracy, b: Accuracy) -> Accuracy {
    var sum = a
    sum.correct += b.correct
    sum.total += b.total
    return sum
  }
}
