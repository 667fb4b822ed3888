import Basics
import Foundation
import Masks
import Sharing
import Tensors
import Testing
import Training

/// Methods of a step in the loop: special cases, and what must not change results.
@Suite struct StepSettingsTests {
  private let data: SmallData

  init() throws { data = try SmallData() }

  private static let kinds: [StepSettings] = {
    var all = [StepSettings]()
    for communication in [StepSettings.Communication.pairwise, .listwise] {
      for passing in StepSettings.Passing.allCases {
        var settings = StepSettings()
        (settings.communication, settings.passing) = (communication, passing)
        all.append(settings)
      }
    }
    for balance in StepSettings.Balance.allCases where balance != .weights {
      var settings = StepSettings()
      settings.balance = balance
      all.append(settings)
    }
    return all
  }()

  private func settings(
    _ steps: StepSettings, optimizer: OptimizerKind = .sgd, threads: Int = 1
  ) -> TrainingSettings {
    SmallData.settings(epochs: 2) {
      $0.steps = steps
      $0.optimizer = optimizer
      $0.rate = optimizer == .sgd ? 0.05 : 0.003
      $0.threads = { threads }
    }
  }

  /// All-ones masks are the network itself, bit for bit, and two threads are one.
  @Test(arguments: kinds) func allAlive(steps: StepSettings) throws {
    let plain = try data.train(data.network(), settings(steps))
    let alive = data.network()
    let masked = try SparseSharing(alive, masks: [alive.allAlive, alive.allAlive])
    #expect(try data.train(masked, settings(steps, threads: 2)).isIdentical(to: plain))
    // It is another training than a plain one.
    #expect(try !data.train(data.network(), settings(StepSettings())).isIdentical(to: plain))
  }

  /// Every architecture that trains tasks together, with an adversary where states are shared, can
  /// be trained by every method, with the same bits on two threads.
  @Test(arguments: kinds, Architecture.all.filter { !$0.trainsTasksAlone && !$0.needsTickets })
  func architectures(steps: StepSettings, architecture: Architecture) throws {
    var shape = data.shape
    shape.hidden = 4
    var sharing = SharingSettings()
    if architecture.choosesPaths {
      // A search has steps of its own.
      shape.wordDimension = 5
      sharing.modules.paths = ["pos": [1], "ner": [1, 2]]
    }
    var writing = WritingSettings()
    writing.adversary = architecture.hasSharedStates ? 0.1 : 0
    writing.orthogonality = architecture.hasPrivateStates ? 0.01 : 0
    func network() throws -> any SharingNetwork {
      let network = try architecture.makeNetwork(
        shape, tasks: data.tasks, settings: sharing, base: architecture, seed: 1)
      return writing.isActive ? WrittenStates(network, shape, writing, seed: 1) : network
    }
    // What tells tasks apart is no part of what they share.
    #expect(try network().shared.allSatisfy { !$0.name.hasPrefix("adversary") })
    let after = try data.train(network(), settings(steps))
    #expect(after.entries.allSatisfy { $0.values.allSatisfy(\.isFinite) })
    #expect(try !data.train(network(), settings(StepSettings())).isIdentical(to: after))
    #expect(try data.train(network(), settings(steps, threads: 2)).isIdentical(to: after))
  }

