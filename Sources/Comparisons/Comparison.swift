import Basics
import Figures
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
  private let lock: RunLock?
  /// The cell that trains each architecture for each cell.
  private let homes: [[Int]]

  /// Opens the comparison in the folder `path` with what `requests` say, weakest first, or plans
  /// one if there is none. Nothing is trained.
  ///
  /// - Parameter isDraft: write nothing.
  /// - Throws: `Failure` of kind `usage` naming an option that is wrong or was another when the
  ///   comparison began, `cannotCreate` if the folder holds something else, `busy` if another
  ///   process is at work in it, `badData` if its record is damaged.
  public init(_ path: String, _ requests: [ComparisonRequest], isDraft: Bool = false) throws {
    self.path = path
    let known = Architecture.all.map(\.name)
    // What is there is read under the lock: another process may be extending it.
    var lock = !isDraft && ComparisonRecord.exists(path) ? try RunLock(run: path) : nil
    let record = try ComparisonRecord.read(path)
    if let old = record?.plan {
      let hasBegun = try old.cells(knownSharings: known).contains {
        RunDirectory.exists("\(path)/\($0.folder)")
      }
      plan = try old.reconciled(requests, folder: path, hasBegun: hasBegun)
    } else {
      plan = try ComparisonPlan(requests)
    }
    cells = try plan.cells(knownSharings: known)
    homes = try Self.homes(cells, plan.base.sharing.compactMap(Architecture.named), in: path)
    if !isDraft, lock == nil {
      try Self.refuseForeign(path)
      try Files.makeFolder(path)
      lock = try RunLock(run: path)
    }
    self.lock = lock
    if !isDraft, record?.plan != plan { try ComparisonRecord(plan).write(path) }
  }

  /// The part of the data that networks are scored on: dev if there are no test files.
  ///
  /// - Throws: `Failure` of kind `usage` if some runs have test files and others do not.
  func split() throws -> RunData.Split {
    let lacking = cells.filter { $0.recipe.taskWithoutTest != nil }
    guard !lacking.isEmpty else { return .test }
    guard lacking.count == cells.count else {
      throw Failure(
        .usage, "--test: missing in \(lacking[0].label), but not in all; give every run test files")
    }
    return .dev
  }

  /// Whether everything asked for is trained in the run of cell `index`.
  private func isFinished(_ index: Int) throws -> Bool {
    try trained(in: index).allSatisfy { architecture in
      try Self.isTrained(architecture, cells[index], in: path)
    }
  }

  private static func isTrained(
    _ architecture: Architecture, _ cell: ComparisonCell, in path: String
  ) throws -> Bool {
    let tasks = architecture.trainsTasksAlone ? cell.recipe.tasks.map { $0.name } : [nil]
    return try tasks.allSatisfy { task in
      FileManager.default.fileExists(
        atPath: try RunDirectory.weights(
          of: "\(path)/\(cell.folder)", sharing: architecture.name, task: task))
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
  ) throws -> [[Int]] {
    let unpruned = cells.map(\.recipe.withoutPruning)
    let twins = cells.indices.map { index in
      cells.indices.filter { unpruned[$0] == unpruned[index] }
    }
    return try cells.indices.map { index in
      try architectures.map { architecture in
        if architecture.needsTickets { return index }
        return try twins[index].first { try isTrained(architecture, cells[$0], in: path) }
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
    for index in cells.indices where try !isFinished(index) {
      let recipe = cells[index].recipe
      try recipe.checkNetworks()
      let files = recipe.trainingData.sorted() + recipe.testData.sorted()
      let key = files + ["\(recipe.wordColumn)", "\(recipe.tasks)"]
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
    let open = try cells.indices.filter { try !isFinished($0) }
    guard !open.isEmpty else { return }
    progress.say("\(open.count) of \(cells.count) runs to be done")
    _ = try Parallel.map(open.count, jobs: jobs) { [self] place, circumstances in
      try Interrupt.check()
      let cell = cells[open[place]]
      let architectures = trained(in: open[place])
      let run = try RunDirectory.openOrCreate(
        folder(cell), [.whole(cell.recipe)], knownSharings: Architecture.all.map(\.name))
      let bench = try Workbench(
        run,
        execution: Execution(
          circumstances, label: cell.label, checkpointSeconds: checkpointSeconds,
          progress: progress))
      let prunes = architectures.contains(where: \.needsTickets)
      if architectures.contains(where: cell.recipe.startsFromWarmup) { try bench.warmUp() }
      if prunes { try bench.prune(tasks: cell.recipe.tasks.map(\.name)) }
      for architecture in architectures { try bench.train(sharing: architecture.name) }
    }
  }

  /// The grid: every run, and whether it is done.
  public func grid() throws -> ComparisonGrid {
    ComparisonGrid(
      baseline: plan.baseline, sharing: plan.base.sharing,
      cells: try cells.enumerated().map { index, cell in
        ComparisonGrid.Cell(
          folder: cell.folder, label: cell.label, tasks: cell.recipe.tasks.map(\.name),
          sharing: trained(in: index).map(\.name), done: try isFinished(index))
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

/// What a comparison consists of, and how far it has come.
public struct ComparisonGrid: Encodable, Sendable {
  /// One run.
  public struct Cell: Encodable, Sendable {
    let folder: String, label: String
    let tasks: [String]
    /// The architectures trained in it.
    let sharing: [String]
    let done: Bool
  }

  let baseline: String
  let sharing: [String]
  /// The runs.
  public let cells: [Cell]

  /// A table for people.
  public var text: String {
    let rows = cells.map { cell in
      [
        cell.folder, cell.tasks.joined(separator: ","),
        cell.sharing.isEmpty ? "-" : cell.sharing.joined(separator: ","),
        cell.done ? "done" : "open",
      ]
    }
    let done = cells.count { $0.done }
    return table([["run", "tasks", "sharing", "state"]] + rows)
      + "\n\(done) of \(cells.count) runs done; \(sharing.joined(separator: ", ")) are compared"
      + " with \(baseline)"
  }
}
