import Basics
import Layers
import Masks
import Sharing
import Tensors
import Testing
import Training

/// What holds of every architecture when it is trained.
@Suite struct ArchitectureTrainingTests {
  private let data: SmallData

  init() throws { data = try SmallData() }

  private func network(
    _ name: String, weights: [Float] = [1, 1], orthogonality: Float = 0.1
  ) throws -> any SharingNetwork {
    var shape = data.shape
    shape.hidden = 4
    shape.inputNoise = 0.1
    // Modules give as many numbers as they read.
    if name == "modules" { shape.wordDimension = 5 }
    let tasks = zip(data.tasks, weights).map {
      TaskShape(name: $0.name, classes: $0.classes, head: $0.head, lossWeight: $1)
    }
    var settings = SharingSettings()
    settings.sluice.orthogonality = orthogonality
    let architecture = Architecture.named(name)!
    return try architecture.makeNetwork(
      shape, tasks: tasks, settings: settings, base: architecture, seed: 1)
  }

  private static func few(_ settings: inout TrainingSettings) { settings.batchSize = 8 }

  /// Tickets with every weight in them are the network without tickets.
  @Test(
    arguments: [
      "hard", "hierarchical", "shared-private", "cross-stitch", "sluice", "domain-adaptation",
    ],
    OptimizerKind.allCases)
  func allOnesIsTheNetwork(name: String, optimizer: OptimizerKind) throws {
    let settings = SmallData.settings(epochs: 2) {
      Self.few(&$0)
      $0.optimizer = optimizer
      if optimizer == .adam { $0.rate = 0.01 }
    }
    let plain = try data.train(network(name), settings)
    let base = try network(name)
    let ones = base.allAlive
    let sparse = try data.train(
      SparseSharing(base, masks: [ones, ones], execution: .dense), settings)
    #expect(sparse.isIdentical(to: plain))
  }

