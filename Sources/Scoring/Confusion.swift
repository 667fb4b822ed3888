import Corpora

/// How often something with one gold label was predicted to have another, or the same.
public struct Confusion: Hashable, Codable, Sendable {
  /// The gold label, or type; nil for spans that are predicted where there is none (spurious).
  public let gold: String?
  /// The predicted label, or type; nil for gold spans that were not found (missed).
  public let predicted: String?
  /// How often.
  public let count: Int

  /// Creates a count.
  public init(gold: String?, predicted: String?, count: Int) {
    self.gold = gold
    self.predicted = predicted
    self.count = count
  }

  /// Whether it is one of an error: labels are told apart by their bytes.
  public var isError: Bool { gold.map { Array($0.utf8) } != predicted.map { Array($0.utf8) } }
}

extension [Confusion] {
  /// The labels by how often they are gold or wrongly predicted, falling, then by name; nil stands
  /// for none.
  package var labelsByWeight: [String?] {
    var weights: [String?: Int] = [:]
    for pair in self {
      weights[pair.gold, default: 0] += pair.count
      if pair.isError { weights[pair.predicted, default: 0] += pair.count }
    }
    return weights.sorted { ($1.value, $0.key ?? "") < ($0.value, $1.key ?? "") }.map(\.key)
  }
}

/// Counts of pairs that occur: as many as there are examples at the most, however many labels.
struct ConfusionCounts {
  private struct Pair: Hashable {
    let gold: Int32, predicted: Int32
  }

  private var counts: [Pair: Int] = [:]

  /// Counts one; -1 is none.
  mutating func add(gold: Int32, predicted: Int32) {
    counts[Pair(gold: gold, predicted: predicted), default: 0] += 1
  }

  /// The pairs by falling count, then by the bytes of their labels, which `table` numbers.
  func list(_ table: StringTable) -> [Confusion] {
    var places = [Int](repeating: 0, count: table.count)
    let order = table.byFalling(places)
    for (place, id) in order.enumerated() { places[Int(id)] = place }
    func place(_ id: Int32) -> Int { id < 0 ? -1 : places[Int(id)] }
    func name(_ id: Int32) -> String? { id < 0 ? nil : table[id] }
    return counts.sorted { a, b in
      a.value != b.value
        ? a.value > b.value
        : (place(a.key.gold), place(a.key.predicted)) < (place(b.key.gold), place(b.key.predicted))
    }.map { Confusion(gold: name($0.key.gold), predicted: name($0.key.predicted), count: $0.value) }
  }
}

/// Types of spans against each other where first and last token agree.
struct SpanConfusions {
  private var types = StringTable()
  private var counts = ConfusionCounts()

  /// Counts one sentence; its spans do not overlap on either side.
  mutating func add(gold: [Span], predicted: [Span]) {
    let found = Dictionary(uniqueKeysWithValues: predicted.map { ($0.start..<$0.end, $0.type) })
    for span in gold {
      let other = found[span.start..<span.end]
      counts.add(
        gold: types.intern(span.type), predicted: other.map { types.intern($0) } ?? -1)
    }
    let places = Set(gold.map { $0.start..<$0.end })
    for span in predicted where !places.contains(span.start..<span.end) {
      counts.add(gold: -1, predicted: types.intern(span.type))
    }
  }

  /// The pairs by falling count, then by their types.
  var list: [Confusion] { counts.list(types) }
}
