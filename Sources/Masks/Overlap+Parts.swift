extension Overlap {
  /// The overlap of two tasks.
  public struct Pair: Codable, Equatable, Sendable {
    /// The two tasks.
    public let tasks: [String]
    /// Intersection over union, or nil if the union is empty.
    public let ratio: Double?
    /// Weights alive in both tasks.
    public let intersection: Int
    /// Weights alive in either task.
    public let union: Int
  }

  /// The overlap over all prunable weights.
  public struct Whole: Codable, Equatable, Sendable {
    /// Intersection over union of all tasks, or nil if the union is empty.
    public let all: Double?
    /// Weights alive in all tasks.
    public let intersection: Int
    /// Every pair of tasks, in the order of the tasks.
    public let pairs: [Pair]
  }

  /// The overlap over a part of the network.
  public struct Part: Codable, Equatable, Sendable {
    /// The kind of part: `tensor`, `gate`, `direction`, `layer` or `module`.
    public let group: String
    /// Which one: a tensor's name; `i`, `f`, `g`, `o`; `forward`, `backward`; `0`, `1`, …;
    /// `lstm`, `conv`. Where several modules have gates, theirs stands first, as in `lstm i`.
    public let name: String
    /// The part's prunable weights.
    public let prunable: Int
    /// The part's alive weights in each task.
    public let alive: [String: Int]
    /// Intersection over union of all tasks, or nil if the union is empty.
    public let ratio: Double?
    /// Weights alive in all tasks.
    public let intersection: Int
    /// Weights alive in any task.
    public let union: Int
    /// Every pair of tasks, in the order of the tasks.
    public let pairs: [Pair]
  }
}

// Synthesised encoding leaves nil out; an undefined ratio is to be seen, as null.

extension Overlap.Pair {
  /// Encodes the pair, an undefined ratio as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(tasks, forKey: .tasks)
    try container.encode(ratio, forKey: .ratio)
    try container.encode(intersection, forKey: .intersection)
    try container.encode(union, forKey: .union)
  }
}

extension Overlap.Whole {
  /// Encodes the ratios, an undefined one as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(all, forKey: .all)
    try container.encode(intersection, forKey: .intersection)
    try container.encode(pairs, forKey: .pairs)
  }
}

extension Overlap.Part {
  /// Encodes the part, an undefined ratio as null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(group, forKey: .group)
    try container.encode(name, forKey: .name)
    try container.encode(prunable, forKey: .prunable)
    try container.encode(alive, forKey: .alive)
    try container.encode(ratio, forKey: .ratio)
    try container.encode(intersection, forKey: .intersection)
    try container.encode(union, forKey: .union)
    try container.encode(pairs, forKey: .pairs)
  }
}
