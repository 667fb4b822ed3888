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
  /// The cell that trains what is compared in each cell.
  let homes: [[Int]]
  /// Whether the folder's record says what is compared here.
  private let isRecorded: Bool
  /// Held while there is work to do.
  private let lock: RunLock?

  private init(_ path: String, _ requests: [ComparisonRequest], lock: RunLock?) throws {
    self.path = path
    self.lock = lock
    let known = Architecture.all.map(\.name)
    if ComparisonRecord.exists(path) { try Files.requirePlain(in: path) }
    let recorded = try ComparisonRecord.read(path)?.plan
    plan =
      try recorded?.reconciled(requests, folder: path) { plan in
        try plan.cells(knownSharings: known).contains {
          RunDirectory.exists("\(path)/\($0.folder)")
        }
      } ?? ComparisonPlan(requests)
    isRecorded = recorded == plan
    cells = try plan.cells(knownSharings: known)
    homes = Self.homes(cells, in: path)
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
      try RunDirectory.refuseForeign(path, besides: ["lock"], as: "comparison")
      try Files.makeFolder(path)
    }
    try Files.requirePlain(in: path)
    // What is there is read under the lock: another process may have extended it.
    let lock = try RunLock.take(run: path)
    let comparison = try Comparison(path, requests, lock: lock)
    if !comparison.isRecorded { try ComparisonRecord(comparison.plan).write(path) }
    return comparison
  }

  /// Whether the folder `path` holds a comparison.
  public static func exists(_ path: String) -> Bool { ComparisonRecord.exists(path) }

  /// Whether something is still to be trained, or to be written down.
  public var hasWork: Bool { !isRecorded || !cells.indices.allSatisfy(isFinished) }

  /// The part of the data that networks are scored on: dev if there are no test files.
  ///
  /// - Throws: `Failure` of kind `usage` if some runs have test files and others do not.
  func split() throws -> RunData.Split {
    // Whatever the seed.
    let kinds = cells.filter { $0.seed == plan.base.seed }
    let lacking = kinds.filter { $0.recipe.taskWithoutTest != nil }
    guard !lacking.isEmpty else { return .test }
    guard lacking.count == kinds.count else {
      throw Failure(
        .usage, setting: "test",
        "missing in \(lacking[0].label), but not in all; give every run test files")
    }
    return .dev
  }

  /// Whether everything asked for is trained in the run of cell `index`.
  func isFinished(_ index: Int) -> Bool {
    trained(in: index).allSatisfy { Self.isTrained($0.architecture, cells[index], in: path) }
  }

  /// Whether what stands at `place` of those compared in cell `index` can be scored: the whole run
  /// that trains it is done, so that no process is at work in it.
  func isMeasurable(_ index: Int, _ place: Int) -> Bool { isFinished(homes[index][place]) }

  private static func isTrained(
    _ architecture: Architecture, _ cell: ComparisonCell, in path: String
  ) -> Bool {
    cell.recipe.trainingUnits(of: architecture).allSatisfy {
      RunDirectory.isTrained($0, in: "\(path)/\(cell.folder)")
    }
  }

  /// What is trained in the run of cell `index`: where the same training would be repeated, it is
  /// taken from another cell.
  func trained(in index: Int) -> [ComparisonVariant] {
    zip(cells[index].compared, homes[index]).filter { $0.1 == index }.map(\.0)
  }

  /// The cell in whose run the one at `place` of those compared in cell `index` is trained.
  func home(of index: Int, _ place: Int) -> ComparisonCell { cells[homes[index][place]] }

  /// For each cell the cells that train what is compared in it: what would be the same training is
  /// done once, where it is done already, or else in the first cell that asks for it.
  private static func homes(_ cells: [ComparisonCell], in path: String) -> [[Int]] {
    // By everything that decides about the training: settings, numbered, and the seed.
    struct Training: Hashable {
      let settings: Int, seed: UInt64
    }
    var numbers: [[RecipeValue]: Int] = [:]
    var settings: [[Int]] = []
    var trainings: [Training: [(cell: Int, place: Int)]] = [:]
    for (index, cell) in cells.enumerated() {
      if cell.series == settings.count {
        settings.append(
          cell.compared.map { variant in
            var recipe = cell.recipe.governing(variant.architecture)
            recipe.seed = 0
            let options = RecipeOption.all.map { $0.value(in: recipe) }
            let number = numbers[options] ?? numbers.count
            numbers[options] = number
            return number
          })
      }
      for (place, number) in settings[cell.series].enumerated() {
        trainings[Training(settings: number, seed: cell.seed), default: []].append((index, place))
      }
    }
    var homes = cells.map { [Int](repeating: 0, count: $0.compared.count) }
    for asked in trainings.values {
      // Who asks alone need not look who has done it.
      let done =
        asked.count == 1
        ? nil
        : asked.first { cell, place in
          isTrained(cells[cell].compared[place].architecture, cells[cell], in: path)
        }
      let home = (done ?? asked[0]).cell
      for (cell, place) in asked { homes[cell][place] = home }
    }
    return homes
  }

  /// Checks that the data of all unfinished runs can be read, before hours are spent. Test files
  /// are not opened.
  ///
  /// - Throws: `Failure` naming file and line of what is wrong.
  public func checkData() throws {
    _ = try split()
    var (series, seen): (Set<Int>, Set<String>) = ([], [])
    for index in cells.indices
    where !series.contains(cells[index].series) && !isFinished(index) {
      series.insert(cells[index].series)
      let recipe = cells[index].recipe
      do {
        try recipe.checkNetworks()
      } catch let failure as Failure where !cells[index].compared[0].isPlain {
        throw failure.adding(" (in \(cells[index].label))")
      }
      let files = recipe.trainingData.sorted() + recipe.testData.sorted()
      let options = RecipeOption.all.filter { $0.group == .data }
      let key = files + options.map { $0.value(in: recipe).shown }
      guard seen.insert(key.joined(separator: "\n")).inserted else { continue }
      try (files + [recipe.startTicket].compactMap(\.self)).forEach(
        Files.requireRegular)
      let data = try RunData(recipe)
      for split in [RunData.Split.train, .dev] { _ = try data.corpora(split) }
    }
  }

  /// Trains whatever is unfinished, as many runs side by side as there are jobs; results do not
  /// depend on how many.
  ///
  /// - Parameter board: where every epoch's numbers are written too, in a folder a run; nil for
  ///   nowhere.
  ///   - takesOver: which workers on other machines are known to be dead.
  public func train(
    jobs: Int, checkpointSeconds: Double, progress: ProgressDisplay, board: TensorBoardLog? = nil,
    takesOver: TakeOver = .none
  ) throws {
    precondition(lock != nil, "the comparison was opened for looking only")
    let open = cells.indices.filter { !isFinished($0) }
    guard !open.isEmpty else { return }
    try Pace(jobs: jobs).write(path)
    progress.say("\(open.count) of \(counted(cells.count, "run")) to be done")
    _ = try Parallel.map(open.count, jobs: jobs) { [self] place, circumstances in
      try Interrupt.check()
      let cell = cells[open[place]]
      let run = try RunDirectory.openOrCreate(
        folder(cell), [.whole(cell.recipe)], knownSharings: Architecture.all.map(\.name))
      let resources = StageResources(
        circumstances, label: cell.label, checkpointSeconds: checkpointSeconds,
        progress: progress, observer: board?.below(cell.folder), takesOver: takesOver)
      try StageRunner.open(run, resources).runAll(
        trained(in: open[place]).map(\.architecture), announcesPruning: false)
    }
  }

  /// The runs in which something is trained, and what.
  package var plannedRuns: [(cell: ComparisonCell, architectures: [Architecture])] {
    cells.indices.map { (cells[$0], trained(in: $0).map(\.architecture)) }.filter { !$0.1.isEmpty }
  }

  /// The grid: every run, and whether it is done.
  public func grid() -> ComparisonGrid {
    ComparisonGrid(
      baseline: plan.baseline, sharing: plan.compared.map(\.name),
      cells: cells.enumerated().map { index, cell in
        ComparisonGrid.Cell(
          folder: cell.folder, label: cell.label, tasks: cell.recipe.tasks.map(\.name),
          sharing: trained(in: index).map(\.name), done: isFinished(index))
      })
  }

  func folder(_ cell: ComparisonCell) -> String { "\(path)/\(cell.folder)" }
}
