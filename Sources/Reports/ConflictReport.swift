import Basics
import Corpora
import Figures
import Foundation
import Masks
import Recipes
import Runs
import Scoring
import Sharing
import Tensors
import Training

/// Where the tasks of a network agree and disagree: cosines of their gradients by part of the
/// network and, where tasks have tickets, inside and outside of what both tickets hold.
public struct ConflictReport: Encodable, Sendable {
  /// A pair of tasks on a part of the network.
  public struct Row: Encodable, Sendable {
    /// `all`, `module`, `layer`, `direction`, `gate` or `tensor`, and the part's name.
    public let group: String, name: String
    /// `all`, `inside` both tickets, or `outside`.
    public let region: String
    /// The two tasks; twice the same for a task against itself on another batch.
    public let tasks: [String]
    /// The mean over batches and its standard deviation; nil where gradients are zero.
    public let mean: Double?, std: Double?
    /// The share of batches in which the gradients oppose each other.
    public let opposed: Double?
    /// How many batches count.
    public let n: Int
  }

  /// How a pair of tasks differs inside and outside of what both tickets hold.
  public struct Contrast: Encodable, Sendable {
    public let tasks: [String]
    /// The mean cosines, and their mean difference over batches.
    public let inside: Double, outside: Double, difference: Double
    /// Of a paired t test over batches; nil if they do not differ in their differences.
    public let p: Double?
  }

  /// The architecture, or `warm-up`.
  public let network: String
  /// The tasks.
  public let tasks: [String]
  /// Batches of each task, and their size.
  public let batches: Int, size: Int
  /// By part, region and pair.
  public let rows: [Row]
  /// By pair; empty without tickets.
  public let contrasts: [Contrast]

  /// Measures the conflicts of the architecture `name` of `run` (the first trained one that shares
  /// if it is nil), or with `isWarmup` those of the base architecture where the tickets start.
  ///
  /// - Throws: `Failure` of kind `usage` if the tasks share nothing, `missingInput` if it is not
  ///   trained.
  public static func measure(
    _ run: RunDirectory, sharing name: String?, isWarmup: Bool, batches: Int, size: Int?, jobs: Int,
    onBatch: (_ done: Int) throws -> Void
  ) throws -> ConflictReport {
    let recipe = run.recipe
    guard recipe.tasks.count > 1 else {
      throw Failure(.usage, "\(run.path): has one task only; conflicts are between tasks")
    }
    try run.checkData()
    let networks = try TrainedNetworks(run)
    networks.execution = .dense
    let network: any SharingNetwork
    let label: String
    if isWarmup {
      (network, label) = (try networks.warmedUp(), "warm-up")
    } else {
      let trained = networks.architectures
      let shared = trained.first { !$0.trainsTasksAlone }?.name
      let architecture = try networks.architecture(name ?? shared)
      guard !architecture.trainsTasksAlone else {
        throw Failure(
          .usage, setting: "sharing", value: architecture.name,
          "trains every task alone: there is nothing that tasks could disagree about")
      }
      (network, label) = (try networks.network(architecture, task: 0).network, architecture.name)
    }
    let source = try RunData(recipe)
    let data = try source.tasks(source.corpora(.train), networks.vocabulary)
    let tickets = try run.ticketMasks(fitting: network)
    let size = size ?? recipe.batch
    let found = try GradientConflicts.measure(
      network, data, batches: batches, size: size, seed: recipe.seed, tickets: tickets,
      threads: min(2, jobs), onBatch: onBatch)
    return ConflictReport(
      found, network: label, tasks: recipe.tasks.map(\.name), batches: batches, size: size)
  }

  /// The report of what was `found`.
  package init(
    _ found: GradientConflicts, network: String, tasks: [String], batches: Int, size: Int
  ) {
    self.network = network
    self.tasks = tasks
    self.batches = batches
    self.size = size
    rows = found.cosines.map { cosines in
      let values = cosines.values.compactMap(\.self)
      let summary = values.isEmpty ? nil : Summary(values)
      return Row(
        group: cosines.part.group, name: cosines.part.name, region: cosines.region.rawValue,
        tasks: [tasks[cosines.first], tasks[cosines.second]], mean: summary?.mean,
        std: summary?.deviation,
        opposed: values.isEmpty ? nil : Double(values.count { $0 < 0 }) / Double(values.count),
        n: values.count)
    }
    let whole = found.cosines.filter { $0.part.group == "all" && $0.first != $0.second }
    contrasts = whole.filter { $0.region == .inside }.compactMap { inside in
      let outside = whole.first {
        $0.region == .outside && $0.first == inside.first && $0.second == inside.second
      }
      let pairs = zip(inside.values, outside?.values ?? []).compactMap { a, b in
        a.flatMap { a in b.map { (a, $0) } }
      }
      guard !pairs.isEmpty else { return nil }
      return Contrast(
        tasks: [tasks[inside.first], tasks[inside.second]],
        inside: Summary(pairs.map(\.0)).mean, outside: Summary(pairs.map(\.1)).mean,
        difference: Summary(pairs.map { $0.0 - $0.1 }).mean,
        p: Significance.pairedT(pairs.map { $0.0 - $0.1 })?.p)
    }
  }
}

extension RunDirectory {
  /// The masks of the tickets that the run's tasks keep; nil where one has none, or they are of
  /// another network than `network`.
  fileprivate func ticketMasks(fitting network: any SharingNetwork) throws -> [MaskSet]? {
    guard try isPruned else { return nil }
    let masks = try MaskSet.aligned(comparableTickets(recipe).map(\.masks))
    let shapes = Dictionary(uniqueKeysWithValues: network.parameters.map { ($0.name, $0.shape) })
    return masks[0].entries.allSatisfy { shapes[$0.name] == $0.shape } ? masks : nil
  }
}
