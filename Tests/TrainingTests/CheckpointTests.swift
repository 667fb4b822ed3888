import Basics
import Foundation
import Sharing
import Testing
import Training

/// A checkpoint comes from whoever sent the run: it is checked whole before any of it is used.
@Suite final class CheckpointTests {
  private let data: SmallData
  private let path = FileManager.default.temporaryDirectory
    .appendingPathComponent("tickets-\(UUID().uuidString)").path

  init() throws { data = try SmallData() }

  deinit { unlink(path) }

  private func settings(_ optimizer: OptimizerKind, joint: Bool = false) -> TrainingSettings {
    SmallData.settings(epochs: 4) {
      $0.optimizer = optimizer
      $0.rate = 0.01
      if joint { $0.steps.balance = .uncertainty }
    }
  }

  private func trainer(_ settings: TrainingSettings) -> (Trainer, HardSharing) {
    let network = data.network()
    return (Trainer(network, data: data.splits, settings: settings, stage: "train"), network)
  }

  /// Writes the checkpoint after epoch 2.
  private func write(_ settings: TrainingSettings) throws {
    struct Stop: Error {}
    let (trainer, _) = trainer(settings)
    #expect(throws: Stop.self) {
      try trainer.run(onEpoch: { report in
        guard report.epoch == 2 else { return }
        try trainer.checkpoint(to: path)
        throw Stop()
      })
    }
  }

  /// Writes `file` with other metadata and tensors.
  private func rewrite(
    _ file: SafeTensors, metadata: [String: String?] = [:],
    tensors change: (inout [String: [Float]]) -> Void = { _ in }
  ) throws {
    var values: [String: [Float]] = [:]
    for tensor in file.tensors { values[tensor.name] = try file.floats(tensor.name) }
    change(&values)
    try SafeTensors.write(
      values.sorted { $0.key < $1.key }.map { name, floats in
        let shape = file.entry(name)?.shape ?? []
        let fits = shape.reduce(1, *) == floats.count
        return SafeTensors.Tensor(name, shape: fits ? shape : [floats.count], floats: floats)
      },
      metadata: file.metadata.merging(metadata.mapValues { $0 ?? "" }) { $1 }
        .filter { metadata[$0.key] != .some(nil) }, to: path)
  }

  /// Expects that the file is refused for `reason`, and that nothing has changed.
  private func expectRefusal(_ settings: TrainingSettings, _ reason: String) throws {
    let (trainer, network) = trainer(settings)
    let before = Weights(of: network.parameters)
    let failure = #expect(throws: Failure.self) { try trainer.restore(from: path) }
    let message = failure?.message ?? ""
    #expect(failure?.kind == .badData && message.hasPrefix(path), "\(message)")
    #expect(message.contains(reason), "\(message)")
    #expect(message.hasSuffix("; remove it to start this stage again"), "\(message)")
    #expect(trainer.epoch == 0 && trainer.bestEpoch == 0 && trainer.bestScores.isEmpty)
    #expect(Weights(of: network.parameters).isIdentical(to: before))
  }

  @Test func whereItStandsMustBePossible() throws {
    let settings = settings(.sgd)
    try write(settings)
    let file = try SafeTensors(contentsOf: path)
    let scores = try #require(file.metadata["best scores"]).split(separator: " ").map(String.init)
    #expect(scores.count == 2)
    func bits(_ number: Double) -> String { "\(scores[0]) \(number.bitPattern)" }
    let cases: [(key: String, value: String?, reason: String)] = [
      ("epoch", "-1", "its 'epoch' is '-1', not from 0 to 4"),
      ("epoch", "5", "its 'epoch' is '5'"), ("epoch", "9223372036854775807", "its 'epoch' is"),
      ("epoch", "two", "its 'epoch' is 'two'"), ("epoch", nil, "does not say its 'epoch'"),
      ("best epoch", "3", "its 'best epoch' is '3', not from 1 to 2"),
      ("best epoch", "0", "its 'best epoch'"), ("best epoch", "-1", "its 'best epoch'"),
      ("best scores", nil, "'best scores'"), ("best scores", scores[0], "'best scores'"),
      ("best scores", scores[0] + " x", "'best scores'"),
      ("best scores", bits(.nan), "'best scores'"),
      ("best scores", bits(.infinity), "'best scores'"),
      ("best scores", bits(1.5), "'best scores'"),
    ]
    for (key, value, reason) in cases {
      try rewrite(file, metadata: [key: value])
      try expectRefusal(settings, reason)
    }
    try rewrite(file)
    #expect(try trainer(settings).0.restore(from: path))
  }

  /// A flipped bit in its name would make it another stage's, which is passed over.
  @Test func theStageItSaysIsCoveredByTheDigest() throws {
    try write(settings(.sgd))
    var bytes = try Files.read(path)
    let name = try #require(bytes.firstRange(of: Data("\"train\"".utf8)))
    bytes[name.lowerBound + 1] ^= 1
    try Files.writeAtomically(bytes, to: path)
    let (trainer, _) = trainer(settings(.sgd))
    let refused = #expect(throws: Failure.self) { try trainer.restore(from: path) }
    #expect(refused?.kind == .badData)
    #expect(refused?.message.contains("is damaged or was changed") == true)
  }

  @Test func weightsMustFitAndBeNumbers() throws {
    let settings = settings(.sgd)
    try write(settings)
    let file = try SafeTensors(contentsOf: path)
    for name in ["now.heads.pos.bias", "best.lstm.weight_hh_l0"] {
      try rewrite(file) { $0[name]!.removeLast() }
      try expectRefusal(settings, "tensor \(name) has shape")
      try rewrite(file) { $0[name] = nil }
      try expectRefusal(settings, "has no tensor \(name)")
      for bad in [Float.nan, .infinity, -.infinity] {
        try rewrite(file) { $0[name]![1] = bad }
        try expectRefusal(settings, "tensor \(name) is damaged: it has the value \(bad)")
      }
    }
    try rewrite(file) { $0["now.heads.other.bias"] = [1] }
    try expectRefusal(settings, "tensor now.heads.other.bias is of another network or method")
  }

  @Test(arguments: OptimizerKind.allCases, [false, true])
  func whatTheMethodKeepsMustFitAndBeNumbers(optimizer: OptimizerKind, joint: Bool) throws {
    let settings = settings(optimizer, joint: joint)
    try write(settings)
    let file = try SafeTensors(contentsOf: path)
    let names = file.tensors.map(\.name).filter { $0.hasPrefix("optimizer.") }
    #expect(names.contains { $0.contains("balance.log-variances") } == joint)
    // One tensor of each kind.
    let kinds = Dictionary(grouping: names) { $0.split(separator: ".")[1] }.mapValues { $0.last! }
    for name in kinds.values {
      try rewrite(file) { $0[name]!.removeLast() }
      try expectRefusal(settings, "tensor \(name) has ")
      for bad in [Float.nan, .infinity] {
        try rewrite(file) { $0[name]![0] = bad }
        try expectRefusal(settings, "tensor \(name) has the value \(bad), which cannot be")
      }
      guard optimizer != .sgd, !name.contains("balance") || name.contains("steps") else { continue }
      if !name.contains(".balance") {
        try rewrite(file) { $0[name] = nil }
        try expectRefusal(settings, "tensor \(name) is missing")
      }
      guard !name.contains(".first.") else { continue }
      try rewrite(file) { $0[name]![0] = -1 }
      try expectRefusal(settings, "has the value -1.0")
    }
    guard let steps = kinds["steps"] else { return }
    for bad in [4e9, 0.5, 16_777_218] as [Float] {
      try rewrite(file) { $0[steps]![0] = bad }
      try expectRefusal(settings, "tensor \(steps) has the value \(bad)")
    }
  }

  /// The state that a training takes over from another is as much a stranger's.
  @Test func stateOfAnotherTrainingMustFit() throws {
    let settings = settings(.adam)
    let (first, _) = trainer(settings)
    try first.run()
    try first.writeMethodState(to: path)
    let file = try SafeTensors(contentsOf: path)
    try rewrite(file) { $0["optimizer.steps.heads.ner.bias"]![0] = 4e9 }
    let (second, _) = trainer(settings)
    #expect(throws: Failure.self) {
      try second.takeMethodState(from: SafeTensors(contentsOf: path))
    }
  }

  /// The last step of a training can make weights infinite without a loss that says so.
  @Test func weightsThatAreNoNumbersAreNotKept() throws {
    let network = data.network([0])
    let settings = SmallData.settings(epochs: 1) {
      $0.rate = .infinity
      $0.batchSize = 1000
    }
    let trainer = Trainer(network, data: [data.splits[0]], settings: settings, stage: "train")
    let failure = #expect(throws: Failure.self) { try trainer.run() }
    #expect(failure?.kind == .badData)
    #expect(failure?.message.hasPrefix("training diverged: weights of ") == true)
  }
}
