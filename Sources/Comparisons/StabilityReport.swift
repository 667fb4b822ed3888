import Basics
import Masks
import Recipes
import Reports
import Runs
import Scoring

/// Whether overlap measures tasks or the start: ratios between tickets of different seeds beside
/// those between the tickets of one run, for everything in a comparison that has tickets.
///
/// Where seeds have different θ⁰, a weight's place means something else in each, and ratios between
/// seeds are little more than those of random masks; where they share it, the ratio of a task's
/// tickets under different seeds is the most that two tasks' tickets can be expected to have.
public struct StabilityReport: Encodable, Sendable {
  /// The ratios of two tasks' tickets, averaged.
  public struct Mean: Encodable, Sendable {
    /// The mean ratio and its standard deviation over the pairs of tickets.
    public let ratio: Double, std: Double?
    /// The mean of what random masks of the same densities have (`Overlap.Whole.expected`).
    public let expected: Double
    /// How many pairs of tickets have a ratio.
    public let n: Int
  }

  /// Two tasks, or twice the same.
  public struct Pair: Encodable, Sendable {
    /// The two tasks.
    public let tasks: [String]
    /// Between tickets of different seeds; nil where no weight is alive.
    public let across: Mean?
    /// Between tickets of the same seed; nil of a task with itself.
    public let within: Mean?
  }

  /// Whether task a's ticket is closer to task b's of its own run than to a's of other runs.
  public struct Test: Encodable, Sendable {
    /// The tasks a and b.
    public let tasks: [String]
    /// The mean over seeds s of ratio(a_s, b_s) − the mean over s' ≠ s of ratio(a_s, a_s').
    public let difference: Double
    /// Of the paired t test over seeds; nil for differences without variance. Seeds share ratios
    /// between each other, so that p is approximate.
    public let t: Double?, p: Double?
    /// How many seeds have the difference.
    public let n: Int
  }

  /// One variation of what is compared, trained on one domain.
  public struct Group: Encodable, Sendable {
    /// The values of the varied options.
    public let variation: RecipeValue
    /// The architecture or variant, and the domain if there are several.
    public let sharing: String, domain: String?
    /// The seeds whose tickets are there.
    public let seeds: [UInt64]
    /// How many different θ⁰ these start from: 1 if they share one.
    public let origins: Int
    /// The tasks.
    public let tasks: [String]
    /// Every pair of tasks and every task with itself, in the order of the tasks.
    public let pairs: [Pair]
    /// Every ordered pair of tasks.
    public let tests: [Test]
    /// The variation, sharing and domain in one line.
    let label: String
    /// The values of the varied options in the plan's order.
    let values: [String]

    private enum CodingKeys: String, CodingKey {
      case variation, sharing, domain, seeds, origins, tasks, pairs, tests
    }
  }

  /// What was measured.
  public let groups: [Group]
  /// The runs whose tickets are not all there, and what has them for one seed alone.
  public let leftOut: [String]
  /// The options that vary.
  let axes: [String]

  private enum CodingKeys: String, CodingKey {
    case groups
    case leftOut = "left_out"
  }

  /// Compares the tickets that are there in the runs of the comparison in the folder `path`; nothing
  /// is written.
  ///
  /// - Throws: `Failure` of kind `missingInput` if it is no comparison or no two seeds have their
  ///   tickets, `usage` if it has one seed or nothing with tickets, `badData` naming a damaged file.
  public static func measure(_ path: String) throws -> StabilityReport {
    guard ComparisonRecord.exists(path) else {
      throw Failure(
        .missingInput,
        "\(path): is no comparison (it has no comparison.json)\(RunDirectory.butRun(path))")
    }
    return try StabilityReport(Comparison.open(path, []))
  }

  private init(_ comparison: Comparison) throws {
    let (path, plan) = (comparison.path, comparison.plan)
    guard plan.compared.contains(where: \.architecture.needsTickets) else {
      throw Failure(.usage, "\(path): compares nothing that has tickets, such as sparse")
    }
    guard plan.seeds > 1 else {
      throw Failure(
        .usage,
        "\(path): has one seed, stability needs two or more; add some with "
          + "'tickets compare --out \(path) --seeds 3'")
    }
    typealias Ticketed = (cell: ComparisonCell, variant: ComparisonVariant, run: TicketedRun)
    var found: [[Ticketed]] = []
    var leftOut: [String] = []
    for index in comparison.cells.indices {
      try Interrupt.check()
      guard let (variant, home) = comparison.ticketed(in: index) else { continue }
      let cell = comparison.cells[index]
      guard let run = try comparison.tickets(home) else {
        leftOut.append(cell.label)
        continue
      }
      let place = found.firstIndex { group in
        let first = group[0].cell
        return (first.variation, first.domain) == (cell.variation, cell.domain)
          && group[0].variant == variant
      }
      if let place {
        found[place].append((cell, variant, run))
      } else {
        found.append([(cell, variant, run)])
      }
    }
    leftOut += found.filter { $0.count == 1 }.map { "\($0[0].cell.label) (alone)" }
    let variations = plan.variations
    groups = try found.filter { $0.count > 1 }.map { group in
      let (cell, variant, _) = group[0]
      return try Group(
        group.map { ($0.cell.seed, $0.run.tickets) },
        origins: TicketedRun.origins(group.map(\.run)), variations[cell.variation],
        sharing: variant.name, domain: cell.domain)
    }
    guard !groups.isEmpty else {
      throw Failure(
        .missingInput,
        "\(path): no two seeds have all their tickets yet; go on with 'tickets compare --out \(path)'"
      )
    }
    self.leftOut = leftOut
    axes = plan.axes.map(\.option)
  }
}

