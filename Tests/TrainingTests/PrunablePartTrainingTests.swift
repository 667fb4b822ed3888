import Masks
import Sharing
import Tensors
import Testing
import Training

/// Training under tickets that hold word vectors and heads.
@Suite struct PrunablePartTrainingTests {
  private let data: SmallData

  init() throws { data = try SmallData(head: .crf) }

  private static let scopes: [Set<PrunablePart>] = [
    [.embeddings], [.encoder, .heads], Set(PrunablePart.allCases),
  ]

  private static let balances: [StepSettings.Balance] = [.weights, .sum, .pcgrad]

  private func network(_ scope: Set<PrunablePart>) -> HardSharing {
    let network = data.network()
    network.setPrunable(scope)
    return network
  }

  private func settings(
    _ optimizer: OptimizerKind, _ balance: StepSettings.Balance, epochs: Int = 2
  ) -> TrainingSettings {
    SmallData.settings(epochs: epochs) {
      $0.optimizer = optimizer
      $0.steps.balance = balance
      $0.rate = optimizer == .adam ? 0.003 : optimizer == .sgd ? 0.05 : 1
    }
  }

  /// Tickets that keep everything are hard sharing, whatever can be pruned.
  @Test(arguments: scopes, OptimizerKind.allCases)
  func allOnesIsHardSharing(scope: Set<PrunablePart>, optimizer: OptimizerKind) throws {
    for balance in Self.balances {
      let settings = settings(optimizer, balance)
      let network = network(scope)
      let whole = network.tasks.indices.map { OneTask($0, of: network).allAlive }
      let sparse = try data.train(SparseSharing(network, masks: whole), settings)
      #expect(try sparse.isIdentical(to: data.train(data.network(), settings)), "\(balance)")
    }
  }

  /// Weights in no ticket stay what they are, also tables' rows that no step reads; alive ones move.
  @Test(arguments: scopes, OptimizerKind.allCases)
  func deadWeightsNeverMove(scope: Set<PrunablePart>, optimizer: OptimizerKind) throws {
    for balance in Self.balances {
      let network = network(scope)
      let tickets = network.tasks.indices.map {
        SmallData.masks(OneTask($0, of: network), density: 0.4, seed: UInt64($0) + 1)
      }
      let union = try MaskSet.union(of: tickets)
      for entry in union.entries {
        let parameter = try #require(network.parameters.first { $0.name == entry.name })
        for i in 0..<parameter.count where !entry.mask[i] { parameter.values[i] = 0 }
      }
      let before = Weights(of: network.parameters)
      let after = try data.train(
        SparseSharing(network, masks: tickets), settings(optimizer, balance))
      for entry in union.entries {
        let (old, new) = (before[entry.name]!, after[entry.name]!)
        let dead = entry.mask.count - entry.mask.aliveCount
        let zeros = new.indices.count { !entry.mask[$0] && new[$0].bitPattern == 0 }
        #expect(zeros == dead && dead > 0, "\(entry.name)")
        let moved = new.indices.count { new[$0] != old[$0] }
        #expect(moved > entry.mask.aliveCount / 3, "\(entry.name), \(moved)")
      }
    }
  }

  /// A table with one dead weight, of a word that is never read, is trained as one without: in full
  /// at every step instead of row by row, which rounds differently and is the same rule.
  @Test(arguments: OptimizerKind.allCases, balances)
  func maskedTablesFollowTheSameRule(
    optimizer: OptimizerKind, balance: StepSettings.Balance
  ) throws {
    var shape = data.shape
    shape.words += 1
    func network() -> HardSharing {
      let network = HardSharing(shape, tasks: data.tasks, seed: 1)
      network.setPrunable([.embeddings])
      return network
    }
    let masked = network()
    var mask = masked.allAlive.entries[0].mask
    mask[mask.count - 1] = false
    let ticket = MaskSet([.init(name: "words.weight", shape: masked.prunable[0].shape, mask: mask)])
    let settings = settings(optimizer, balance)
    let a = try data.train(SparseSharing(masked, masks: [ticket, ticket]), settings)
    let b = try data.train(network(), settings)
    for (own, plain) in zip(a.entries, b.entries) {
      for (x, y) in zip(own.values, plain.values) {
        #expect(abs(x - y) <= 2e-4 * max(1, abs(y)), "\(own.name): \(x), \(y)")
      }
    }
  }
}
