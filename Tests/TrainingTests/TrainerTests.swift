import Basics
import Foundation
import Masks
import Sharing
import Synchronization
import Tensors
import Testing
import Training

@Suite struct TrainerTests {
  struct Setting: CustomTestStringConvertible {
    let optimizer: OptimizerKind, head: HeadKind, masked: MaskedExecution?
    var testDescription: String {
      "\(optimizer) \(head) \(masked.map(\.rawValue) ?? "not masked")"
    }
  }

  static let settings = OptimizerKind.allCases.flatMap { optimizer in
    HeadKind.allCases.flatMap { head in
      [nil, .dense, .sparse].map { Setting(optimizer: optimizer, head: head, masked: $0) }
    }
  }

  private func network(_ data: SmallData, masked: MaskedExecution?) throws -> any SharingNetwork {
    let network = data.network()
    guard let masked else { return network }
    return try SparseSharing(
      network, masks: [1, 2].map { SmallData.masks(network, density: 0.5, seed: $0) },
      execution: masked)
  }

  /// A training that goes on from another has its optimiser's state to the byte, and moves by it.
  @Test(arguments: settings) func handsItsOptimizerOn(setting: Setting) throws {
    let data = try SmallData(head: setting.head)
    let settings = SmallData.settings(epochs: 1) {
      $0.optimizer = setting.optimizer
      if setting.optimizer == .adam { $0.rate = 0.01 }
    }
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("tickets-\(UUID().uuidString)").path
    defer { for name in ["", "2"] { unlink(path + name) } }
    let before = try network(data, masked: setting.masked)
    let first = Trainer(before, data: data.splits, settings: settings, stage: "first")
    try first.run()
    try first.writeMethodState(to: path)
    func goesOn(takingOver: Bool) throws -> [[Float]] {
      let network = try network(data, masked: setting.masked)
      for (parameter, other) in zip(network.parameters, before.parameters) {
        parameter.set(other.elements)
      }
      let second = Trainer(network, data: data.splits, settings: settings, stage: "second")
      if takingOver {
        try second.takeMethodState(from: SafeTensors(contentsOf: path))
        try second.writeMethodState(to: path + "2")
      }
      try second.run()
      return network.parameters.map(\.elements)
    }
    let on = try goesOn(takingOver: true)
    #expect(try Files.read(path, limit: 1 << 24) == Files.read(path + "2", limit: 1 << 24))
    #expect(try on != goesOn(takingOver: false))
  }

  /// A loop that is restored from a checkpoint goes on with the same bits.
  @Test(arguments: settings) func resumesExactly(setting: Setting) throws {
    let data = try SmallData(head: setting.head)
    let settings = SmallData.settings(epochs: 4) {
      $0.optimizer = setting.optimizer
      if setting.optimizer == .adam { $0.rate = 0.01 }
    }
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("tickets-\(UUID().uuidString)").path
    defer { unlink(path) }
    func trainer(_ network: any SharingNetwork) -> Trainer {
      Trainer(network, data: data.splits, settings: settings, stage: "train")
    }
    let straight = try network(data, masked: setting.masked)
    let reference = trainer(straight)
    var firstLast = Weights(of: [])
    try reference.run(onEpoch: { _ in firstLast = Weights(of: straight.parameters) })

    struct Stop: Error {}
    let first = trainer(try network(data, masked: setting.masked))
    #expect(throws: Stop.self) {
      try first.run(onEpoch: { report in
        guard report.epoch == 2 else { return }
        try first.checkpoint(to: path)
        throw Stop()
      })
    }
    let resumed = try network(data, masked: setting.masked)
    let second = trainer(resumed)
    #expect(try second.restore(from: path))
    #expect(second.epoch == 2)
    var secondLast = Weights(of: [])
    try second.run(onEpoch: { _ in secondLast = Weights(of: resumed.parameters) })
    #expect(second.bestEpoch == reference.bestEpoch && second.bestScores == reference.bestScores)
    #expect(Weights(of: resumed.parameters).isIdentical(to: Weights(of: straight.parameters)))
    #expect(secondLast.isIdentical(to: firstLast))

