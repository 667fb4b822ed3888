import Basics
import Foundation
import Recipes
import Runs
import Sharing
import Tensors

/// A comparison of architectures: a folder of ordinary runs, one a cell of its plan's grid.
///
/// Its runs may be interrupted like any; training again finishes what is unfinished.
public final class Comparison: Sendable {
  /// The folder, as the user named it.
  public let path: String
  /// What is compared.
  public let plan: ComparisonPlan
  /// The runs.
  public let cells: [ComparisonCell]
  /// The cell that trains each architecture for each cell.
  private let homes: [[Int]]
  /// Whether the folder's record says what is compared here.
  private let isRecorded: Bool
  /// Held while there is work to do.
  private let lock: RunLock?

  private init(_ path: String, _ requests: [ComparisonRequest], lock: RunLock?) throws {
    self.path = path
    self.lock = lock
    let known = Architecture.all.map(\.name)
    let recorded = try ComparisonRecord.read(path)?.plan
    if let recorded {
      let hasBegun = try recorded.cells(knownSharings: known).contains {
        RunDirectory.exists("\(path)/\($0.folder)")
      }
      plan = try recorded.reconciled(requests, folder: path, hasBegun: hasBegun)
    } else {
      plan = try ComparisonPlan(requests)
    }
    isRecorded = recorded == plan
    cells = try plan.cells(knownSharings: known)
    homes = Self.homes(cells, plan.base.sharing.compactMap(Architecture.named), in: path)
  }

  /// Opens the comparison in the folder `path` with what `requests` say, weakest first, or plans
  /// one if there is none, to look at it: nothing is locked and nothing is written.
  ///
  /// - Throws: `Failure` of kind `usage` naming an option that is wrong or was another when the
  ///   comparison began, `badData` if its record is damaged.
  public static func open(_ path: String, _ requests: [ComparisonRequest]) throws -> Comparison {
    try Comparison(path, requests, lock: nil)
  }

  /// Opens the comparison in the folder `path` to train what is unfinished, or makes one.
  ///
  /// - Throws: as `open`, and `Failure` of kind `cannotCreate` if the folder holds something else,
  ///   `busy` if another process is at work in it.
  public static func openForWork(
    _ path: String, _ requests: [ComparisonRequest]
  ) throws -> Comparison {
    if !ComparisonRecord.exists(path) {
      // Requests that cannot be leave nothing behind.
      _ = try open(path, requests)
      try refuseForeign(path)
      try Files.makeFolder(path)
    }
    // What is there is read under the lock: another process may have extended it.
    let lock = try RunLock.take(run: path)
    let comparison = try Comparison(path, requests, lock: lock)
    if !comparison.isRecorded { try ComparisonRecord(comparison.plan).write(path) }
    return comparison
  }

  /// Whether something is still to be trained, or to be written down.
  public var hasWork: Bool { !isRecorded || !cells.indices.allSatisfy(isFinished) }

  /// The part of the data that networks are scored on: dev if there are no test files.
  ///
  /// - Throws: `Failure` of kind `usage` if some runs have test files and others do not.
  func split() throws -> RunData.Split {
    let lacking = cells.filter { $0.recipe.taskWithoutTest != nil }
    guard !lacking.isEmpty else { return .test }
    guard lacking.count == cells.count else {
      throw Failure(
        .usage, setting: "test",
        "missing in \(lacking[0].label), but not in all; give every run test files")
    }
    return .dev
  }

  /// Whether everything asked for is trained in the run of cell `index`.
  private func isFinished(_ index: Int) -> Bool {
    trained(in: index).allSatisfy { Self.isTrained($0, cells[index], in: path) }
  }

  private static func isTrained(
    _ architecture: Architecture, _ cell: ComparisonCell, in path: String
  ) -> Bool {
    cell.recipe.trainingUnits(of: architecture).allSatisfy {
      RunDirectory.isTrained($0, in: "\(path)/\(cell.folder)")
    }
  }