extension Comparison {
  /// The tickets that the tasks of the run of `cell` keep; nil unless every task has one.
  fileprivate func tickets(_ cell: ComparisonCell) throws -> TicketedRun? {
    guard RunDirectory.exists(folder(cell)) else { return nil }
    let run = try RunDirectory.open(folder(cell), forWork: false)
    return try run.isPruned ? TicketedRun(run) : nil
  }
}

/// A run's tickets and what the weights that they are of start from.
private struct TicketedRun {
  let tickets: [Ticket]
  /// The digest of the tensors of θ⁰ that the tickets cover: what else is in it, such as vectors of
  /// the words that a seed has drawn, may differ. Nil if the tickets are of other weights.
  private let start: [UInt8]?

  private var origin: [UInt8] { tickets[0].origin }

  init(_ run: RunDirectory) throws {
    tickets = try run.comparableTickets(run.recipe)
    guard try tickets[0].origin == Digest.sha256(file: run.theta0) else {
      start = nil
      return
    }
    let theta0 = try SafeTensors(contentsOf: run.theta0)
    let names = Set(tickets.flatMap { $0.masks.entries.map(\.name) })
    let digests = try names.sorted().map { name in
      try theta0.floats(name).withUnsafeBytes { Digest.sha256($0) }
    }
    start = Digest.sha256(digests.flatMap(\.self))
  }

  /// How many different weights the tickets of `runs` start from.
  static func origins(_ runs: [TicketedRun]) -> Int {
    let known = Dictionary(runs.map { ($0.origin, $0.start) }) { $0 ?? $1 }
    return Set(runs.map { known[$0.origin]! ?? $0.origin }).count
  }
}

extension StabilityReport.Group {
  fileprivate init(
    _ runs: [(seed: UInt64, tickets: [Ticket])], origins: Int, _ variation: ComparisonVariation,
    sharing: String, domain: String?
  ) throws {
    let tasks = runs[0].tickets.map(\.task)
    let ratios = try TicketRatios(runs.map(\.tickets))
    let seeds = runs.indices
    func mean(_ found: [Overlap.Pair?]) -> StabilityReport.Mean? {
      // Both are undefined where no weight is alive in either.
      let ratios = Summary(found.compactMap { $0?.ratio })
      let expected = Summary(found.compactMap { $0?.expected?.ratio })
      guard ratios.count > 0 else { return nil }
      return StabilityReport.Mean(
        ratio: ratios.mean, std: ratios.deviation, expected: expected.mean, n: ratios.count)
    }
    pairs = tasks.indices.flatMap { a in
      (a..<tasks.count).map { b in
        // Of one task the pairs of seeds have no order.
        let across = seeds.flatMap { s in
          seeds.filter { a == b ? $0 > s : $0 != s }.map { ratios[a, s, b, $0] }
        }
        return StabilityReport.Pair(
          tasks: [tasks[a], tasks[b]], across: mean(across),
          within: a == b ? nil : mean(seeds.map { ratios[a, $0, b, $0] }))
      }
    }
    tests = tasks.indices.flatMap { a in
      tasks.indices.filter { $0 != a }.compactMap { b in
        let differences = seeds.compactMap { s -> Double? in
          let others = seeds.filter { $0 != s }.compactMap { ratios[a, s, a, $0]?.ratio }
          guard let own = ratios[a, s, b, s]?.ratio, !others.isEmpty else { return nil }
          return own - Summary(others).mean
        }
        guard !differences.isEmpty else { return nil }
        let test = Significance.pairedT(differences)
        return StabilityReport.Test(
          tasks: [tasks[a], tasks[b]], difference: Summary(differences).mean, t: test?.t,
          p: test?.p, n: differences.count)
      }
    }
    self.variation = RecipeValue.mapping(variation.values)
    self.sharing = sharing
    self.domain = domain
    self.seeds = runs.map(\.seed)
    self.tasks = tasks
    self.origins = origins
    label = ([variation.label, sharing] + [domain].compactMap(\.self)).filter { !$0.isEmpty }
      .joined(separator: " ")
    values = variation.values.map(\.value.shown)
  }
}

/// The overlap of every two tickets of several runs.
private struct TicketRatios {
  private let pairs: [[Int]: Overlap.Pair]
  private let tasks: Int

  /// Of the tickets `runs[s][t]` of run s and task t; runs have the same tasks.
  init(_ runs: [[Ticket]]) throws {
    let tickets = runs.joined()
    // Tasks may read different tensors, and paths through modules differ by seed.
    let masks = try MaskSet.aligned(tickets.map(\.masks))
    let named = zip(tickets, masks).enumerated().map { index, pair in
      let (ticket, masks) = pair
      return (
        name: "\(index)",
        ticket: Ticket(
          task: ticket.task, round: ticket.round, criterion: ticket.criterion,
          scope: ticket.scope, origin: ticket.origin, masks: masks)
      )
    }
    let overlap = try Overlap(of: named, sameOrigin: false).overlap
    pairs = Dictionary(uniqueKeysWithValues: overlap.pairs.map { ($0.tasks.map { Int($0)! }, $0) })
    tasks = runs[0].count
  }

  /// The overlap of task a's ticket of run s with task b's of run r, another ticket.
  subscript(a: Int, s: Int, b: Int, r: Int) -> Overlap.Pair? {
    pairs[[s * tasks + a, r * tasks + b].sorted()]
  }
}
