extension Overlap {
  /// The overlap of two tasks.
  public struct Pair: Codable, Equatable, Sendable {
    /// The two tasks.
    public let tasks: [String]
    /// Intersection over union, or nil if the union is empty.
    @Ratio public var ratio: Double?
    /// Weights alive in both tasks.
    public let intersection: Int
    /// Weights alive in either task.
    public let union: Int
  }

  /// The overlap over all prunable weights.
  public struct Whole: Codable, Equatable, Sendable {
    /// Intersection over union of all tasks, or nil if the union is empty.
    @Ratio public var all: Double?
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
    @Ratio public var ratio: Double?
    /// Weights alive in all tasks.
    public let intersection: Int
    /// Weights alive in any task.
    public let union: Int
    /// Every pair of tasks, in the order of the tasks.
    public let pairs: [Pair]
  }
}

extension Overlap {
  /// A ratio that may be undefined; encoding says so with null, where synthesised encoding of an
  /// optional leaves the key out.
  @propertyWrapper
  public struct Ratio: Codable, Equatable, Sendable {
    /// The ratio, or nil.
    public let wrappedValue: Double?

    /// Creates the ratio `wrappedValue`.
    public init(wrappedValue: Double?) { self.wrappedValue = wrappedValue }

    /// Decodes a number or null.
    public init(from decoder: any Decoder) throws {
      wrappedValue = try decoder.singleValueContainer().decode(Double?.self)
    }

    /// Encodes a number or null.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(wrappedValue)
    }
  }
}
