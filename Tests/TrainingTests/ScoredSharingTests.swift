import Basics
import Foundation
import Masks
import Sharing
import Tensors
import Testing
import Training

/// Scores beside weights: what they must leave as it is.
@Suite struct ScoredSharingTests {
  private func subnet(
    _ data: SmallData, density: Float = 0.3, _ execution: MaskedExecution
  ) throws -> (network: any SharingNetwork, subnet: SparseSharing) {
    let network = data.network([1])
    let masks = SmallData.masks(network, density: density, seed: 1)
    for parameter in network.prunable {
      let mask = masks[parameter.name]!
      for i in 0..<parameter.count where !mask[i] { parameter.values[i] = 0 }
    }
    return (network, try SparseSharing(network, masks: [masks], execution: execution))
  }

  private func settings(_ optimizer: OptimizerKind) -> TrainingSettings {
    SmallData.settings(epochs: 2) {
      $0.optimizer = optimizer
      if optimizer == .adam { $0.rate = 0.01 }
      $0.clipping = Clipping(.norm, limit: 0.5)
    }
  }

  /// Movement is looked at, not acted upon.
  @Test(arguments: OptimizerKind.allCases, MaskedExecution.allCases)
  func movementLeavesTrainingAsItIs(
    optimizer: OptimizerKind, execution: MaskedExecution
  ) throws {
    let data = try SmallData()
    let plain = try data.train(subnet(data, execution).subnet, tasks: [1], settings(optimizer))
    let scored = ScoredSharing(try subnet(data, execution).subnet)
    let all = try data.train(scored, tasks: [1], settings(optimizer))
    #expect(all.entries.count > plain.entries.count)
    for entry in plain.entries {
      #expect(all[entry.name]!.map(\.bitPattern) == entry.values.map(\.bitPattern), "\(entry.name)")
    }
    for (_, score) in scored.scored { #expect(score.elements.contains { $0 != 0 }) }
  }

  /// Where only alive weights are stored, they have the movement that they have among all.
  @Test func movementOfStoredWeights() throws {
    let data = try SmallData()
    func scores(_ execution: MaskedExecution) throws -> [[Float]] {
      let (network, subnet) = try subnet(data, execution)
      #expect(network.prunable.contains { $0.stored != nil } == (execution == .sparse))
      let scored = ScoredSharing(subnet)
      for (weight, score) in scored.scored { #expect(score.stored == weight.stored) }
      try data.train(scored, tasks: [1], settings(.sgd))
      return scored.scored.map(\.score.elements)
    }
    let (dense, sparse) = (try scores(.dense), try scores(.sparse))
    let largest = dense.joined().map(\.magnitude).max()!
    #expect(largest > 0)
    for (a, b) in zip(dense.joined(), sparse.joined()) {
      #expect(abs(a - b) < 1e-4 * largest)
    }
  }

  /// Learned scores move; the weights that they stand for do not, others do.
  @Test(arguments: OptimizerKind.allCases) func learnedScoresLeaveWeights(
    optimizer: OptimizerKind
  ) throws {
    let data = try SmallData()
    let network = data.network([1])
    let before = Weights(of: network.parameters)
    let scored = try ScoredSharing(network) { scores in
      scores.map { scores in
        let median = scores.sorted()[scores.count / 2]
        return BitMask(scores.map { $0 > median })
      }
    }
    let start = scored.scored.map(\.score.elements)
    try data.train(scored, tasks: [1], settings(optimizer))
    for parameter in network.parameters where parameter.isPrunable {
      #expect(
        parameter.elements.map(\.bitPattern) == before[parameter.name]!.map(\.bitPattern))
    }
    #expect(zip(scored.scored, start).allSatisfy { $0.score.elements != $1 })
    #expect(
      network.parameters.filter { !$0.isPrunable }
        .allSatisfy { $0.elements != before[$0.name]! })
  }

  /// A loop with scores that is restored from a checkpoint goes on with the same bits.
  @Test(arguments: [false, true], OptimizerKind.allCases) func resumesExactly(
    isLearned: Bool, optimizer: OptimizerKind
  ) throws {
    let data = try SmallData()
    let settings = SmallData.settings(epochs: 4) {
      $0.optimizer = optimizer
      if optimizer == .adam { $0.rate = 0.01 }
    }
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("tickets-\(UUID().uuidString)").path
    defer { unlink(path) }
    func network() throws -> ScoredSharing {
      guard isLearned else { return ScoredSharing(try subnet(data, .sparse).subnet) }
      return try ScoredSharing(data.network([1])) { scores in
        scores.map { scores in
          let threshold = scores.sorted()[scores.count / 3]
          return BitMask(scores.map { $0 > threshold })
        }
      }
    }
    func trainer(_ network: any SharingNetwork) -> Trainer {
      Trainer(network, data: [data.splits[1]], settings: settings, stage: "prune")
    }
    let whole = try network()
    try trainer(whole).run()
    struct Stop: Error {}
    let first = trainer(try network())
    #expect(throws: Stop.self) {
      try first.run(onEpoch: { report in
        guard report.epoch == 2 else { return }
        try first.checkpoint(to: path)
        throw Stop()
      })
    }
    let resumed = try network()
    let second = trainer(resumed)
    #expect(try second.restore(from: path))
    try second.run()
    #expect(Weights(of: resumed.parameters).isIdentical(to: Weights(of: whole.parameters)))
  }
}
