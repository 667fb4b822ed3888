import Basics

/// How much the subnets of T tasks share: OR = ‖∩M_t‖₀ / ‖∪M_t‖₀ over all tasks, every pair,
/// every tensor and every gate, direction, layer and module (Sun et al. 2020, equation 4).
///
/// Tickets of tasks that read different tensors are compared over all of these: a weight that a
/// ticket has no bit for is dead in it.
///
/// Beside the ratios of the whole network stands what random masks would have (`RandomOverlap`),
/// without and with regard to θ⁰.
///
/// A ratio whose union is empty is undefined: nil here, `null` in JSON.
public struct Overlap: Codable, Equatable, Sendable {
  /// The names of the tasks, as given.
  public let tasks: [String]
  /// The round of each ticket that is not the one its task keeps, whose pruning is under way; left out
  /// if there is none.
  public private(set) var rounds: [String: Int]?
  /// The number of weights that any ticket has a bit for.
  public let prunable: Int
  /// Each task's alive weights over those that its own ticket has a bit for.
  public let density: [String: Double]
  /// Each task's number of alive weights.
  public let alive: [String: Int]
  /// The ratio of each task's ticket with the mask of as many weights that magnitude pruning of θ⁰
  /// leaves before any training; left out where θ⁰ is not known, and of tasks without alive weights.
  public let magnitude: [String: Double]?
  /// |∪M_t|: the number of weights the shared network needs.
  public let union: Int
  /// The ratios over all prunable weights.
  public let overlap: Whole
  /// The ratios tensor by tensor, in the network's order.
  public let tensors: [Part]
  /// The ratios by gate, direction, layer and module.
  public let groups: [Part]

  /// Compares `tickets`, each with the name to report it under.
  ///
  /// - Parameters:
  ///   - tickets: at least one; their names must differ. Those of the same θ⁰ may have different
  ///     tensors, those of different or unknown ones must have the same.
  ///   - places: where the tensors sit in the network, by name, as it says itself; what is
  ///     missing is told by PyTorch's names.
  ///   - sameOrigin: whether all must descend from the same initial weights θ⁰, without which
  ///     a weight's index means something else in each ticket.
  ///   - theta0: the values of θ⁰ by tensor, if they are known and all tickets descend from it.
  /// - Throws: `Failure` of kind `usage` if there is none or a name occurs twice, `badData`
  ///   naming the tickets if origins differ, or tensors in what they must not, or a tensor that
  ///   θ⁰ does not have so or with weights that are not finite.
  public init(
    of tickets: [(name: String, ticket: Ticket)], places: [String: TensorPlace] = [:],
    sameOrigin: Bool = true, theta0: [String: [Float]]? = nil
  ) throws {
    guard let first = tickets.first else {
      throw Failure(.usage, "overlap: no tickets to compare; name at least one")
    }
    var names: Set<String> = []
    for (index, (name, ticket)) in tickets.enumerated() {
      guard names.insert(name).inserted else {
        throw Failure(
          .usage, "overlap: two tickets are called '\(name)'; give them different names")
      }
      for (earlier, other) in tickets[..<index] {
        let difference =
          other.origin == ticket.origin && ticket.origin != Ticket.unknownOrigin
          ? other.masks.shapeDifference(ticket.masks) : other.masks.layoutDifference(ticket.masks)
        if let difference {
          throw Failure(
            .badData,
            "overlap: tickets '\(earlier)' and '\(name)' belong to different networks: "
              + difference)
        }
      }
      if sameOrigin, ticket.origin != first.ticket.origin {
        throw Failure(
          .badData,
          "overlap: tickets '\(first.name)' and '\(name)' do not start from the same weights "
            + "(SHA-256 \(Digest.hex(first.ticket.origin.prefix(4)))… against "
            + "\(Digest.hex(ticket.origin.prefix(4)))…); compare tickets of one run, or give "
            + "--across-weights")
      }
    }
    try self.init(tickets.map(\.name), tickets.map(\.ticket.masks), places, theta0)
  }

  /// The same, with the rounds that some tickets are of.
  package func of(rounds: [String: Int]) -> Overlap {
    var overlap = self
    overlap.rounds = rounds.isEmpty ? nil : rounds
    return overlap
  }

