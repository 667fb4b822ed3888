import Tensors

/// What the measurements of one configuration came to.
public struct BenchmarkResult: Encodable {
  /// A part of a step: microseconds a token, and the share of the whole.
  public struct Part: Encodable {
    let name: String
    let microseconds: Double
    let share: Double

    private enum CodingKeys: String, CodingKey {
      case name, share
      case microseconds = "microseconds_per_token"
    }
  }

  let configuration: BenchmarkConfiguration
  private var works: [Work] = []
  private var peaks: [Double] = []
  private var effort: Effort?

  init(_ configuration: BenchmarkConfiguration) { self.configuration = configuration }

  mutating func add(_ work: Work, effort: Effort, peak: Double) {
    works.append(work)
    peaks.append(peak)
    self.effort = effort
  }

  /// Tokens a second, a number for each measurement.
  var rates: [Double] { works.map(\.tokensPerSecond) }
  /// Their median.
  var rate: Double { median(rates) }
  /// The median of the peaks measured beside, in GFLOP/s of all threads together.
  var peak: Double { median(peaks) }
  /// Alive weights over all weights, of the BiLSTM.
  var density: Double { effort.map { $0.alive / Double($0.weights) } ?? 1 }
  /// Floating-point operations a token, of all weights.
  var flop: Double { effort?.flop(configuration.mode) ?? 0 }
  /// The same of alive weights only.
  var aliveFlop: Double { effort?.aliveFlop(configuration.mode) ?? 0 }
  /// Those that are done: of alive weights only, but where dead ones are multiplied as zeros.
  var doneFlop: Double {
    let isDense = configuration.masks == .none || configuration.execution == .dense
    return isDense ? flop : aliveFlop
  }
  /// The share of the peak that `flop` operations a token make of it, pair by pair.
  func share(_ flop: Double) -> Double {
    median(zip(rates, peaks).map { $0 * flop / 1e9 / $1 })
  }

  /// What the configuration's masks are, as JSON and tables name it.
  var masks: String {
    switch configuration.masks {
    case .none: "none"
    case .random: "random"
    case .tickets: "ticket"
    }
  }

  /// Where the time goes over all measurements, in the order of a step; empty without a clock.
  var parts: [Part] {
    guard works.contains(where: { !$0.parts.isEmpty }) else { return [] }
    var sums = Dictionary(uniqueKeysWithValues: Self.partNames.map { ($0, 0.0) })
    for work in works {
      sums["preparation", default: 0] += work.prepared
      for (part, nanoseconds) in work.parts {
        sums[Self.name(of: part), default: 0] += Double(nanoseconds)
      }
    }
    let total = sums.values.reduce(0, +)
    let tokens = works.reduce(0) { $0 + Double($1.tokens) }
    return Self.partNames.map {
      Part(name: $0, microseconds: sums[$0]! / tokens / 1000, share: sums[$0]! / total)
    }
  }

  /// All parts, in the order of a step.
  static let partNames = [
    "preparation", "characters+embedding", "BiLSTM forward", "BiLSTM backward", "heads+loss",
    "clipping+optimiser", "rest",
  ]

  private static func name(of part: StepClock.Part) -> String {
    switch part.name {
    case "embedding", "characters": "characters+embedding"
    case "BiLSTM": part.isBackward ? "BiLSTM backward" : "BiLSTM forward"
    case "heads": "heads+loss"
    case "optimiser": "clipping+optimiser"
    case "packing": "preparation"
    default: "rest"
    }
  }

  private enum CodingKeys: String, CodingKey {
    case mode, batch, threads, hidden, layers, tasks, density, masks, execution, runs, gflops, parts
    case length = "sentence_length"
    case rate = "tokens_per_second"
    case lowest, highest
    case flop = "flop_per_token"
    case aliveFlop = "alive_flop_per_token"
    case peak = "peak_gflops"
    case share = "peak_share"
    case aliveShare = "alive_peak_share"
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(configuration.mode, forKey: .mode)
    try container.encode(configuration.batch, forKey: .batch)
    try container.encode(configuration.threads, forKey: .threads)
    try container.encode(configuration.hidden, forKey: .hidden)
    try container.encode(configuration.layers, forKey: .layers)
    try container.encode(configuration.tasks, forKey: .tasks)
    try container.encode(configuration.length, forKey: .length)
    try container.encode(density, forKey: .density)
    try container.encode(masks, forKey: .masks)
    let execution = configuration.masks == .none ? nil : configuration.execution
    try container.encode(execution, forKey: .execution)
    try container.encode(rate, forKey: .rate)
    try container.encode(rates.min(), forKey: .lowest)
    try container.encode(rates.max(), forKey: .highest)
    try container.encode(rates, forKey: .runs)
    try container.encode(flop, forKey: .flop)
    try container.encode(aliveFlop, forKey: .aliveFlop)
    try container.encode(rate * flop / 1e9, forKey: .gflops)
    try container.encode(peak, forKey: .peak)
    try container.encode(share(flop), forKey: .share)
    try container.encode(share(aliveFlop), forKey: .aliveShare)
    if !parts.isEmpty { try container.encode(parts, forKey: .parts) }
  }
}

/// The middle of `values`, the mean of the two middle ones if their number is even.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard let last = sorted.last else { return 0 }
  let middle = sorted.count / 2
  return sorted.count % 2 == 1
    ? sorted[middle] : (sorted[middle - 1] + min(sorted[middle], last)) / 2
}