  /// Under masks nothing moves that no task has; disjoint masks leave nothing to project.
  @Test(arguments: kinds) func deadStaysDead(steps: StepSettings) throws {
    let network = data.network()
    let masks = [1, 2].map { SmallData.masks(network, density: 0.4, seed: $0) }
    let union = try MaskSet.union(of: masks)
    let before = Weights(of: network.parameters)
    let after = try data.train(
      SparseSharing(network, masks: masks, execution: .sparse), settings(steps, optimizer: .adam))
    var moved = 0
    for entry in union.entries {
      let (old, new) = (try #require(before[entry.name]), try #require(after[entry.name]))
      for i in old.indices {
        if entry.mask[i] { moved += old[i] == new[i] ? 0 : 1 } else { #expect(old[i] == new[i]) }
      }
    }
    #expect(moved > union.aliveCount * 9 / 10)
  }

  /// A loop that was stopped and restored ends with the same bits, whatever the method and the
  /// optimiser keep.
  @Test(arguments: kinds, OptimizerKind.allCases)
  func restored(steps: StepSettings, optimizer: OptimizerKind) throws {
    let settings = settings(steps, optimizer: optimizer)
    let whole = try data.train(data.network(), settings)
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("tickets-\(UUID().uuidString)").path
    defer { unlink(path) }
    struct Stop: Error {}
    let first = Trainer(data.network(), data: data.splits, settings: settings, stage: "train")
    #expect(throws: Stop.self) {
      try first.run(onEpoch: { _ in
        try first.checkpoint(to: path)
        throw Stop()
      })
    }
    let network = data.network()
    let second = Trainer(network, data: data.splits, settings: settings, stage: "train")
    #expect(try second.restore(from: path))
    var last: Weights?
    try second.run(onEpoch: { _ in last = Weights(of: network.parameters) })
    #expect(try #require(last).isIdentical(to: whole))
  }

  /// Weights of zero pass nothing on: a plain step, bit for bit.
  @Test func nobodyListens() throws {
    var steps = StepSettings()
    steps.communication = .listwise
    steps.passingWeights = [[0, 0], [0, 0]]
    let plain = try data.train(data.network(), settings(StepSettings()))
    #expect(try data.train(data.network(), settings(steps)).isIdentical(to: plain))
  }

  /// Nor do weights of zero move what only the task that is not asked has, though it coasts.
  @Test func nobodyListensUnderMasks() throws {
    var steps = StepSettings()
    steps.communication = .listwise
    steps.passingWeights = [[0, 0], [0, 0]]
    func trained(_ steps: StepSettings) throws -> Weights {
      let network = data.network()
      let masks = [1, 2].map { SmallData.masks(network, density: 0.4, seed: $0) }
      return try data.train(SparseSharing(network, masks: masks), settings(steps))
    }
    #expect(try trained(steps).isIdentical(to: trained(StepSettings())))
  }

  /// What a task does not read is no more its own than what is dead for it.
  @Test func projectionsWithinWhatIsRead() throws {
    var shape = data.shape
    shape.layers = 2
    let tasks = [data.tasks[0], data.tasks[1], TaskShape(name: "third", classes: 3)]
    let network = HardSharing(shape, tasks: tasks, depths: [1, 2, 2], seed: 1)
    var stream = RandomStream(seed: 1, "order")
    let context = StepContext(
      network, task: 0, batch: data.splits[0].train.batches(size: 4, stream: &stream)[0],
      rate: 0, clipping: Clipping(.norm, limit: 0), draws: nil)
    let upper = try #require(network.parameters.first { $0.name == "lstm.weight_hh_l1" })
    #expect(network.shared.contains { $0 === upper })
    context.computeGradients()
    let low = context.takeGradient(of: network.shared)
    upper.ensureGradient()
    let high = context.takeGradient(of: [upper], task: 1)
    low.addWithin(1, high)
    low.deliver()
    #expect(!upper.hasGradient)
    for parameter in network.parameters { parameter.clearGradient() }
  }

  /// One task has nobody to talk to.
  @Test(arguments: kinds) func oneTask(steps: StepSettings) throws {
    func trained(_ steps: StepSettings) throws -> Weights {
      try data.train(OneTask(0, of: data.network()), tasks: [0], settings(steps))
    }
    #expect(try trained(steps).isIdentical(to: trained(StepSettings())))
  }

  /// An epoch of joint steps reads as many batches as one of single ones.
  @Test func jointEpochs() throws {
    var steps = StepSettings()
    steps.balance = .sum
    for steps in [StepSettings(), steps] {
      let trainer = Trainer(
        data.network(), data: data.splits, settings: settings(steps), stage: "train")
      let plan = trainer.plan()
      let tokens = plan.steps.reduce(0) { $0 + plan.tokenCount($1) }
      #expect(tokens == data.splits.reduce(0) { $0 + $1.train.encoded.corpus.tokenCount })
      #expect(plan.steps.count == (steps.balance == .sum ? 4 : 8))
    }
  }

  /// Fast weights out of all bounds stop the training with the setting that helps.
  @Test func diverged() throws {
    var steps = StepSettings()
    steps.communication = .pairwise
    steps.passingRate = 1e38
    let error = #expect(throws: Failure.self) {
      try data.train(data.network(), settings(steps))
    }
    #expect(error?.kind == .badData)
    #expect(error?.message.contains("passing-rate lower than") == true, "\(error?.message ?? "")")
  }
}