  private init(
    _ tasks: [String], _ own: [MaskSet], _ known: [String: TensorPlace],
    _ theta0: [String: [Float]]?
  ) throws {
    let masks = try MaskSet.aligned(own)
    let sizes = try theta0.map { try InitialSizes($0, of: masks[0]) }
    let places = masks[0].entries.map {
      known[$0.name] ?? TensorPlace(name: $0.name, shape: $0.shape)
    }
    let isOnly = Set(places.filter { $0.cell != nil }.map(\.module)).count <= 1
    var whole = OverlapTally(tasks: tasks.count)
    var tensors: [Part] = []
    var strata: [RandomOverlap.Stratum] = []
    var groups: [(group: String, name: String, tally: OverlapTally)] = []
    for (i, entry) in masks[0].entries.enumerated() {
      let words = masks.map { $0.entries[i].mask.words }
      var tensor = OverlapTally(tasks: tasks.count)
      for section in places[i].sections(count: entry.mask.count, isOnly: isOnly) {
        var tally = OverlapTally(tasks: tasks.count)
        tally.add(section.range, of: words)
        tensor += tally
        for (group, name) in section.groups {
          if let known = groups.firstIndex(where: { $0.group == group && $0.name == name }) {
            groups[known].tally += tally
          } else {
            groups.append((group, name, tally))
          }
        }
      }
      whole += tensor
      strata.append(.init(count: tensor.prunable, alive: tensor.alive))
      tensors.append(Part("tensor", entry.name, tensor, tasks))
    }
    self.tasks = tasks
    prunable = whole.prunable
    alive = Dictionary(uniqueKeysWithValues: zip(tasks, whole.alive))
    density = Dictionary(uniqueKeysWithValues: zip(tasks, own.map(\.density)))
    magnitude = try sizes.map { sizes in
      let ratios = try zip(tasks, own).map { ($0, try sizes.magnitudeRatio($1)) }
      return Dictionary(
        uniqueKeysWithValues: ratios.compactMap { task, ratio in
          ratio.map { (task, $0) }
        })
    }
    union = whole.union
    overlap = Whole(whole, tasks, strata: strata, theta0: sizes?.strata(masks))
    self.tensors = tensors
    self.groups = ["gate", "direction", "layer", "module"].flatMap { kind in
      groups.filter { $0.group == kind }.map { Part($0.group, $0.name, $0.tally, tasks) }
    }
  }

  static func pairs(_ tally: OverlapTally, _ tasks: [String]) -> [Pair] {
    var both = tally.pairs.makeIterator()
    return tasks.indices.flatMap { a in
      tasks.indices.dropFirst(a + 1).map { b in
        let intersection = both.next()!
        let union = tally.alive[a] + tally.alive[b] - intersection
        return Pair(
          tasks: [tasks[a], tasks[b]], ratio: quotient(intersection, union),
          intersection: intersection, union: union,
          containments: [a, b].map { quotient(intersection, tally.alive[$0]) })
      }
    }
  }

  static func quotient(_ part: Int, _ whole: Int) -> Double? {
    whole == 0 ? nil : Double(part) / Double(whole)
  }
}

extension Overlap.Whole {
  /// The ratios of `tally` and what random masks with the weights of `strata` have, those of θ⁰'s
  /// sizes if these are known.
  fileprivate init(
    _ tally: OverlapTally, _ tasks: [String], strata: [RandomOverlap.Stratum],
    theta0 finer: [RandomOverlap.Stratum]?
  ) {
    let ratio = Overlap.quotient(tally.intersection, tally.union)
    let chosen = tasks.indices.flatMap { a in tasks.indices.dropFirst(a + 1).map { [a, $0] } }
    let pairs = zip(chosen, Overlap.pairs(tally, tasks)).map { chosen, pair in
      func expectation(_ strata: [RandomOverlap.Stratum]) -> Overlap.Expectation {
        Overlap.Expectation(strata.map { $0.of(chosen) }, observed: pair.ratio)
      }
      var pair = pair
      pair.expected = expectation(strata)
      pair.theta0 = finer.map(expectation)
      return pair
    }
    self.init(
      all: ratio, intersection: tally.intersection,
      expected: Overlap.Expectation(strata, observed: ratio),
      theta0: finer.map { Overlap.Expectation($0, observed: ratio) }, pairs: pairs)
  }
}

extension Overlap.Part {
  fileprivate init(_ group: String, _ name: String, _ tally: OverlapTally, _ tasks: [String]) {
    self.init(
      group: group, name: name, prunable: tally.prunable,
      alive: Dictionary(uniqueKeysWithValues: zip(tasks, tally.alive)),
      ratio: Overlap.quotient(tally.intersection, tally.union),
      intersection: tally.intersection, union: tally.union,
      pairs: Overlap.pairs(tally, tasks))
  }
}