  /// The architectures trained in the run of cell `index`: those of other cells, in which the
  /// same training would be repeated, are taken from there.
  func trained(in index: Int) -> [Architecture] {
    zip(architectures, homes[index]).filter { $0.1 == index }.map(\.0)
  }

  /// The cell in whose run the architecture `place` of cell `index` is trained.
  func home(of index: Int, _ place: Int) -> ComparisonCell { cells[homes[index][place]] }

  /// For each cell and architecture the cell that trains it: what needs no tickets is the same
  /// however tasks are pruned, and trained once; where it is trained already, or else in the first.
  private static func homes(
    _ cells: [ComparisonCell], _ architectures: [Architecture], in path: String
  ) -> [[Int]] {
    let unpruned = cells.map(\.recipe.withoutPruning)
    let twins = cells.indices.map { index in
      cells.indices.filter { unpruned[$0] == unpruned[index] }
    }
    return cells.indices.map { index in
      architectures.map { architecture in
        if architecture.needsTickets { return index }
        return twins[index].first { isTrained(architecture, cells[$0], in: path) }
          ?? twins[index][0]
      }
    }
  }

  /// Checks that the data of all unfinished runs can be read, before hours are spent. Test files
  /// are not opened.
  ///
  /// - Throws: `Failure` naming file and line of what is wrong.
  public func checkData() throws {
    _ = try split()
    var seen: Set<String> = []
    for index in cells.indices where !isFinished(index) {
      let recipe = cells[index].recipe
      try recipe.checkNetworks()
      let files = recipe.trainingData.sorted() + recipe.testData.sorted()
      let options = RecipeOption.all.filter { $0.group == .data }
      let key = files + options.map { $0.value(in: recipe).shown }
      guard seen.insert(key.joined(separator: "\n")).inserted else { continue }
      for file in files + [recipe.startTicket].compactMap({ $0 })
      where access(file, R_OK) != 0 {
        throw Failure(.missingInput, "\(file): cannot be read (\(systemError()))")
      }
      let data = try RunData(recipe)
      for split in [RunData.Split.train, .dev] { _ = try data.corpora(split) }
    }
  }

  /// Trains whatever is unfinished, as many runs side by side as there are jobs; results do not
  /// depend on how many.
  public func train(jobs: Int, checkpointSeconds: Double, progress: ProgressDisplay) throws {
    precondition(lock != nil, "the comparison was opened for looking only")
    let open = cells.indices.filter { !isFinished($0) }
    guard !open.isEmpty else { return }
    progress.say("\(open.count) of \(cells.count) runs to be done")
    _ = try Parallel.map(open.count, jobs: jobs) { [self] place, circumstances in
      try Interrupt.check()
      let cell = cells[open[place]]
      let run = try RunDirectory.openOrCreate(
        folder(cell), [.whole(cell.recipe)], knownSharings: Architecture.all.map(\.name))
      let resources = StageResources(
        circumstances, label: cell.label, checkpointSeconds: checkpointSeconds, progress: progress)
      try StageRunner.open(run, resources).runAll(
        trained(in: open[place]), announcesPruning: false)
    }
  }

  /// The grid: every run, and whether it is done.
  public func grid() -> ComparisonGrid {
    ComparisonGrid(
      baseline: plan.baseline, sharing: plan.base.sharing,
      cells: cells.enumerated().map { index, cell in
        ComparisonGrid.Cell(
          folder: cell.folder, label: cell.label, tasks: cell.recipe.tasks.map(\.name),
          sharing: trained(in: index).map(\.name), done: isFinished(index))
      })
  }

  /// The architectures, in the order asked for.
  var architectures: [Architecture] { plan.base.sharing.compactMap(Architecture.named) }

  func folder(_ cell: ComparisonCell) -> String { "\(path)/\(cell.folder)" }

  private static func refuseForeign(_ path: String) throws {
    let found = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in found.sorted() where name != "lock" && !name.hasPrefix(".") {
      throw Failure(
        .cannotCreate,
        "\(path): holds other files ('\(name)') and is no comparison; choose an empty or a new"
          + " folder")
    }
  }
}
