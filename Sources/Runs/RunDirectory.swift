import Basics
import Foundation
import Recipes
import Sharing
import Synchronization

/// The folder a run lives in: its resolved recipe, what has been begun, and the data it read.
///
/// A run opened for work holds the run's lock until it is let go of; one opened for reading can
/// look at a run that another process is working on.
public final class RunDirectory: Sendable {
  /// The folder, as the user named it.
  public let path: String
  private let lock: RunLock?
  /// Whether others may work on other parts of it.
  private let isShared: Bool
  private let isDraft: Mutex<Bool>
  /// Whether this process has made it.
  private let isNew: Bool
  private let record: Mutex<RunRecord>

  private init(
    path: String, lock: RunLock?, isShared: Bool = false, isDraft: Bool = false,
    isNew: Bool = false, record: RunRecord
  ) {
    self.path = path
    self.lock = lock
    self.isShared = isShared
    self.isDraft = Mutex(isDraft)
    self.isNew = isNew
    self.record = Mutex(record)
  }

  /// Makes a run with `recipe` in the new or empty folder `path`, and opens it for work.
  ///
  /// The training and dev files are digested here, so that they cannot change unnoticed later.
  ///
  /// - Throws: `Failure` of kind `missingInput` if a data file cannot be read, `cannotCreate` if
  ///   the folder holds something else already, `busy` if another process is making it.
  public static func create(_ path: String, recipe: Recipe) throws -> RunDirectory {
    let record = RunRecord(recipe: recipe, data: try DataDigests.of(recipe.trainingData))
    try Files.makeFolder(path)
    try refuseForeign(path)
    try Files.requirePlain(in: path)
    let lock = try RunLock.take(run: path)
    guard !exists(path) else {
      throw Failure(.cannotCreate, "\(path): is a run already; choose another folder")
    }
    Files.removeUnfinished(in: path)
    try record.write(run: path)
    return RunDirectory(path: path, lock: lock, isNew: true, record: record)
  }

  /// Opens the run in the folder `path`.
  ///
  /// - Parameters:
  ///   - forWork: take the run's lock, in order to change it.
  ///   - isDraft: keep changes of the recipe to this process: nothing of them is written before
  ///     `adopt` is called.
  /// - Throws: `Failure` of kind `missingInput` if it is no run, `badData` if its record is damaged
  ///   or newer than this program, `busy` if another process is working on it.
  public static func open(
    _ path: String, forWork: Bool, isDraft: Bool = false
  ) throws -> RunDirectory {
    guard exists(path) else { throw noRun(path) }
    try Files.requirePlain(in: path)
    let lock = forWork ? try RunLock.take(run: path) : nil
    if forWork { Files.removeUnfinished(in: path) }
    return RunDirectory(
      path: path, lock: lock, isDraft: isDraft, record: try RunRecord.read(run: path))
  }

  /// Opens the run in the folder `path`, whose jobs are planned, to work on one part of it, while others
  /// may work on other parts. Its record is what the plan has made it.
  ///
  /// - Throws: as `open`.
  package static func openForUnit(_ path: String) throws -> RunDirectory {
    guard exists(path) else { throw noRun(path) }
    try Files.requirePlain(in: path)
    Files.removeUnfinished(in: path)
    return RunDirectory(
      path: path, lock: nil, isShared: true, record: try RunRecord.read(run: path))
  }

  /// Opens the run in `path` for work with the options of `layers`, or makes it if it is not there.
  ///
  /// - Throws: what `open`, `reconcile`, `Recipe.resolve` and `create` throw.
  public static func openOrCreate(
    _ path: String, _ layers: [RecipeLayer], knownSharings: [String]
  ) throws -> RunDirectory {
    guard exists(path) else {
      let recipe = try Recipe.resolve(layers, knownSharings: knownSharings)
      return try create(path, recipe: recipe)
    }
    let run = try open(path, forWork: true)
    try run.reconcile(layers, knownSharings: knownSharings)
    return run
  }

  /// Forgets the run if this process has made it and no stage has used it: options that were refused
  /// bind nobody.
  package func forgetUnused() {
    guard isNew, started.isEmpty else { return }
    for name in ["run.json", "lock"] { unlink("\(path)/\(name)") }
    // A folder that holds something else stays.
    rmdir(path)
  }

