import Basics
import Batches
import Corpora
import Masks
import Sharing
import Tensors

/// Where tasks agree and where they disagree: the cosines of their gradients on the parameters that
/// they share, part by part of the network, batch after batch.
///
/// A task is also set against itself, over two batches that follow each other: how alike gradients
/// can be at that batch size.
public struct GradientConflicts: Sendable {
  /// Which weights of a part count.
  public enum Region: String, CaseIterable, Sendable, Codable {
    /// All of them.
    case all
    /// Those alive in the tickets of both tasks.
    case inside
    /// The other prunable ones.
    case outside
  }

  /// A part of the network.
  public struct Part: Hashable, Sendable {
    /// `all`, `tensor`, `gate`, `direction`, `layer` or `module`.
    public let group: String
    /// Its name in the group.
    public let name: String

    /// The part called `name` in `group`.
    public init(_ group: String, _ name: String) {
      self.group = group
      self.name = name
    }
  }

  /// What was found about one pair of tasks on one part.
  public struct Cosines: Sendable {
    /// The tasks, as indices; twice the same for a task against itself.
    public let first: Int, second: Int
    public let part: Part
    public let region: Region
    /// A cosine a batch; nil where one of the gradients is zero.
    public let values: [Double?]
  }

  /// By part, region and pair.
  public let cosines: [Cosines]

  /// Scalar product and squared norms.
  private struct Products {
    var dot = 0.0, first = 0.0, second = 0.0

    static func += (sum: inout Self, other: Self) {
      sum.dot += other.dot
      sum.first += other.first
      sum.second += other.second
    }

    var cosine: Double? {
      let norms = (first * second).squareRoot()
      return norms > 0 ? max(-1, min(1, dot / norms)) : nil
    }
  }

  private struct Key: Hashable {
    let part: Part, region: Region, first: Int, second: Int
  }

  /// The gradients of the losses of `network`'s tasks, without dropout, over `count` batches each.
  ///
  /// - Parameters:
  ///   - data: the tasks' data.
  ///   - tickets: the tasks' masks that divide the weights into regions; nil for none. Gradients
  ///     outside them are those of a network that executes its masks densely.
  ///   - onBatch: called after every batch; may throw to stop.
  public static func measure(
    _ network: any SharingNetwork, _ data: [TaskData], batches count: Int, size: Int, seed: UInt64,
    tickets: [MaskSet]?, threads: Int = 1, onBatch: (_ done: Int) throws -> Void = { _ in }
  ) rethrows -> GradientConflicts {
    let parts = Self.parts(of: network)
    let masks = tickets.map { $0.map { Self.masks($0) } }
    var lists = data.indices.map { Draws(data[$0], size: size, seed: seed) }
    var previous: [GradientVector]?
    var found: [Key: [Double?]] = [:]
    var order: [Key] = []
    for index in 0...count {
      let batches = lists.indices.map { lists[$0].next() }
      let gradients = network.tasks.indices.map { task in
        StepContext(
          network, task: task, batch: batches[task], rate: 0, clipping: Clipping(.norm, limit: 0),
          draws: nil, threads: threads
        ).allGradients()
      }
      defer { previous = gradients }
      guard let before = previous else { continue }
      var sums: [Key: Products] = [:]
      for first in gradients.indices {
        for second in first..<gradients.count {
          let other = first == second ? before[first] : gradients[second]
          for (parameter, sections) in parts {
            let pair = masks.flatMap { masks in
              masks[first][parameter.name].flatMap { a in
                masks[second][parameter.name].map { (a, $0) }
              }
            }
            for section in sections {
              let products = Self.products(
                gradients[first], other, parameter, section.range, pair)
              for (region, products) in products {
                for part in section.parts {
                  let key = Key(part: part, region: region, first: first, second: second)
                  sums[key, default: Products()] += products
                }
              }
            }
          }
        }
      }
      if order.isEmpty { order = ordered(sums.keys.map { $0 }, parts.flatMap { $0.1 }) }
      for key in order { found[key, default: []].append(sums[key]?.cosine) }
      try onBatch(index)
    }
    return GradientConflicts(
      cosines: order.map {
        Cosines(
          first: $0.first, second: $0.second, part: $0.part, region: $0.region, values: found[$0]!)
      })
  }

