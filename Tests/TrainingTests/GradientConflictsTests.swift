import Basics
import Masks
import Sharing
import Tensors
import Testing
import Training

/// Cosines of tasks' gradients by part of the network and region of tickets.
@Suite struct GradientConflictsTests {
  private let data: SmallData

  init() throws { data = try SmallData() }

  private func conflicts(
    _ network: any SharingNetwork, batches: Int = 3, tickets: [MaskSet]? = nil
  ) throws -> GradientConflicts {
    try GradientConflicts.measure(
      network, data.splits.map(\.train), batches: batches, size: 40, seed: 1, tickets: tickets)
  }

  private func value(
    _ found: GradientConflicts, _ group: String, _ name: String,
    _ region: GradientConflicts.Region = .all, _ first: Int = 0, _ second: Int = 1
  ) throws -> [Double?] {
    try #require(
      found.cosines.first {
        $0.part == .init(group, name) && $0.region == region && $0.first == first
          && $0.second == second
      }
    ).values
  }

  /// With one batch that holds everything the cosines are those of the whole gradients, computed
  /// here number by number.
  @Test func cosinesByHand() throws {
    let network = data.network()
    let found = try conflicts(network)
    func gradient(_ task: Int) -> [String: [Double]] {
      var stream = RandomStream(seed: 9, "other")
      let batch = data.splits[task].train.batches(size: 40, stream: &stream)[0]
      StepContext(
        network, task: task, batch: batch, rate: 0, clipping: Clipping(.norm, limit: 0), draws: nil
      ).computeGradients()
      defer { for parameter in network.parameters { parameter.clearGradient() } }
      return Dictionary(
        uniqueKeysWithValues: network.shared.map { ($0.name, $0.gradient.map { Double($0) }) })
    }
    func cosine(_ a: [Double], _ b: [Double]) -> Double {
      func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
      return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
    }
    let (pos, ner) = (gradient(0), gradient(1))
    for name in ["words.weight", "lstm.weight_ih_l0", "conv.bias"] {
      let expected = cosine(pos[name]!, ner[name]!)
      for own in try value(found, "tensor", name) {
        #expect(abs(try #require(own) - expected) < 1e-4, "\(name)")
      }
    }
    let names = network.shared.map(\.name)
    let whole = cosine(names.flatMap { pos[$0]! }, names.flatMap { ner[$0]! })
    #expect(abs(try #require(value(found, "all", "all")[0]) - whole) < 1e-4)
    // The forget gate is the second quarter of the rows of all weight matrices of its kind.
    let gates = names.filter { $0.hasPrefix("lstm.weight") }
    func forget(_ task: [String: [Double]]) -> [Double] {
      gates.flatMap { name in
        let all = task[name]!
        return all[all.count / 4..<all.count / 2]
      }
    }
    let gate = try #require(value(found, "gate", "f")[0])
    #expect(abs(gate - cosine(forget(pos), forget(ner))) < 1e-4)
    // Another batch of everything is the same.
    for task in 0...1 {
      for own in try value(found, "all", "all", .all, task, task) {
        #expect(try #require(own) > 0.999)
      }
    }
  }

  /// Tickets divide the weights: of whole ones nothing is outside, of disjoint ones nothing inside.
  @Test func regions() throws {
    let network = data.network()
    let plain = try conflicts(network)
    let all = try conflicts(network, tickets: [network.allAlive, network.allAlive])
    #expect(
      try value(all, "tensor", "lstm.weight_hh_l0", .inside)
        == value(plain, "tensor", "lstm.weight_hh_l0"))
    #expect(try value(all, "tensor", "lstm.weight_hh_l0", .outside) == [nil, nil, nil])
    func masks(_ isAlive: (Int) -> Bool) -> MaskSet {
      MaskSet(
        network.allAlive.entries.map { entry in
          .init(
            name: entry.name, shape: entry.shape,
            mask: BitMask((0..<entry.mask.count).map(isAlive)))
        })
    }
    let disjoint = try conflicts(
      network, tickets: [masks { $0 % 2 == 0 }, masks { $0 % 2 == 1 }])
    #expect(try value(disjoint, "tensor", "lstm.weight_hh_l0", .inside) == [nil, nil, nil])
    #expect(
      try value(disjoint, "tensor", "lstm.weight_hh_l0", .outside)
        == value(plain, "tensor", "lstm.weight_hh_l0"))
    // What is outside a ticket has a gradient too.
    let half = masks { $0 % 3 > 0 }
    let sparse = try SparseSharing(network, masks: [half, half], execution: .dense)
    let outside = try conflicts(sparse, tickets: [half, half])
    #expect(try value(outside, "tensor", "lstm.weight_ih_l0", .outside)[0] != nil)
    #expect(network.parameters.allSatisfy { !$0.hasGradient })
  }
}
