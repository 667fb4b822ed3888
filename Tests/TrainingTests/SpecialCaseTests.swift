import Basics
import Masks
import Sharing
import Tensors
import Testing
import Training

/// What sparse sharing must be exactly where it is something else as well.
@Suite struct SpecialCaseTests {
  static let optimizers = OptimizerKind.allCases

  @Test(arguments: optimizers) func allOnesIsHardSharing(optimizer: OptimizerKind) throws {
    let data = try SmallData()
    let settings = SmallData.settings(epochs: 2) { $0.optimizer = optimizer }
    let hard = try data.train(data.network(), settings)
    let network = data.network()
    let ones = network.allAlive
    let sparse = try data.train(SparseSharing(network, masks: [ones, ones]), settings)
    #expect(sparse.isIdentical(to: hard))
  }

  /// A ticket alone is the network without the pruned connections: here a plain network whose
  /// dead weights are put back to zero after every epoch of one step.
  @Test func oneTaskIsItsTicket() throws {
    let data = try SmallData()
    let settings = SmallData.settings(epochs: 6) {
      $0.batchSize = 1000
      $0.clipping = Clipping(.value, limit: 0.01)
    }
    let network = data.network([0])
    let masks = SmallData.masks(network, density: 0.4, seed: 1)
    func prune(_ network: any SharingNetwork) {
      for parameter in network.parameters {
        guard let mask = masks[parameter.name] else { continue }
        for i in 0..<parameter.count where !mask[i] { parameter.values[i] = 0 }
      }
    }
    prune(network)
    let sparse = try data.train(
      SparseSharing(network, masks: [masks], execution: .dense), tasks: [0], settings)
    let plain = data.network([0])
    prune(plain)
    let trainer = Trainer(plain, data: [data.splits[0]], settings: settings, stage: "train")
    var last: Weights?
    try trainer.run(onEpoch: { _ in
      prune(plain)
      last = Weights(of: plain.parameters)
    })
    #expect(sparse.isIdentical(to: try #require(last)))
  }

  /// How masked products are executed changes a training by rounding errors only; sparse ones do
  /// not depend on the number of threads.
  @Test(arguments: optimizers) func executions(optimizer: OptimizerKind) throws {
    let data = try SmallData()
    func train(_ execution: MaskedExecution, threads: Int = 1) throws -> Weights {
      let network = data.network()
      let masks = [1, 2].map { SmallData.masks(network, density: 0.3, seed: $0) }
      let settings = SmallData.settings(epochs: 3) {
        $0.optimizer = optimizer
        if optimizer == .adam { $0.rate = 0.01 }
        $0.threads = { threads }
      }
      return try data.train(SparseSharing(network, masks: masks, execution: execution), settings)
    }
    let dense = try train(.dense)
    let sparse = try train(.sparse)
    for (a, b) in zip(dense.entries, sparse.entries) {
      #expect(zip(a.values, b.values).allSatisfy { abs($0 - $1) < 1e-3 }, "\(a.name)")
    }
    #expect(try train(.sparse, threads: 2).isIdentical(to: sparse))
  }

  /// With masks over everything that is shared and no weight in common, the tasks cannot notice
  /// each other: each part is the network of that task alone.
  @Test(arguments: optimizers) func disjointMasksAreSeparateNetworks(
    optimizer: OptimizerKind
  ) throws {
    let data = try SmallData()
    let settings = SmallData.settings(epochs: 2) { $0.optimizer = optimizer }
    let network = data.network()
    let shared = Set(network.parameters.map(\.name).filter { !$0.hasPrefix("heads.") })
    let first = SmallData.masks(network, density: 0.5, seed: 2, only: shared)
    let second = MaskSet(
      first.entries.map {
        let all = BitMask(repeating: true, count: $0.mask.count)
        return .init(name: $0.name, shape: $0.shape, mask: all ^ $0.mask)
      })
    let together = try data.train(
      SparseSharing(network, masks: [first, second]), settings)
    for (index, masks) in [first, second].enumerated() {
      let alone = try data.train(
        SparseSharing(data.network([index]), masks: [masks]), tasks: [index], settings)
      for entry in alone.entries {
        let both = try #require(together[entry.name])
        for i in entry.values.indices where masks[entry.name]?[i] ?? true {
          #expect(both[i].bitPattern == entry.values[i].bitPattern, "\(entry.name)[\(i)]")
        }
      }
    }
  }

  /// A weight in no mask stays where it was, whatever momentum others have.
  @Test(arguments: optimizers) func deadWeightsNeverMove(optimizer: OptimizerKind) throws {
    let data = try SmallData()
    let network = data.network()
    let before = Weights(of: network.parameters)
    let masks = [1, 2].map { SmallData.masks(network, density: 0.3, seed: $0) }
    let after = try data.train(
      SparseSharing(network, masks: masks),
      SmallData.settings(epochs: 2) { $0.optimizer = optimizer })
    var dead = 0
    var moved = 0
    for entry in masks[0].entries {
      let union = entry.mask | masks[1][entry.name]!
      for i in 0..<union.count {
        let isSame = before[entry.name]![i] == after[entry.name]![i]
        if union[i] { moved += isSame ? 0 : 1 } else { dead += 1 }
        #expect(union[i] || isSame)
      }
    }
    #expect(dead > 100 && moved > 100)
  }
}