  /// Whether the folder `path` holds a run.
  public static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path + "/run.json")
  }

  /// The resolved recipe.
  public var recipe: Recipe { record.withLock { $0.recipe } }

  /// The groups of options that a stage has used, and that are therefore fixed.
  public var started: Set<RecipeGroup> {
    record.withLock { Set($0.started) }.union(TestRecord.exists(run: path) ? [.evaluation] : [])
  }

  /// The SHA-256, in hexadecimal, of the data files that the run was made from, by path.
  public var data: [String: String] { record.withLock { $0.data } }

  /// The same of the test files; none before they have been opened.
  ///
  /// - Throws: `Failure` of kind `badData` if their record is damaged.
  package func testData() throws -> [String: String] {
    let files = recipe.testData
    return try (testDigests() ?? [:]).filter { files.contains($0.key) }
  }

  /// Fixes the options of `groups` from now on, because a stage is about to use them.
  public func freeze(_ groups: RecipeGroup...) throws {
    try update { record in
      // In one order, whichever is worked on first.
      record.started = RecipeGroup.allCases.filter {
        record.started.contains($0) || groups.contains($0)
      }
    }
  }

  /// Fixes all options that the parts of what there is to do for `architectures` use, so that whoever
  /// works on one of them finds the record as the others do.
  package func freezeForUnits(_ architectures: [Architecture]) throws {
    try freeze(.data, .model, .training, .warmup, .train)
    let units = architectures.flatMap(recipe.trainingUnits)
    if units.contains(where: { $0.start == .tickets }) { try freeze(.prune) }
  }

  /// Does `body` as the only worker on the part called `unit`.
  ///
  /// - Parameter takingOver: which workers on other machines are known to be dead.
  /// - Throws: `Failure` of kind `busy` naming who works on it; what `body` throws.
  package func holding(
    _ unit: String, takingOver: TakeOver, _ body: () throws -> Void
  ) throws {
    let held = try UnitGuard.take(unit, of: path, takingOver: takingOver)
    defer { held.release() }
    try body()
  }

  /// Brings options given for this existing run together with its recipe.
  ///
  /// What is not given stays as recorded. What is given and differs changes the recipe, unless a
  /// stage has already used it.
  ///
  /// - Throws: `Failure` of kind `usage` naming the option, both values and what to do.
  public func reconcile(_ layers: [RecipeLayer], knownSharings: [String]) throws {
    let path = path
    let started = started
    try update { record in
      let old = record.recipe
      var new = old
      for layer in layers { try layer.apply(to: &new) }
      for setting in layers.flatMap(\.settings) {
        let option = setting.option
        let value = option.value(in: new)
        guard value != option.value(in: old), started.contains(option.group),
          !option.staysOpen
        else { continue }
        throw setting.place.refuse(
          value.shown,
          "the run \(path) was started with \(option.value(in: old).shown);"
            + " leave the option out, or choose another folder")
      }
      let givesTasks = layers.contains { $0.settings.contains { $0.option.name == "tasks" } }
      // The built-in corpus's tasks mean nothing in other files.
      if old.usesBuiltInCorpus && !new.usesBuiltInCorpus && !givesTasks { new.declaredTasks = [] }
      new.fillTasks()
      try new.validate(knownSharings: knownSharings)
      // Until a stage has read them, files may be mended.
      if new.trainingData != old.trainingData || !record.started.contains(.data) {
        record.data = try DataDigests.of(new.trainingData)
      }
      record.recipe = new
    }
  }

  /// Checks that the training and dev files are those the run was made with.
  ///
  /// - Throws: `Failure` of kind `badData` naming a file that has changed, `missingInput` naming
  ///   one that is gone.
  public func checkData() throws {
    let files = recipe.trainingData
    try DataDigests.check(data.filter { files.contains($0.key) }, run: path)
  }

  /// Checks that the test files, if there are any, can be read, without looking into them: better
  /// before hours of training than behind them.
  ///
  /// - Throws: `Failure` of kind `missingInput` naming one that cannot.
  public func requireTestData() throws {
    do {
      try recipe.testData.sorted().forEach(Files.requireRegular)
    } catch {
      forgetUnused()
      throw error
    }
  }

  /// Checks that the weights that the warm-up and the ticket that pruning will start from, if there are
  /// any, can be read, before a new run is worked on.
  ///
  /// - Throws: `Failure` of kind `missingInput` if one cannot.
  func requireStart() throws {
    if isNew {
      try [recipe.weights, recipe.startTicket].compactMap(\.self).forEach(Files.requireRegular)
    }
  }

  /// Records the test files, about to be opened for the first time, or checks them if they have
  /// been opened before; from then on the test files are fixed. This needs no lock, so that
  /// finished networks can be scored while another process works on the run.
  ///
  /// - Throws: `Failure` of kind `usage` if a task has none, `missingInput` naming one that cannot
  ///   be read, `badData` naming one that has changed.
  public func openTestData() throws {
    if let task = recipe.taskWithoutTest {
      throw Failure(
        .usage, setting: "test", "missing; task '\(task.name)' has no test files to be scored on")
    }
    let files = recipe.testData
    if try testDigests() == nil { try TestRecord(data: DataDigests.of(files)).writeOnce(run: path) }
    let known = try testDigests() ?? [:]
    if let file = files.sorted().first(where: { known[$0] == nil }) {
      throw Failure(
        .badData,
        "\(TestRecord.path(run: path)): does not name \(file), which the run is tested on; if no score "
          + "on the files that it names counts, remove it and evaluate again")
    }
    try DataDigests.check(known.filter { files.contains($0.key) }, run: path)
  }

  /// The digests of the test files by path; nil before they have been opened.
  package func testDigests() throws -> [String: String]? {
    if let record = try TestRecord.read(run: path) { return record.data }
    // Earlier versions kept them with those of the training files.
    return record.withLock { $0.started.contains(.evaluation) ? $0.data : nil }
  }

  /// Writes what a draft has changed, and every change from now on.
  public func adopt() throws {
    try record.withLock { record in
      if record != (try RunRecord.read(run: path)) { try record.write(run: path) }
    }
    isDraft.withLock { $0 = false }
  }

  /// Changes the record and writes it if it is different; if anything throws, nothing changes.
  private func update(_ change: (inout RunRecord) throws -> Void) throws {
    precondition(lock != nil || isShared, "the run was opened for reading only")
    try record.withLock { record in
      var changed = record
      try change(&changed)
      guard changed != record else { return }
      guard !isShared else {
        throw Failure(.usage, "\(path): its jobs are not planned; plan them with --plan first")
      }
      if !isDraft.withLock(\.self) { try changed.write(run: path) }
      record = changed
    }
  }

  /// Refuses the folder `path` for a new `what` if it holds other files than `own`, which a killed
  /// creation may have left behind.
  package static func refuseForeign(
    _ path: String, besides own: [String] = ["lock", "run.json"], as what: String = "run"
  ) throws {
    let found = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in found.sorted() where !own.contains(name) && !name.hasPrefix(".") {
      throw Failure(
        .cannotCreate,
        "\(path): holds other files ('\(name)') and is no \(what)"
          + (what == "run" ? "" : butRun(path)) + "; choose an empty or a new folder")
    }
  }
}
