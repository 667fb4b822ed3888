import Basics
import Foundation
import Layers
import Sharing
import Tensors
import Testing
import Training

/// Shared and private states with losses on them, through the training loop.
@Suite struct WrittenTrainingTests {
  private let data: SmallData

  init() throws { data = try SmallData() }

  private func network(
    adversary: Float = 0.1, orthogonality: Float = 0.05
  ) throws -> any SharingNetwork {
    var settings = WritingSettings()
    settings.adversary = adversary
    settings.orthogonality = orthogonality
    return WrittenStates(
      SharedPrivate(data.shape, tasks: data.tasks, form: .sideBySide, seed: 1), data.shape,
      settings, seed: 1)
  }

  private static func settings(
    epochs: Int, _ optimizer: OptimizerKind = .sgd
  ) -> TrainingSettings {
    SmallData.settings(epochs: epochs) {
      $0.batchSize = 8
      $0.optimizer = optimizer
      if optimizer == .adam { $0.rate = 0.01 }
    }
  }

  /// The losses and how often the adversary was right are reported by name, each epoch.
  @Test func whatIsReported() throws {
    let trainer = Trainer(
      try network(), data: data.splits, settings: Self.settings(epochs: 3), stage: "train")
    var reports: [EpochReport] = []
    try trainer.run(onEpoch: { reports.append($0) })
    for report in reports {
      #expect(report.auxiliaryLosses.count == 2 && report.observations.count == 2)
      for task in 0..<2 {
        #expect(Set(report.auxiliaryLosses[task].keys) == ["adversary", "orthogonal-states"])
        #expect(report.observations[task].count == 1)
      }
    }
    let told = reports.flatMap { $0.observations.map { $0["adversary_accuracy"] ?? .nan } }
    #expect(told.allSatisfy { (0...1).contains($0) } && Set(told).count > 1)
    let plain = Trainer(
      SharedPrivate(data.shape, tasks: data.tasks, form: .stacked, seed: 1), data: data.splits,
      settings: Self.settings(epochs: 1), stage: "train")
    try plain.run(onEpoch: {
      #expect($0.observations == [[:], [:]] && $0.auxiliaryLosses == [[:], [:]])
    })
  }

  /// What the adversary wants moves the shared encoder, and no task's own.
  @Test func whatMoves() throws {
    func moved(adversary: Float, orthogonality: Float) throws -> Set<String> {
      var settings = WritingSettings()
      settings.adversary = adversary
      settings.orthogonality = orthogonality
      let silent = data.tasks.map {
        TaskShape(name: $0.name, classes: $0.classes, head: $0.head, lossWeight: 0)
      }
      let network = WrittenStates(
        SharedPrivate(data.shape, tasks: silent, form: .sideBySide, seed: 1), data.shape,
        settings, seed: 1)
      let start = Weights(of: network.parameters)
      let trainer = Trainer(
        network, data: data.splits, settings: Self.settings(epochs: 1), stage: "train")
      let plan = trainer.plan()
      let step = try #require(plan.steps.first { $0.task == 0 })
      _ = try trainer.step(step, plan.batch(step), rate: 0.1, others: plan)
      let end = Weights(of: network.parameters)
      return Set(
        start.entries.filter { end[$0.name] != $0.values }.map {
          $0.name.split(separator: ".").dropLast().joined(separator: ".")
        })
    }
    let input: Set = ["words", "characters", "conv"]
    #expect(
      try moved(adversary: 1, orthogonality: 0) == input.union(["lstm", "adversary"]))
    #expect(
      try moved(adversary: 0, orthogonality: 1)
        == input.union(["lstm", "lstm.\(data.tasks[0].name)"]))
  }

  /// Tickets with every weight in them are the network without tickets, losses on states and all.
  @Test(arguments: OptimizerKind.allCases) func allOnesIsTheNetwork(
    optimizer: OptimizerKind
  ) throws {
    let settings = Self.settings(epochs: 2, optimizer)
    let plain = try data.train(network(), settings)
    let base = try network()
    let ones = base.allAlive
    let sparse = try data.train(
      SparseSharing(base, masks: [ones, ones], execution: .dense), settings)
    #expect(sparse.isIdentical(to: plain))
    #expect(plain["adversary.weight"] != nil)
  }

  /// A loop that is restored from a checkpoint goes on with the same bits.
  @Test(arguments: OptimizerKind.allCases) func resumesExactly(optimizer: OptimizerKind) throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("tickets-\(UUID().uuidString)").path
    defer { unlink(path) }
    let settings = Self.settings(epochs: 3, optimizer)
    func trainer(_ network: any SharingNetwork) -> Trainer {
      Trainer(network, data: data.splits, settings: settings, stage: "train")
    }
    let straight = try data.train(network(), settings)
    struct Stop: Error {}
    let first = trainer(try network())
    #expect(throws: Stop.self) {
      try first.run(onEpoch: { _ in
        try first.checkpoint(to: path)
        throw Stop()
      })
    }
    let resumed = try network()
    let second = trainer(resumed)
    #expect(try second.restore(from: path))
    var last = Weights(of: [])
    try second.run(onEpoch: { _ in last = Weights(of: resumed.parameters) })
    #expect(last.isIdentical(to: straight))
  }
}
