import Basics
import Foundation
import Masks
import Runs
import Sharing
import TestSupport
import Testing
import Training

/// What a network for a new task takes over from a trained one.
@Suite struct SharedEncoderTests {
  private let scratch: Scratch
  private let path: String

  init() throws {
    scratch = try Scratch()
    path = scratch.path("weights.safetensors")
    try Weights(of: Self.network(["pos", "ner"], words: 5, seed: 1).parameters).write(to: path)
  }

  private static func network(_ tasks: [String], words: Int, seed: UInt64?) -> HardSharing {
    var shape = NetworkShape(words: words, characters: 4)
    (shape.wordDimension, shape.characterDimension, shape.characterFilters) = (3, 2, 2)
    (shape.hidden, shape.layers) = (4, 1)
    return HardSharing(shape, tasks: tasks.map { TaskShape(name: $0, classes: 2) }, seed: seed)
  }

  /// The values of `network` by name.
  private func values(_ network: any SharingNetwork) -> [String: [Float]] {
    Dictionary(uniqueKeysWithValues: network.parameters.map { ($0.name, $0.elements) })
  }

  @Test func sharedParametersAreTheRunsAndAllElseIsNew() throws {
    let (learned, fresh) = (
      Self.network(["pos", "ner"], words: 5, seed: 1), Self.network(["tone"], words: 8, seed: 2)
    )
    let network = Self.network(["tone"], words: 8, seed: 2)
    _ = try SharedEncoder(path).put(into: network, execution: .auto)
    let (old, new, found) = (values(learned), values(fresh), values(network))
    #expect(found.count == new.count && found.keys.contains("heads.tone.weight"))
    for (name, values) in found {
      guard let shared = old[name] else {
        #expect(name.hasPrefix("heads.tone") && values == new[name], "\(name)")
        continue
      }
      #expect(shared != Array(new[name]!.prefix(shared.count)) || name.contains("bias"), "\(name)")
      #expect(Array(values.prefix(shared.count)) == shared, "\(name)")
      // Words of the new task keep the vectors that they start with.
      #expect(values.dropFirst(shared.count) == new[name]!.dropFirst(shared.count), "\(name)")
      #expect(values.count == shared.count || name == "words.weight", "\(name)")
    }
  }

  @Test func frozenParametersAreTheSharedOnes() throws {
    let network = Self.network(["tone"], words: 5, seed: 2)
    let frozen = try SharedEncoder(path, isFrozen: true).put(into: network, execution: .auto)
    frozen.activate(task: 0)
    for parameter in network.parameters {
      #expect(parameter.isFrozen != parameter.name.hasPrefix("heads."), "\(parameter.name)")
    }
  }

  @Test func deadWeightsAreZeroAndStayOut() throws {
    let network = Self.network(["tone"], words: 5, seed: 2)
    let masks = MaskSet(
      network.prunable.map { parameter in
        .init(
          name: parameter.name, shape: parameter.shape,
          mask: BitMask((0..<parameter.elementCount).map { $0 % 3 == 0 }))
      })
    let ticket = ticket(masks)
    let trained = try SharedEncoder(path, ticket: ticket).put(into: network, execution: .dense)
    trained.activate(task: 0)
    let old = values(Self.network(["pos", "ner"], words: 5, seed: 1))
    for parameter in network.prunable {
      #expect(parameter.mask == masks[parameter.name])
      let expected = old[parameter.name]!.enumerated().map { $0 % 3 == 0 ? $1 : 0 }
      #expect(parameter.elements == expected, "\(parameter.name)")
    }
  }

  /// A ticket that holds word vectors says nothing of words that the run does not know.
  @Test func newWordsAreAliveInATicketOfWordVectors() throws {
    let network = Self.network(["tone"], words: 8, seed: 2)
    let trained = Self.network(["pos", "ner"], words: 5, seed: 1)
    for network in [network, trained] { network.setPrunable([.encoder, .embeddings]) }
    let masks = MaskSet(
      trained.allAlive.entries.map {
        .init(
          name: $0.name, shape: $0.shape, mask: BitMask((0..<$0.mask.count).map { $0 % 3 == 0 }))
      })
    let fresh = values(Self.network(["tone"], words: 8, seed: 2))["words.weight"]!
    _ = try SharedEncoder(path, ticket: ticket(masks)).put(into: network, execution: .dense)
    let old = values(trained)["words.weight"]!.enumerated().map { $0 % 3 == 0 ? $1 : 0 }
    #expect(values(network)["words.weight"] == old + fresh.dropFirst(old.count))
  }

  @Test func ticketsOfOtherEncodersAreRefused() throws {
    let network = Self.network(["tone"], words: 5, seed: 2)
    let foreign = ticket(
      MaskSet([
        .init(name: "lstm.pos.weight_hh_l0", shape: [2], mask: BitMask(repeating: true, count: 2))
      ]))
    let failure = failure {
      try SharedEncoder(path, ticket: foreign).put(into: network, execution: .auto)
    }
    #expect(failure?.setting == "ticket" && failure?.kind == .usage)
    let all = network.allAlive.entries
    let name = all.last!.name
    let wrong = ticket(
      MaskSet(
        all.dropLast() + [.init(name: name, shape: [2], mask: BitMask(repeating: true, count: 2))]))
    #expect(
      throws: Failure.self, "the shapes differ"
    ) { try SharedEncoder(path, ticket: wrong).put(into: network, execution: .auto) }
  }

  /// A ticket of a task that reads less of the encoder says nothing of the rest.
  @Test func ticketsOfLessThanTheTaskReadsAreRefused() throws {
    let network = Self.network(["tone"], words: 5, seed: 2)
    let less = ticket(MaskSet(network.allAlive.entries.dropLast()))
    let found = failure {
      try SharedEncoder(path, ticket: less).put(into: network, execution: .auto)
    }
    #expect(found?.kind == .usage)
    #expect(
      found?.message
        == "ticket pos: has no mask for lstm.weight_hh_l0_reverse of the encoder, which the new task "
        + "reads and 'pos' does not; name another ticket")
  }

  private func ticket(_ masks: MaskSet) -> Ticket {
    Ticket(
      task: "pos", round: 1, criterion: "magnitude", scope: "global",
      origin: [UInt8](repeating: 0, count: 32), masks: masks)
  }

  @Test func tensorsThatDoNotFitAreNamed() throws {
    // A smaller table cannot hold the run's words.
    let network = Self.network(["tone"], words: 4, seed: 2)
    let found = failure { try SharedEncoder(path).put(into: network, execution: .auto) }
    #expect(
      found?.message == "\(path): tensor words.weight has shape [5, 3], the network needs [4, 3]")
    #expect(found?.kind == .badData)
  }
}