    let other = Trainer(resumed, data: data.splits, settings: settings, stage: "another")
    #expect(try !other.restore(from: path))
  }

  @Test(arguments: OptimizerKind.allCases) func threadsDoNotMatter(
    optimizer: OptimizerKind
  ) throws {
    let data = try SmallData()
    let one = try data.train(
      data.network(), SmallData.settings(epochs: 2) { $0.optimizer = optimizer })
    let two = try data.train(
      data.network(),
      SmallData.settings(epochs: 2) {
        $0.optimizer = optimizer
        $0.threads = { 2 }
      })
    #expect(one.isIdentical(to: two))
    // In mid-training, now more and now fewer.
    let asked = Mutex(0)
    let changing = try data.train(
      data.network(),
      SmallData.settings(epochs: 2) {
        $0.optimizer = optimizer
        $0.threads = {
          asked.withLock {
            $0 += 1
            return 1 + $0 / 3 % 2
          }
        }
      })
    #expect(asked.withLock { $0 } > 12 && one.isIdentical(to: changing))
  }

  @Test func otherSeedOtherResult() throws {
    let data = try SmallData()
    let results = try [1, 2].map { seed in
      try data.train(data.network(), SmallData.settings(epochs: 1) { $0.seed = seed })
    }
    #expect(!results[0].isIdentical(to: results[1]))
  }

  @Test func keepsTheBestEpochAndStopsWithoutProgress() throws {
    let data = try SmallData()
    let network = data.network()
    let settings = SmallData.settings(epochs: 40) {
      $0.patience = 2
      $0.rate = 0.5
    }
    let trainer = Trainer(network, data: data.splits, settings: settings, stage: "train")
    var reports: [EpochReport] = []
    var best: Weights?
    try trainer.run(onEpoch: { report in
      reports.append(report)
      if report.isBest { best = Weights(of: network.parameters) }
    })
    #expect(reports.count < 40 && reports.count == trainer.bestEpoch + 2)
    let top = reports.map(\.mean).max()
    #expect(reports.firstIndex { $0.mean == top } == trainer.bestEpoch - 1)
    #expect(Weights(of: network.parameters).isIdentical(to: try #require(best)))
  }

  @Test func learns() throws {
    let data = try SmallData()
    var shape = data.shape
    shape.dropout = 0
    shape.hidden = 16
    shape.wordDimension = 16
    var losses: [Double] = []
    let trainer = Trainer(
      HardSharing(shape, tasks: data.tasks, seed: 1), data: data.splits,
      settings: SmallData.settings(epochs: 20) { $0.batchSize = 4 }, stage: "train")
    try trainer.run(onEpoch: { losses.append($0.losses[0]) })
    #expect(losses.last! < 0.8 * losses[0])
  }

  @Test(arguments: [0, 5] as [Float]) func divergenceIsAnError(clip: Float) throws {
    let data = try SmallData()
    let settings = SmallData.settings(epochs: 5) {
      $0.rate = .infinity
      $0.clipping = Clipping(.norm, limit: clip)
    }
    let error = #expect(throws: Failure.self) { try data.train(data.network(), settings) }
    #expect(error?.kind == .badData && error?.message.contains("a lower lr or clip helps") == true)
  }

  @Test(arguments: TrainingSettings.Sampling.allCases) func everyTaskIsTrained(
    sampling: TrainingSettings.Sampling
  ) throws {
    let data = try SmallData()
    let before = Weights(of: data.network().parameters)
    let after = try data.train(
      data.network(), SmallData.settings(epochs: 1) { $0.sampling = sampling })
    for name in ["heads.pos.bias", "heads.ner.bias", "words.weight", "lstm.weight_hh_l1_reverse"] {
      #expect(before[name] != after[name])
    }
  }
}