  private typealias Section = (range: Range<Int>, parts: [Part])

  private static func parts(of network: any SharingNetwork) -> [(Parameter, [Section])] {
    let shared = network.shared
    let isOnly = Set(shared.filter { $0.place.cell != nil }.map(\.place.module)).count <= 1
    return shared.map { parameter in
      let own = [Part("all", "all"), Part("tensor", parameter.name)]
      let sections = parameter.place.sections(count: parameter.elementCount, isOnly: isOnly)
      return (
        parameter,
        sections.map { section in
          (section.range, own + section.groups.map { Part($0.group, $0.name) })
        }
      )
    }
  }

  private static func masks(_ set: MaskSet) -> [String: BitMask] {
    Dictionary(uniqueKeysWithValues: set.entries.map { ($0.name, $0.mask) })
  }

  /// The products over a run of a parameter's elements, by region.
  private static func products(
    _ a: GradientVector, _ b: GradientVector, _ parameter: Parameter, _ range: Range<Int>,
    _ masks: (BitMask, BitMask)?
  ) -> [(Region, Products)] {
    guard let own = a.block(of: parameter), let other = b.block(of: parameter) else { return [] }
    guard own.rows == nil, other.rows == nil else {
      let whole = Products(
        dot: a.dot(b) { $0 === parameter }, first: a.dot(a) { $0 === parameter },
        second: b.dot(b) { $0 === parameter })
      return [(.all, whole)]
    }
    var inside = Products()
    var outside = Products()
    let (x, y) = (own.values.pointer, other.values.pointer)
    for i in range {
      let (p, q) = (Double(x[i]), Double(y[i]))
      if let masks, masks.0[i] && masks.1[i] {
        inside += Products(dot: p * q, first: p * p, second: q * q)
      } else {
        outside += Products(dot: p * q, first: p * p, second: q * q)
      }
    }
    var all = inside
    all += outside
    return masks == nil ? [(.all, all)] : [(.all, all), (.inside, inside), (.outside, outside)]
  }

  /// By part in the network's order, then region, then pair.
  private static func ordered(_ keys: [Key], _ sections: [Section]) -> [Key] {
    var places: [Part: Int] = [:]
    let kinds = ["all", "module", "layer", "direction", "gate", "tensor"]
    let parts = sections.flatMap(\.parts)
    for kind in kinds {
      for part in parts where part.group == kind && places[part] == nil {
        places[part] = places.count
      }
    }
    let regions = Region.allCases
    func place(_ key: Key) -> (Int, Int, Int, Int) {
      (places[key.part]!, regions.firstIndex(of: key.region)!, key.first, key.second)
    }
    return keys.sorted { place($0) < place($1) }
  }

  /// Batches of a task, epoch after epoch.
  private struct Draws {
    private let data: TaskData
    private let size: Int
    private var stream: RandomStream
    private var list: BatchList
    private var index = 0

    init(_ data: TaskData, size: Int, seed: UInt64) {
      self.data = data
      self.size = size
      stream = RandomStream(seed: seed, "conflicts", data.task.name)
      list = data.batches(size: size, stream: &stream)
    }

    mutating func next() -> Batch {
      if index == list.count {
        list = data.batches(size: size, stream: &stream)
        index = 0
      }
      defer { index += 1 }
      return list[index]
    }
  }
}

extension StepContext {
  /// The gradient of the step's task on what tasks share, dead weights' too.
  fileprivate func allGradients() -> GradientVector {
    computeGradients()
    defer { clearGradients() }
    return GradientVector(taking: network.shared, keepsDead: true)
  }
}
