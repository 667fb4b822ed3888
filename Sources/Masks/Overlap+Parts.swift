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
    /// The share of the first task's alive weights that are alive in the second, |A∩B|/|A|, and
    /// |A∩B|/|B|; nil for a task without alive weights.
    public let containments: [Double?]
    /// What random masks of the same densities have; over the whole network only.
    public internal(set) var expected: Expectation?
    /// What θ⁰ alone explains; over the whole network only, and where θ⁰ is known.
    public internal(set) var theta0: Expectation?
  }

  /// What random masks would have in place of a ratio.
  public struct Expectation: Codable, Equatable, Sendable {
    /// The expected ratio, or nil if the union is empty.
    @Ratio public var ratio: Double?
    /// How many standard deviations of it the tickets' ratio lies above; nil if it has none.
    @Ratio public var z: Double?

    /// What random masks with the weights of `strata` have, where tickets have the ratio
    /// `observed`.
    init(_ strata: [RandomOverlap.Stratum], observed: Double?) {
      let random = RandomOverlap(strata)
      _ratio = Ratio(wrappedValue: random.ratio)
      _z = Ratio(wrappedValue: random.z(of: observed))
    }
  }

  /// The overlap over all prunable weights.
  public struct Whole: Codable, Equatable, Sendable {
    /// Intersection over union of all tasks, or nil if the union is empty.
    @Ratio public var all: Double?
    /// Weights alive in all tasks.
    public let intersection: Int
    /// What random masks have that keep as many weights of every tensor.
    public let expected: Expectation
    /// What θ⁰ alone explains: random masks that keep as many weights of every tensor and twentieth
    /// of |θ⁰|; left out where θ⁰ is not known.
    public let theta0: Expectation?
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
