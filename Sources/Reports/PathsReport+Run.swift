import Basics
import Masks
import Recipes
import Runs
import Sharing

extension PathsReport {
  /// The paths of the architecture `name` of `run`, or with `isWarmup` those that its warm-up found;
  /// with neither of `modules` if it is trained, else of the first trained one whose tickets are of
  /// modules, else of the warm-up.
  ///
  /// - Throws: `Failure` of kind `usage` naming an architecture without modules, `missingInput` if it
  ///   is not trained, `badData` if weights or tickets are damaged.
  public static func read(
    _ run: RunDirectory, sharing name: String? = nil, isWarmup: Bool = false
  ) throws -> PathsReport {
    let networks = try TrainedNetworks(run)
    let isWarm = run.recipe.baseArchitecture.choosesPaths
    func report(_ architecture: Architecture) throws -> PathsReport? {
      let network = try networks.network(architecture, task: 0).network
      return try PathsReport(network, called: architecture.name, of: run)
    }
    let trained = networks.architectures
    let having = trained.filter(\.choosesPaths) + trained.filter { $0.needsTickets && isWarm }
    if !isWarmup {
      for architecture in try name.map({ [try networks.architecture($0)] }) ?? having {
        if let report = try report(architecture) { return report }
      }
    }
    let hint =
      having.isEmpty
      ? "; train one that has, as in 'tickets train \(run.path) --sharing modules'"
      : "; of this run's, \(having.map(\.name).joined(separator: ", ")) have"
    if let name { throw Failure(.usage, setting: "sharing", value: name, "has no modules" + hint) }
    if isWarmup, !isWarm {
      throw Failure(
        .usage, setting: "warm-up", "the base \(run.recipe.base) has no modules" + hint)
    }
    if isWarm, let report = try PathsReport(networks.warmedUp(), called: "warm-up", of: run) {
      return report
    }
    // If nothing at all is trained, that is what has to be said.
    _ = try networks.architecture(nil)
    throw Failure(.usage, "\(run.path): no trained architecture has modules" + hint)
  }

  /// The paths of `network`; nil if it has no modules.
  private init?(_ network: any SharingNetwork, called name: String, of run: RunDirectory) throws {
    guard let pool = network.parts.modules else { return nil }
    try self.init(
      pool, tasks: run.recipe.tasks.map(\.name), network: name,
      masks: run.isPruned ? run.overlap() : nil)
  }
}
