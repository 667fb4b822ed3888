import Layers
import Masks
import Sharing
import Tensors
import Testing

/// Subnets of tasks that read different tensors: what a task does not read is dead for it.
@Suite struct UnreadTensorTests {
  private static let upper = "lstm.weight_hh_l1"
  private static let lower = "lstm.weight_ih_l0"
  private let network: any SharingNetwork
  private let masks: [MaskSet]

  /// Task 0 reads layer 1, task 1 both.
  init() throws {
    let network = try Self.network()
    self.network = network
    masks = (0..<2).map { Small.masks(OneTask($0, of: network), density: 0.2, "task \($0)") }
    #expect(masks[0][Self.upper] == nil && masks[0][Self.lower] != nil)
    #expect(masks[1].prunableCount == network.allAlive.prunableCount)
  }

  private static func network() throws -> any SharingNetwork {
    try Small.network("hierarchical", Small.shape(layers: 2, isFull: false), Small.tasks(2))
  }

  private func mask(_ task: Int, _ name: String) -> BitMask { masks[task][name]! }

  @Test func activation() throws {
    let sparse = try SparseSharing(network, masks: masks)
    let (upper, lower) = (network.parameter(Self.upper), network.parameter(Self.lower))
    sparse.activate(task: 0)
    #expect(lower.mask == mask(0, Self.lower) && upper.mask?.aliveCount == 0)
    sparse.activate(task: 1)
    #expect(lower.mask == mask(1, Self.lower) && upper.mask == mask(1, Self.upper))
    sparse.activate(tasks: [0, 1])
    #expect(lower.mask == mask(0, Self.lower) | mask(1, Self.lower))
    #expect(upper.mask == mask(1, Self.upper))
  }

  /// What the tasks that read a tensor make of it decides how it is stored.
  @Test func storage() throws {
    let (upper, lower) = (network.parameter(Self.upper), network.parameter(Self.lower))
    let both = mask(0, Self.lower) | mask(1, Self.lower)
    for (execution, isSparse) in [(MaskedExecution.sparse, true), (.auto, true), (.dense, false)] {
      _ = try SparseSharing(network, masks: masks, execution: execution)
      #expect(upper.stored == (isSparse ? mask(1, Self.upper) : nil), "\(execution)")
      #expect(lower.stored == (isSparse ? both : nil), "\(execution)")
    }
  }

  /// A tensor that a task reads without a mask stays whole, one that it does not read stays dead.
  @Test func tensorsWithoutMasks() throws {
    func without(_ set: MaskSet, _ name: String) -> MaskSet {
      MaskSet(set.entries.filter { $0.name != name })
    }
    let (upper, lower) = (network.parameter(Self.upper), network.parameter(Self.lower))
    let first = try SparseSharing(
      network, masks: [without(masks[0], Self.lower), masks[1]], execution: .sparse)
    #expect(lower.stored == nil && upper.stored == mask(1, Self.upper))
    first.activate(tasks: [0, 1])
    #expect(lower.mask == nil && upper.mask == mask(1, Self.upper))
    let fresh = try Self.network()
    let whole = fresh.parameter(Self.upper)
    let second = try SparseSharing(
      fresh, masks: [masks[0], without(masks[1], Self.upper)], execution: .sparse)
    second.activate(tasks: [0, 1])
    #expect(whole.stored == nil && whole.mask == nil)
  }

  /// Bits for a tensor that the task does not read count as none.
  @Test func bitsForWhatIsNotReadDoNotCount() throws {
    let sparse = try SparseSharing(
      network, masks: [network.allAlive, masks[1]], execution: .sparse)
    let upper = network.parameter(Self.upper)
    #expect(upper.stored == mask(1, Self.upper))
    sparse.activate(tasks: [0, 1])
    #expect(upper.mask == mask(1, Self.upper))
  }

  /// Each task computes what the network without the pruned connections does.
  @Test func scoresAreThoseOfTheTicketAlone() throws {
    let sparse = try SparseSharing(network, masks: masks, execution: .dense)
    for task in 0..<2 {
      let plain = try Self.network()
      for parameter in plain.parameters(of: task) {
        guard let mask = masks[task][parameter.name] else { continue }
        for i in 0..<parameter.count where !mask[i] { parameter.values[i] = 0 }
      }
      let (a, b) = (Step(sparse, task), Step(plain, task))
      #expect(a.scores == b.scores && a.objective == b.objective)
    }
  }
}
