import Basics
import Batches
import Corpora
import Foundation
import Layers
import Sharing
import Tensors
import Testing
import Training

/// What a step may be beside a plain one, and what networks may ask of it.
@Suite struct StepMethodTests {
  private let data: SmallData

  init() throws { data = try SmallData() }

  private func context(
    _ network: any SharingNetwork, task: Int = 0, rate: Float = 0.1, seed: UInt64 = 3
  ) -> StepContext {
    var stream = RandomStream(seed: seed, "order")
    let batch = data.splits[task].train.batches(size: 4, stream: &stream)[0]
    return StepContext(
      network, task: task, batch: batch, rate: rate, clipping: Clipping(.norm, limit: 0),
      draws: nil)
  }

  /// Two optimisers, one for the tasks' own parameters: with equal settings and without clipping
  /// that is a plain step, so training ends with the same bits, and its checkpoint holds both.
  private final class TwoOptimizers: StepMethod {
    let shared: any Optimizer = SGD(momentum: 0.9)
    let heads: any Optimizer = SGD(momentum: 0.9)

    private func own(_ parameters: [Parameter]) -> [Parameter] {
      parameters.filter { $0.name.hasPrefix("heads.") }
    }

    private func common(_ parameters: [Parameter]) -> [Parameter] {
      parameters.filter { !$0.name.hasPrefix("heads.") }
    }

    func step(_ context: StepContext) throws -> [StepLoss] {
      let losses = context.computeGradients()
      let parameters = context.network.parameters(of: context.task)
      let none = Clipping(.norm, limit: 0)
      try shared.step(common(parameters), rate: context.rate, clipping: none, threads: 1)
      try heads.step(own(parameters), rate: context.rate, clipping: none, threads: 1)
      for parameter in parameters { parameter.clearGradient() }
      return losses
    }

    func settle() {
      shared.settle()
      heads.settle()
    }

    func state(of parameters: [Parameter]) -> [(name: String, values: [Float])] {
      shared.state(of: common(parameters)) + heads.state(of: own(parameters))
    }

    func stateLayout(of parameters: [Parameter]) -> [[StateTensor]] {
      shared.stateLayout(of: common(parameters)) + heads.stateLayout(of: own(parameters))
    }

    func restore(
      _ parameters: [Parameter], from values: (String) throws -> [Float]?
    ) throws {
      try shared.restore(common(parameters), from: values)
      try heads.restore(own(parameters), from: values)
    }
  }

