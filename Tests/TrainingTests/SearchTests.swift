import Basics
import Corpora
import Foundation
import Sharing
import Tensors
import Testing
import Training

/// The search for paths: the policy on a problem with a known answer, and steps of the network.
@Suite struct SearchTests {
  private let data: SmallData

  init() throws { data = try SmallData() }

  private func network(
    _ paths: [String: [Int]] = [:], modules: Int = 3, longest: Int = 3, seed: UInt64 = 1,
    _ change: (inout ModuleSettings) -> Void = { _ in }
  ) throws -> any SharingNetwork {
    var shape = data.shape
    (shape.hidden, shape.wordDimension) = (4, 5)
    var settings = ModuleSettings()
    (settings.count, settings.longest, settings.paths) = (modules, longest, paths)
    change(&settings)
    return try ModuleNetwork(shape, tasks: data.tasks, settings: settings, seed: seed)
  }

  private func settings(
    epochs: Int = 2, threads: Int = 1, _ change: (inout SearchSettings) -> Void = { _ in }
  ) -> TrainingSettings {
    SmallData.settings(epochs: epochs) {
      $0.batchSize = 8
      $0.optimizer = .adam
      $0.rate = 0.003
      $0.threads = { threads }
      change(&$0.steps.search)
    }
  }

  /// A bandit over paths of which one per task is best: the controller finds it in at least 95 of
  /// 100 seeds. The reward falls with every place at which a path differs from the best, and is
  /// noisy.
  @Test func bandit() throws {
    let best = [[2, 0], [4]]
    var successes = 0
    for seed in 1...100 as ClosedRange<UInt64> {
      let network = try network(modules: 5, seed: seed)
      let controller = try #require(network.parts.modules?.controller)
      var search = SearchSettings()
      search.rate = 0.005
      let policy = PolicyGradient(controller, search)
      var stream = RandomStream(seed: seed, "bandit")
      for _ in 0..<600 {
        for task in 0..<2 {
          let paths = policy.draw(for: task, from: &stream)
          let rewards = paths.map { path in
            -0.1 * Double(Self.distance(path, best[task])) + Double(stream.uniform(within: 0.01))
          }
          try policy.learn(for: task, paths, rewards: rewards)
        }
      }
      let found = (0..<2).map { controller.mostProbablePath(of: $0).path }
      if found == best { successes += 1 }
    }
    #expect(successes >= 95, "\(successes) of 100 seeds")
  }

  /// The places at which two paths differ, missing ones counted.
  private static func distance(_ a: [Int], _ b: [Int]) -> Int {
    zip(a, b).count { $0 != $1 } + abs(a.count - b.count)
  }

