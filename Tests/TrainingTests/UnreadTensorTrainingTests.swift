import Masks
import Sharing
import Tensors
import Testing
import Training

/// Training under tickets of tasks that read different layers.
@Suite struct UnreadTensorTrainingTests {
  private let data: SmallData

  init() throws { data = try SmallData() }

  /// Task 0 reads layer 1, task 1 both.
  private func network() -> HardSharing {
    HardSharing(data.shape, tasks: data.tasks, depths: [1, 2], seed: 1)
  }

  private func tickets(_ network: any SharingNetwork) -> [MaskSet] {
    (0..<2).map {
      SmallData.masks(OneTask($0, of: network), density: 0.3, seed: UInt64($0) + 1)
    }
  }

  private static let steps: [StepSettings] = {
    var listwise = StepSettings()
    listwise.communication = .listwise
    return [StepSettings.Balance.weights, .sum, .pcgrad].map { balance in
      var settings = StepSettings()
      settings.balance = balance
      return settings
    } + [listwise]
  }()

  private func settings(_ steps: StepSettings, _ optimizer: OptimizerKind = .sgd)
    -> TrainingSettings
  {
    SmallData.settings(epochs: 2) {
      $0.steps = steps
      $0.optimizer = optimizer
      $0.rate = optimizer == .sgd ? 0.05 : 0.003
    }
  }

  /// A missing tensor is one whose mask is all dead.
  @Test(arguments: steps, [MaskedExecution.dense, .sparse])
  func missingIsAllDead(steps: StepSettings, execution: MaskedExecution) throws {
    func train(_ masks: (MaskSet, HardSharing) -> MaskSet) throws -> Weights {
      let network = network()
      let tickets = tickets(network)
      return try data.train(
        SparseSharing(
          network, masks: [masks(tickets[0], network), tickets[1]], execution: execution),
        settings(steps))
    }
    let missing = try train { masks, _ in masks }
    let dead = try train { masks, network in
      MaskSet(
        network.allAlive.entries.map { entry in
          let none = BitMask(repeating: false, count: entry.mask.count)
          return .init(name: entry.name, shape: entry.shape, mask: masks[entry.name] ?? none)
        })
    }
    #expect(missing.isIdentical(to: dead))
    #expect(try !missing.isIdentical(to: data.train(network(), settings(steps))))
  }

  /// Tickets without a weight in common are trained as if each were alone.
  @Test(arguments: OptimizerKind.allCases, [MaskedExecution.dense, .sparse])
  func disjointTicketsAreSeparateNetworks(
    optimizer: OptimizerKind, execution: MaskedExecution
  ) throws {
    let base = network()
    let shared = Set(base.shared.map(\.name))
    let first = SmallData.masks(OneTask(0, of: base), density: 0.5, seed: 2, only: shared)
    let upper = SmallData.masks(OneTask(1, of: base), density: 0.5, seed: 3)
    let second = MaskSet(
      first.entries.map {
        let all = BitMask(repeating: true, count: $0.mask.count)
        return .init(name: $0.name, shape: $0.shape, mask: all ^ $0.mask)
      } + upper.entries.filter { first[$0.name] == nil })
    #expect(first.entries.count < second.entries.count)
    let settings = settings(StepSettings(), optimizer)
    let together = try data.train(
      SparseSharing(base, masks: [first, second], execution: execution), settings)
    for (index, masks) in [first, second].enumerated() {
      let alone = try data.train(
        SparseSharing(OneTask(index, of: network()), masks: [masks], execution: execution),
        tasks: [index], settings)
      for entry in alone.entries {
        let both = try #require(together[entry.name])
        for i in entry.values.indices where masks[entry.name]?[i] ?? true {
          #expect(both[i].bitPattern == entry.values[i].bitPattern, "\(entry.name)[\(i)]")
        }
      }
    }
  }

  /// Of a layer that one task reads only its ticket's weights move, also in steps of all tasks.
  @Test(arguments: steps, OptimizerKind.allCases)
  func deadWeightsNeverMove(steps: StepSettings, optimizer: OptimizerKind) throws {
    let network = network()
    let tickets = tickets(network)
    let before = Weights(of: network.parameters)
    let after = try data.train(
      SparseSharing(network, masks: tickets), settings(steps, optimizer))
    for entry in tickets[1].entries where tickets[0][entry.name] == nil {
      var moved = 0
      for i in 0..<entry.mask.count {
        let isSame = before[entry.name]![i].bitPattern == after[entry.name]![i].bitPattern
        #expect(entry.mask[i] || isSame, "\(entry.name)[\(i)]")
        if !isSame { moved += 1 }
      }
      #expect(moved > entry.mask.aliveCount / 2, "\(entry.name)")
    }
  }
}