  @Test func twoOptimisersAndACheckpoint() throws {
    let settings = SmallData.settings(epochs: 3) { $0.clipping = Clipping(.norm, limit: 0) }
    let plain = try data.train(data.network(), settings)
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("tickets-\(UUID().uuidString)").path
    defer { unlink(path) }
    func trainer(_ network: any SharingNetwork) -> Trainer {
      Trainer(
        network, data: data.splits, settings: settings, stage: "train", method: TwoOptimizers())
    }
    struct Stop: Error {}
    let first = trainer(data.network())
    #expect(throws: Stop.self) {
      try first.run(onEpoch: { report in
        guard report.epoch == 2 else { return }
        try first.checkpoint(to: path)
        throw Stop()
      })
    }
    let network = data.network()
    let second = trainer(network)
    #expect(try second.restore(from: path))
    var last: Weights?
    try second.run(onEpoch: { _ in last = Weights(of: network.parameters) })
    #expect(try #require(last).isIdentical(to: plain))
  }

  /// A method of the loop itself asks for the gradients of all tasks in every step.
  private final class AllTasks: StepMethod {
    private(set) var seen: [[Int]] = []
    private let optimizer: any Optimizer = SGD(momentum: 0)

    func step(_ context: StepContext) throws -> [StepLoss] {
      let others = context.network.tasks.indices.filter { $0 != context.task }
      let losses = ([context.task] + others).flatMap { context.computeGradients(of: $0) }
      seen.append(losses.map(\.task))
      for task in others { #expect(context.batch(of: task).sentences != []) }
      try context.move(by: optimizer)
      #expect(context.network.parameters.allSatisfy { !$0.hasGradient })
      return losses
    }

    func settle() { optimizer.settle() }
    func state(of parameters: [Parameter]) -> [(name: String, values: [Float])] { [] }
    func stateLayout(of parameters: [Parameter]) -> [[StateTensor]] { [] }
    func restore(_: [Parameter], from _: (String) throws -> [Float]?) throws {}
  }

  @Test func gradientsOfAllTasksInTheLoop() throws {
    let method = AllTasks()
    let network = data.network()
    let before = Weights(of: network.parameters)
    let trainer = Trainer(
      network, data: data.splits, settings: SmallData.settings(epochs: 1), stage: "train",
      method: method)
    try trainer.run(onEpoch: { #expect($0.losses.allSatisfy { $0 > 0 }) })
    #expect(method.seen.allSatisfy { Set($0) == [0, 1] } && method.seen.count == 8)
    #expect(!Weights(of: network.parameters).isIdentical(to: before))
  }

  /// Gradients are added up until a step: those of two tasks are the sum of each.
  @Test func gradientsOfSeveralTasks() {
    let network = data.network()
    func gradients(_ tasks: [Int]) -> [String: [Float]] {
      for task in tasks { context(network, task: task).computeGradients() }
      defer { for parameter in network.parameters { parameter.clearGradient() } }
      return Dictionary(
        uniqueKeysWithValues: network.parameters.filter(\.hasGradient).map {
          ($0.name, Array($0.gradient))
        })
    }
    let (both, first, second) = (gradients([0, 1]), gradients([0]), gradients([1]))
    for (name, sum) in both {
      for i in sum.indices {
        let expected = (first[name]?[i] ?? 0) + (second[name]?[i] ?? 0)
        #expect(abs(sum[i] - expected) < 1e-5, "\(name)[\(i)]")
      }
    }
  }

  /// A parameter that is frozen while a task is active is read and does not move, and what moves
  /// it in other steps is not disturbed.
  @Test(arguments: OptimizerKind.allCases) func frozen(kind: OptimizerKind) throws {
    func moved(freezing: Bool) throws -> (Weights, Weights, [StepLoss]) {
      let network = Freezing(data.network(), isFreezing: freezing)
      let method = PlainStep(kind.make(momentum: 0.9))
      _ = try method.step(context(network, task: 1))
      method.settle()
      let before = Weights(of: network.parameters)
      let losses = try method.step(context(network, task: 0, seed: 4))
      method.settle()
      return (before, Weights(of: network.parameters), losses)
    }
    let (before, after, losses) = try moved(freezing: true)
    let (_, free, others) = try moved(freezing: false)
    #expect(losses == others)
    for entry in after.entries {
      let isSame = entry.values == before[entry.name]
      #expect(isSame == (entry.name.hasPrefix("lstm.") || entry.name.hasPrefix("heads.ner")))
      if entry.name.hasPrefix("heads.pos") { #expect(entry.values == free[entry.name]) }
    }
  }

  /// Freezes the BiLSTM for the first task.
  private final class Freezing: SharingNetwork {
    private let network: any SharingNetwork
    private let isFreezing: Bool

    init(_ network: any SharingNetwork, isFreezing: Bool) {
      self.network = network
      self.isFreezing = isFreezing
    }

    var tasks: [TaskShape] { network.tasks }
    var parameters: [Parameter] { network.parameters }
    var parts: NetworkParts { network.parts }
    func parameters(of task: Int) -> [Parameter] { network.parameters(of: task) }
    func activate(tasks: [Int]) {
      network.activate(tasks: tasks)
      for parameter in parameters where parameter.name.hasPrefix("lstm.") {
        parameter.isFrozen = isFreezing && tasks == [0]
      }
    }
    func output(of task: Int, _ batch: Batch, draws: StepDraws?, on tape: Tape) -> TaskOutput {
      network.output(of: task, batch, draws: draws, on: tape)
    }
    func head(of task: Int) -> any Head { network.head(of: task) }
  }

  /// What an architecture adds to the loss is reported by name, apart from the task's own.
  @Test func lossesHaveNames() throws {
    var settings = SharingSettings()
    settings.sluice.orthogonality = 0.1
    var shape = data.shape
    shape.hidden = 4
    let network = try Architecture.named("sluice")!.makeNetwork(
      shape, tasks: data.tasks, settings: settings, base: Architecture.named("sluice")!, seed: 1)
    let trainer = Trainer(
      network, data: data.splits, settings: SmallData.settings(epochs: 1), stage: "train")
    try trainer.run(onEpoch: { report in
      #expect(report.losses.allSatisfy { $0 > 0 })
      #expect(
        report.auxiliaryLosses.map { Array($0.keys) } == [["orthogonality"], ["orthogonality"]])
      #expect(report.auxiliaryLosses.allSatisfy { $0["orthogonality"]! > 0 })
      #expect(report.processorSeconds > 0 && report.processorSeconds < 2 * report.seconds + 0.1)
    })
  }

  /// A label that training never saw stops the training before any kernel sees it.
  @Test func unknownTrainingLabel() throws {
    let other = try SmallData(sentences: 3)
    // Looked up in the vocabulary of fewer sentences, some labels are unknown.
    let train = try TaskData(
      EncodedCorpus(data.splits[0].train.encoded.corpus, other.vocabulary), task: "pos")
    #expect(train.labels.contains(-1))
    let trainer = Trainer(
      other.network(), data: [TaskSplits(train: train, dev: other.splits[0].dev), other.splits[1]],
      settings: SmallData.settings(epochs: 1), stage: "train")
    let error = #expect(throws: Failure.self) { try trainer.run() }
    #expect(error?.kind == .badData && error?.message.contains("task pos") == true)
  }
}
