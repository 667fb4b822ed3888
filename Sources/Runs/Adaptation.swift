import Basics
import Corpora
import Figures
import Foundation
import Recipes
import Sharing
import Tensors

/// The encoder that a run's tasks share, taken to a task that they have never seen (Liu and Huang
/// 2018, section 5.4.1): trained with new private parameters on few examples, beside networks from
/// scratch on the same examples and on all.
///
/// An adaptation is a folder of ordinary runs, one a training; working on it again finishes what
/// is unfinished.
public final class Adaptation: Sendable {
  /// The folder.
  public let path: String
  /// The trainings, by examples, seed and kind.
  public let cells: [AdaptationCell]
  /// The run's architecture whose encoder is taken over.
  public let sharing: Architecture
  /// The architecture of the new task's networks.
  public let architecture: Architecture
  private let request: AdaptationRequest
  private let run: RunDirectory
  private let record: AdaptationRecord
  /// Whether the folder's record says what is done here.
  private let isRecorded: Bool
  /// Held while there is work to do in a folder that the run's lock does not cover.
  private let lock: RunLock?

  private init(_ run: RunDirectory, _ request: AdaptationRequest, lock: RunLock?) throws {
    let old = run.recipe
    var recipe = try request.recipe(
      from: old, run: run.path, knownSharings: Architecture.all.map(\.name))
    let examples = try request.counts()
    let seeds = try request.seeds(from: recipe.seed)
    let ticket = try request.ticket.map(run.ticket)
    path = try request.out ?? run.path("adapt", recipe.tasks[0].name)
    try Files.requirePlain(in: path)
    let begun = try AdaptationRecord.read(path)
    sharing = try TrainedNetworks(run).sharingEncoder(
      request.sharing ?? begun?.sharing, with: recipe, prefersTickets: request.ticket != nil)
    architecture = sharing.needsTickets ? recipe.baseArchitecture : sharing
    try ticket?.requireEncoder(of: recipe.leastNetwork(architecture))
    recipe.sharing = [architecture.name]
    record = AdaptationRecord(
      sharing: sharing.name,
      encoder: Digest.hex(
        try Digest.sha256(file: run.weights(of: old.trainingUnits(of: sharing)[0]))),
      recipe: recipe)
    if let begun { try record.require(begun, in: path) }
    isRecorded = begun != nil
    let adapted = AdaptationCell.Kind.adapted(
      ticket: request.ticket, isFrozen: request.freezesShared)
    cells =
      examples.flatMap { count in
        seeds.flatMap { seed in
          [adapted, .scratch].map { AdaptationCell(recipe, examples: count, seed: seed, $0) }
        }
      } + seeds.map { AdaptationCell(recipe, examples: nil, seed: $0, .scratch) }
    self.run = run
    self.request = request
    self.lock = lock
  }

  /// Opens the adaptation of the run in the folder `run` to look at it: nothing is locked and
  /// nothing is written.
  ///
  /// - Throws: `Failure` of kind `usage` naming what is wrong, or was another when the adaptation
  ///   began, `missingInput` if nothing fitting is trained, `badData` if its record is damaged.
  public static func open(run: String, _ request: AdaptationRequest) throws -> Adaptation {
    try Adaptation(RunDirectory.open(run, forWork: false), request, lock: nil)
  }

  /// Opens the adaptation to train what is unfinished, or makes one.
  ///
  /// - Throws: as `open`, and `Failure` of kind `cannotCreate` if the folder holds something else,
  ///   `busy` if another process is at work in it.
  public static func openForWork(run: String, _ request: AdaptationRequest) throws -> Adaptation {
    // In the run's folder its lock is the one that counts.
    let directory = try RunDirectory.open(run, forWork: request.out == nil)
    let plan = try Adaptation(directory, request, lock: nil)
    let path = plan.path
    if !plan.isRecorded {
      try RunDirectory.refuseForeign(path, besides: ["lock"], as: "adaptation")
      try Files.makeFolder(path)
    }
    let lock = try request.out.map { try RunLock.take(run: $0) }
    Files.removeUnfinished(in: path)
    // What is there is read under the lock: another process may have begun it.
    let adaptation = try Adaptation(directory, request, lock: lock)
    if !adaptation.isRecorded { try adaptation.record.write(path) }
    return adaptation
  }

  /// Whether something is still to be trained, or to be scored.
  public var hasWork: Bool {
    !cells.allSatisfy { isTrained($0) && FileManager.default.fileExists(atPath: result($0)) }
  }

  /// The folder of a cell's run.
  public func folder(_ cell: AdaptationCell) -> String { "\(path)/\(cell.folder)" }

  /// The file that a cell's score is kept in.
  public func result(_ cell: AdaptationCell) -> String { folder(cell) + "/result.json" }