  /// Fixed numbers of α stay put, tied ones stay equal, the others move.
  @Test(arguments: OptimizerKind.allCases) func alphaKeepsItsForm(optimizer: OptimizerKind) throws {
    let settings = SmallData.settings(epochs: 2) {
      Self.few(&$0)
      $0.optimizer = optimizer
      if optimizer == .adam { $0.rate = 0.01 }
    }
    let after = try data.train(network("domain-adaptation"), settings)
    for k in 0..<2 {
      let alpha = try #require(after["stitch.alpha_l\(k)"])
      for i in 0..<16 {
        let (row, column) = (i / 4, i % 4)
        if row % 2 == 1 && column % 2 == 1 {
          #expect(alpha[i] == alpha[4 + column] && alpha[i] != 0.5)
        } else {
          #expect(row == column ? alpha[i] != 1 && alpha[i] != 0 : alpha[i] == 0)
        }
      }
    }
    let lasso = try data.train(network("group-lasso"), settings)
    let alpha = try #require(lasso["stitch.alpha_l0"])
    for i in 0..<16 { #expect((alpha[i] == 0) == (i / 4 / 2 != i % 4 / 2)) }
  }

  @Test(arguments: Architecture.all.filter { !$0.needsTickets && !$0.trainsTasksAlone }.map(\.name))
  func everyTaskLearnsAndThreadsDoNotMatter(name: String) throws {
    let results = try [1, 2].map { threads in
      let network = try network(name)
      var losses: [[Double]] = []
      let trainer = Trainer(
        network, data: data.splits,
        settings: SmallData.settings(epochs: 4) {
          Self.few(&$0)
          $0.threads = { threads }
        }, stage: "train")
      try trainer.run(onEpoch: { losses.append($0.losses) })
      return (losses, Weights(of: network.parameters))
    }
    #expect(results[0].0 == results[1].0 && results[0].1.isIdentical(to: results[1].1))
    for task in 0..<2 { #expect(results[0].0[3][task] < results[0].0[0][task]) }
  }

  /// Twice λ is twice the gradient of that task's steps, and of no other's.
  @Test(arguments: ["hard", "hierarchical", "stacked", "cross-stitch", "domain-adaptation"])
  func lossWeights(name: String) throws {
    // Without momentum and clipping a step moves by η times the gradient: η and λ are exchangeable.
    func moved(weights: [Float], task: Int, rate: Float) throws -> Weights {
      let network = try network(name, weights: weights)
      let settings = SmallData.settings(epochs: 1) {
        $0.momentum = 0
        $0.clipping = Clipping(.norm, limit: 0)
      }
      let trainer = Trainer(network, data: data.splits, settings: settings, stage: "train")
      let plan = trainer.plan()
      let step = try #require(plan.steps.first { $0.task == task })
      _ = try trainer.step(step, plan.batch(step), rate: rate, others: plan)
      return Weights(of: network.parameters)
    }
    let double = try moved(weights: [2, 1], task: 0, rate: 0.25)
    let single = try moved(weights: [1, 1], task: 0, rate: 0.25)
    #expect(double.isIdentical(to: try moved(weights: [1, 1], task: 0, rate: 0.5)))
    #expect(!double.isIdentical(to: single))
    let other = try moved(weights: [2, 1], task: 1, rate: 0.25)
    #expect(other.isIdentical(to: try moved(weights: [1, 1], task: 1, rate: 0.25)))
  }

  /// λ does not weigh Ω: without any loss a step still has the whole penalty.
  @Test func penaltyIsNotWeighed() throws {
    func step(_ weight: Float, orthogonality: Float) throws -> Weights {
      let network = try network("sluice", weights: [weight, 1], orthogonality: orthogonality)
      let settings = SmallData.settings(epochs: 1) { $0.clipping = Clipping(.norm, limit: 0) }
      let trainer = Trainer(network, data: data.splits, settings: settings, stage: "train")
      let plan = trainer.plan()
      let step = try #require(plan.steps.first { $0.task == 0 })
      _ = try trainer.step(step, plan.batch(step), rate: 0.01, others: plan)
      return Weights(of: network.parameters)
    }
    let start = Weights(of: try network("sluice").parameters)
    let penalised = try step(0, orthogonality: 0.1)
    for entry in start.entries {
      let isMoved = penalised[entry.name] != entry.values
      #expect(isMoved == (entry.name.hasPrefix("lstm.") && entry.name.contains("weight_ih")))
    }
    #expect(try step(0, orthogonality: 0).isIdentical(to: start))
  }

  /// Epochs are chosen by the main task's score.
  @Test(arguments: [nil, "pos", "ner", "absent"]) func mainTask(name: String?) throws {
    let settings = SmallData.settings(epochs: 12) {
      Self.few(&$0)
      $0.rate = 0.5
      $0.mainTask = name
    }
    let network = try network("sluice")
    let trainer = Trainer(network, data: data.splits, settings: settings, stage: "train")
    var values: [[Double]] = []
    var isBest: [Bool] = []
    try trainer.run(onEpoch: { report in
      values.append(report.scores.map(\.value))
      isBest.append(report.isBest)
    })
    let merits = values.map { scores in
      switch name {
      case "pos": scores[0]
      case "ner": scores[1]
      default: (scores[0] + scores[1]) / 2
      }
    }
    for epoch in merits.indices {
      #expect(isBest[epoch] == (epoch == 0 || merits[epoch] > merits[..<epoch].max()!))
    }
    #expect(trainer.bestEpoch == isBest.lastIndex(of: true)! + 1)
    #expect(trainer.bestScores == values[trainer.bestEpoch - 1])
  }

  /// Patience counts epochs since the main task's best.
  @Test func patienceIsTheMainTasks() throws {
    let settings = SmallData.settings(epochs: 60) {
      Self.few(&$0)
      $0.rate = 0.5
      $0.mainTask = "pos"
      $0.patience = 2
    }
    let trainer = Trainer(
      try network("cross-stitch"), data: data.splits, settings: settings, stage: "train")
    var merits: [Double] = []
    try trainer.run(onEpoch: { merits.append($0.scores[0].value) })
    #expect(merits.count < 60 && merits.count == trainer.bestEpoch + 2)
    #expect(merits.firstIndex(of: merits.max()!) == trainer.bestEpoch - 1)
  }
}