  /// What rewards come to, by hand.
  @Test func rewards() throws {
    let controller = try #require(network().parts.modules?.controller)
    func weights(
      _ rewards: [[Double]], _ change: (inout SearchSettings) -> Void = { _ in }
    ) -> [[Double]] {
      var search = SearchSettings()
      search.temperature = 0.5
      change(&search)
      let policy = PolicyGradient(controller, search)
      return rewards.map { policy.weights($0, of: 1) }
    }
    func expect(_ found: [[Double]], _ expected: [[Double]]) {
      for (a, b) in zip(found.joined(), expected.joined()) { #expect(abs(a - b) < 1e-6) }
    }
    // e^(log 2 / 2 / 0.5) = 2, of 1 + 2.
    expect(weights([[-3, -3 + log(2) / 2]]), [[1.0 / 3, 2.0 / 3]])
    expect(weights([[-1, 2]]) { $0.rewards = .raw }, [[-2, 4]])
    // The average of the first is 1, then 0.9 · 1 + 0.1 · 6.
    expect(
      weights([[-1, 2], [3, 3], [0, 0]]) {
        $0.rewards = .raw
        $0.baselineDecay = 0.9
      }, [[-3, 3], [5, 5], [-1.5, -1.5]])
    // Softmax rewards average 1/N.
    expect(
      weights([[0, 0], [0, log(3) / 2]]) { $0.baselineDecay = 0.5 }, [[0, 0], [-0.25, 0.25]])
  }

  /// Given paths of a pool are hard sharing, and hierarchical sharing, to the last bit of a training.
  @Test(arguments: OptimizerKind.allCases) func specialCases(optimizer: OptimizerKind) throws {
    for depths in [["pos": 2, "ner": 2], ["pos": 1, "ner": 2]] {
      let modules = try network(depths.mapValues { Array(1...$0) })
      var shape = data.shape
      (shape.hidden, shape.wordDimension, shape.layers) = (4, 5, 2)
      let layers = HardSharing(
        shape, tasks: data.tasks, depths: data.tasks.map { depths[$0.name]! }, seed: 1)
      func asModule(_ name: String) -> String {
        guard name.hasPrefix("lstm."), let layer = name.range(of: "_l1") else {
          return name.replacingOccurrences(of: "lstm.", with: "lstm.module1.")
        }
        return name.replacingCharacters(in: layer, with: "_l0")
          .replacingOccurrences(of: "lstm.", with: "lstm.module2.")
      }
      let start = Weights(of: modules.parameters)
      for parameter in layers.parameters {
        parameter.set(try #require(start[asModule(parameter.name)]))
      }
      let training = SmallData.settings(epochs: 2) { $0.optimizer = optimizer }
      let (a, b) = (try data.train(modules, training), try data.train(layers, training))
      #expect(a.entries.count == b.entries.count)
      for entry in b.entries {
        #expect(a[asModule(entry.name)]?.map(\.bitPattern) == entry.values.map(\.bitPattern))
      }
    }
  }

  /// A step of one path, whether by itself or together with no other, is a plain step along it.
  @Test(arguments: SearchSettings.Updates.allCases) func onePath(
    updates: SearchSettings.Updates
  ) throws {
    let settings = settings { ($0.paths, $0.updates) = (1, updates) }
    let search = try network()
    let pool = try #require(search.parts.modules)
    let trainer = Trainer(
      search, data: data.splits, settings: settings, stage: "train")
    let plan = trainer.plan()
    let step = plan.steps[0]
    // The path that the step will draw.
    var stream = StepDraws(
      seed: settings.seed, ["train", data.tasks[step.task].name, "epoch 0", "batch 0"]
    ).stream("paths")
    let path = try #require(
      pool.controller?.draw(1, for: step.task, exploration: 0.2, from: &stream).first)
    let given = try network(
      Dictionary(uniqueKeysWithValues: data.tasks.map { ($0.name, path.map { $0 + 1 }) }))
    let losses = try trainer.step(step, plan.batch(step), rate: 0.01, others: plan)
    let plain = Trainer(given, data: data.splits, settings: settings, stage: "train")
    let expected = try plain.step(step, plan.batch(step), rate: 0.01, others: plain.plan())
    #expect(losses[0] == expected[0])
    let start = try Weights(of: network().parameters)
    for parameter in search.parameters where !parameter.name.hasPrefix("controller") {
      let same = given.parameters.first { $0.name == parameter.name }
      #expect(parameter.elements == same?.elements ?? start[parameter.name]!, "\(parameter.name)")
    }
    // The policy moved too.
    let moved = search.parameters.filter { $0.name.hasPrefix("controller") }
      .count { $0.elements != start[$0.name] }
    #expect(moved > 0)
  }

  /// Where the network stands still, steps make the path with the least loss most probable.
  @Test(arguments: SearchSettings.Updates.allCases) func stepsFollowLosses(
    updates: SearchSettings.Updates
  ) throws {
    var shape = data.shape
    (shape.hidden, shape.wordDimension, shape.dropout, shape.wordDropout) = (4, 5, 0, 0)
    var modules = ModuleSettings()
    (modules.count, modules.longest) = (4, 2)
    let network = try ModuleNetwork(shape, tasks: data.tasks, settings: modules, seed: 1)
    let pool = try #require(network.parts.modules)
    for parameter in network.parameters where !parameter.name.hasPrefix("controller") {
      parameter.set(parameter.elements.map { 3 * $0 })
    }
    var settings = StepSettings()
    (settings.search.updates, settings.search.rate) = (updates, 0.02)
    let method = settings.method(for: network, optimizer: OptimizerKind.sgd.make(momentum: 0))
    var stream = RandomStream(seed: 3, "order")
    let batch = data.splits[1].train.batches(size: 20, stream: &stream)[0]
    func context(_ name: String) -> StepContext {
      StepContext(
        network, task: 1, batch: batch, rate: 0, clipping: Clipping(.norm, limit: 0),
        draws: StepDraws(seed: 1, [name]))
    }
    for step in 0..<300 { _ = try method.step(context("step \(step)")) }
    let found = pool.path(of: 1)
    let paths = (0..<4).flatMap { first in [[first]] + (0..<4).map { [first, $0] } }
    let losses = paths.map { path in
      pool.drawn = path
      defer { for parameter in network.parameters { parameter.clearGradient() } }
      return (path: path, loss: context("loss").computeGradients()[0].value)
    }.sorted { $0.loss < $1.loss }
    // Losses differ by more than τ, or there would be nothing to see.
    #expect(losses.last!.loss - losses[0].loss > 0.2)
    #expect(losses.prefix(2).contains { $0.path == found }, "\(found) of \(losses)")
  }

  /// Paths that begin alike give the same gradient whether their beginning is computed once or
  /// anew for each.
  @Test func sharedPrefixes() throws {
    let search = try network()
    let pool = try #require(search.parts.modules)
    let paths = [[0, 1], [0, 2, 2], [0, 1], [1], [0]]
    var stream = RandomStream(seed: 3, "order")
    let batch = data.splits[1].train.batches(size: 6, stream: &stream)[0]
    let context = StepContext(
      search, task: 1, batch: batch, rate: 0.1, clipping: Clipping(.norm, limit: 0),
      draws: StepDraws(seed: 1, ["step"]))
    func gradients() -> [String: [Float]] {
      defer { for parameter in search.parameters { parameter.clearGradient() } }
      return Dictionary(
        uniqueKeysWithValues: search.parameters.filter(\.hasGradient).map {
          ($0.name, Array($0.gradient))
        })
    }
    let losses = pool.sharingPrefixes {
      context.computeMeanGradient(of: paths.count) { pool.drawn = paths[$0] }
    }
    let together = gradients()
    let apart = paths.map { path in
      pool.drawn = path
      return context.computeGradients()[0].value
    }
    let sum = gradients()
    #expect(losses == apart)
    #expect(Set(together.keys) == Set(sum.keys))
    for (name, values) in together {
      for (a, b) in zip(values, sum[name]!) { #expect(abs(a - b / 5) < 1e-5, "\(name)") }
    }
  }

  /// A stopped and restored search ends with the same bits, on one thread or two.
  @Test(arguments: SearchSettings.Updates.allCases, SearchSettings.Rewards.allCases)
  func restored(updates: SearchSettings.Updates, rewards: SearchSettings.Rewards) throws {
    func settings(threads: Int) -> TrainingSettings {
      self.settings(threads: threads) {
        ($0.updates, $0.rewards, $0.baselineDecay, $0.entropyWeight) = (updates, rewards, 0.9, 0.01)
        $0.rate = 0.01
      }
    }
    let whole = try data.train(network(), settings(threads: 2))
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("tickets-\(UUID().uuidString)").path
    defer { unlink(path) }
    struct Stop: Error {}
    let first = Trainer(
      try network(), data: data.splits, settings: settings(threads: 1), stage: "train")
    #expect(throws: Stop.self) {
      try first.run(onEpoch: { _ in
        try first.checkpoint(to: path)
        throw Stop()
      })
    }
    let network = try network()
    let second = Trainer(
      network, data: data.splits, settings: settings(threads: 1), stage: "train")
    #expect(try second.restore(from: path))
    var last: Weights?
    try second.run(onEpoch: { _ in last = Weights(of: network.parameters) })
    #expect(try #require(last).isIdentical(to: whole))
    // The whole of it was a search: the policy has moved.
    let start = try Weights(of: self.network().parameters)
    #expect(whole["controller.embedding.weight"] != start["controller.embedding.weight"])
  }

  /// Under the published settings tasks learn, and the reported rewards rise.
  @Test func learns() throws {
    var rewards: [[Double]] = []
    let trainer = Trainer(
      try network(), data: data.splits, settings: settings(epochs: 6), stage: "train")
    try trainer.run(onEpoch: { report in
      rewards.append(report.observations.map { $0["reward"]! })
      #expect(report.observations.allSatisfy { $0["policy_entropy"]! > 0 })
    })
    for task in 0..<2 { #expect(rewards[5][task] > rewards[0][task]) }
  }
}