  /// Whether a cell's training is finished and has left nothing unfinished behind.
  private func isTrained(_ cell: AdaptationCell) -> Bool {
    let unit = TrainingUnit(of: architecture, from: nil)
    let checkpoint = try? RunDirectory.checkpoint(of: unit, in: folder(cell))
    return RunDirectory.isTrained(unit, in: folder(cell))
      && !(checkpoint.map(FileManager.default.fileExists) ?? false)
  }

  /// Checks that the training and dev data can be read and hold as many examples as are asked for.
  /// Test files are not opened.
  ///
  /// - Throws: `Failure` naming what is wrong.
  public func checkData() throws {
    let recipe = record.recipe
    try recipe.trainingData.union(recipe.testData).sorted().forEach(Files.requireRegular)
    let data = try RunData(recipe)
    let count = try data.corpora(.train)[0].sentenceCount
    _ = try data.corpora(.dev)
    if let most = cells.compactMap(\.examples).max(), most > count {
      throw Failure(
        .usage, setting: "examples", value: "\(most)",
        "the training data have no more than \(count) "
          + (recipe.holdOut > 0 ? "without what is held out" : "examples"))
    }
  }

  /// Trains whatever is unfinished, as many trainings side by side as there are jobs; results do
  /// not depend on how many.
  ///
  /// - Parameter board: where every epoch's numbers are written too, in a folder a run; nil for
  ///   nowhere.
  public func train(
    jobs: Int, checkpointSeconds: Double, progress: ProgressDisplay, board: TensorBoardLog? = nil
  ) throws {
    let open = cells.filter { !isTrained($0) }
    guard !open.isEmpty else { return }
    progress.say("\(open.count) of \(counted(cells.count, "training")) to be done")
    let encoder = try encoder()
    let known = try run.readVocabulary()
    _ = try Parallel.map(open.count, jobs: jobs) { [self] index, circumstances in
      try Interrupt.check()
      let cell = open[index]
      let directory = try RunDirectory.openOrCreate(
        folder(cell), [.whole(cell.recipe)], knownSharings: Architecture.all.map(\.name))
      let resources = StageResources(
        circumstances, label: cell.label, checkpointSeconds: checkpointSeconds,
        progress: progress, observer: board?.below(cell.folder))
      let isScratch = cell.kind == .scratch
      try StageRunner.open(directory, resources, extending: isScratch ? nil : known)
        .train(TrainingUnit(of: architecture, from: isScratch ? nil : encoder))
    }
  }

  private func encoder() throws -> SharedEncoder {
    let unit = run.recipe.trainingUnits(of: sharing)[0]
    return try SharedEncoder(
      run.weights(of: unit), of: unit.identity,
      ticket: request.ticket.map(run.ticket), isFrozen: request.freezesShared)
  }
}

extension TrainedNetworks {
  /// The architecture called `name`, or the first finished one, whose tasks share an encoder that a
  /// network for the task of `new` has too.
  ///
  /// - Throws: `Failure` of kind `usage` or `missingInput` if there is none.
  fileprivate func sharingEncoder(
    _ name: String?, with new: Recipe, prefersTickets: Bool
  ) throws -> Architecture {
    guard let name else {
      // Weights that were trained under tickets are for adapting under tickets.
      let ordered = [prefersTickets, !prefersTickets].flatMap { needsTickets in
        architectures.filter { $0.needsTickets == needsTickets }
      }
      if let first = try ordered.first(where: { try sharesEncoder($0, with: new) }) { return first }
      throw Failure(
        .missingInput,
        "\(run.path): no trained architecture has an encoder that its tasks share; train one that "
          + "has, such as hard")
    }
    let architecture = try architecture(name)
    guard try sharesEncoder(architecture, with: new) else {
      throw Failure(
        .usage, setting: "sharing", value: name,
        "has no encoder that its tasks share and a new one could take over")
    }
    return architecture
  }

  private func sharesEncoder(_ architecture: Architecture, with new: Recipe) throws -> Bool {
    // Modules are chosen for the tasks that were searched for.
    guard !architecture.trainsTasksAlone, !architecture.choosesPaths,
      !architecture.needsTickets || !run.recipe.baseArchitecture.choosesPaths
    else { return false }
    let file = try SafeTensors(
      contentsOf: run.weights(of: run.recipe.trainingUnits(of: architecture)[0]))
    // Networks that tasks exchange states between cannot be made for one.
    let network = try? new.leastNetwork(architecture)
    return network?.parts.encoders.contains { file.entry($0.name) != nil } ?? false
  }
}

extension Recipe {
  /// The smallest network of `architecture` for the recipe's task, to see what it is made of.
  fileprivate func leastNetwork(_ architecture: Architecture) throws -> any SharingNetwork {
    try makeNetwork(
      architecture, leastShape, [TaskShape(name: tasks[0].name, classes: 1)], seed: nil)
  }
}
