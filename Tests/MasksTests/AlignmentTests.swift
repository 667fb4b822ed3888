import Basics
import Foundation
import Masks
import Testing

/// Tickets of one θ⁰ whose tasks read different tensors.
@Suite struct AlignmentTests {
  private static let shapes: [String: [Int]] = [
    "conv.weight": [7, 3, 3], "lstm.module2.weight_ih_l0": [20, 3],
    "lstm.module2.weight_hh_l0": [20, 5], "lstm.module10.weight_ih_l0": [12, 7],
    "lstm.module1.weight_ih_l0_reverse": [8, 9],
  ]
  private static let reads = [
    "pos": ["lstm.module2.weight_ih_l0", "lstm.module2.weight_hh_l0", "conv.weight"],
    "ner": ["conv.weight", "lstm.module10.weight_ih_l0", "lstm.module2.weight_ih_l0"],
    "topic": ["lstm.module1.weight_ih_l0_reverse"],
  ]

  private func tickets(_ tasks: [String]) -> [(name: String, ticket: Ticket)] {
    tasks.map { task in
      var stream = RandomStream(seed: 8, "alignment", task)
      let layout = Self.reads[task]!.map { (name: $0, shape: Self.shapes[$0]!) }
      return (task, ticket(randomMasks(layout, &stream) { _ in 0.4 }, task: task))
    }
  }

  /// Every alive weight as its tensor's name and its index.
  private func alive(_ masks: MaskSet, _ isIn: (String) -> Bool = { _ in true }) -> Set<[String]> {
    Set(
      masks.entries.filter { isIn($0.name) }.flatMap { entry in
        entry.mask.aliveIndices.map { [entry.name, "\($0)"] }
      })
  }

  @Test(arguments: [["pos", "ner"], ["pos", "ner", "topic"], ["topic", "ner"], ["ner", "pos"]])
  func countsAreThoseOfSetsOfWeights(tasks: [String]) throws {
    let tickets = tickets(tasks)
    let overlap = try Overlap(of: tickets)
    let names = Set(tasks.flatMap { Self.reads[$0]! })
    func size(_ names: some Sequence<String>) -> Int {
      names.reduce(0) { $0 + Self.shapes[$1]!.reduce(1, *) }
    }
    #expect(overlap.prunable == size(names))
    for (name, ticket) in tickets {
      let count = alive(ticket.masks).count
      #expect(overlap.alive[name] == count)
      #expect(overlap.density[name] == Double(count) / Double(size(Self.reads[name]!)))
    }
    func check(
      _ intersection: Int, _ union: Int, _ ratio: Double?, _ pairs: [Overlap.Pair],
      _ isIn: (String) -> Bool
    ) {
      let sets = tickets.map { alive($0.ticket.masks, isIn) }
      let every = sets.dropFirst().reduce(sets[0]) { $0.intersection($1) }
      let any = sets.dropFirst().reduce(sets[0]) { $0.union($1) }
      #expect(intersection == every.count && union == any.count)
      #expect(ratio == Double(every.count) / Double(any.count))
      for pair in pairs {
        let (a, b) = (
          sets[tasks.firstIndex(of: pair.tasks[0])!], sets[tasks.firstIndex(of: pair.tasks[1])!]
        )
        #expect(pair.intersection == a.intersection(b).count && pair.union == a.union(b).count)
      }
    }
    check(
      overlap.overlap.intersection, overlap.union, overlap.overlap.all, overlap.overlap.pairs
    ) { _ in true }
    #expect(Set(overlap.tensors.map(\.name)) == names)
    for part in overlap.tensors {
      check(part.intersection, part.union, part.ratio, part.pairs) { $0 == part.name }
      #expect(part.prunable == size([part.name]))
    }
    for part in overlap.groups where part.group == "module" {
      check(part.intersection, part.union, part.ratio, part.pairs) {
        $0.hasPrefix(part.name + ".")
      }
    }
    #expect(try MaskSet.union(of: tickets.map(\.ticket.masks)).aliveCount == overlap.union)
  }

  /// Modules stand in the order of their numbers, whoever reads them first; tickets of one layout
  /// keep theirs.
  @Test func tensorsAreInOrder() throws {
    #expect(
      try Overlap(of: tickets(["pos", "ner", "topic"])).tensors.map(\.name) == [
        "conv.weight", "lstm.module1.weight_ih_l0_reverse", "lstm.module2.weight_ih_l0",
        "lstm.module2.weight_hh_l0", "lstm.module10.weight_ih_l0",
      ])
    #expect(try Overlap(of: tickets(["pos"])).tensors.map(\.name) == Self.reads["pos"])
  }

  @Test func csvCountsWhatATaskDoesNotReadAsDead() throws {
    let tickets = tickets(["ner", "topic"])
    let lines = try Overlap(of: tickets).csv.components(separatedBy: "\r\n")
    let count = alive(tickets[1].ticket.masks).count
    let tensor = "tensor,lstm.module1.weight_ih_l0_reverse"
    #expect(lines.contains("\(tensor),ner,,0,0,72,,,,,,,"))
    #expect(lines.contains("\(tensor),ner topic,0.0,0,\(count),72,,,,,,0.0,"))
  }

  @Test func aTensorHasOneShape() throws {
    let tickets = tickets(["pos", "topic"])
    let other = MaskSet([
      .init(
        name: "lstm.module1.weight_ih_l0_reverse", shape: [9, 8],
        mask: BitMask(repeating: true, count: 72))
    ])
    let found = failure { _ = try Overlap(of: tickets + [("x", ticket(other))]) }
    #expect(found?.kind == .badData)
    #expect(
      found?.message == "overlap: tickets 'topic' and 'x' belong to different networks: tensor "
        + "'lstm.module1.weight_ih_l0_reverse' is [8, 9] against [9, 8]")
    let union = failure { _ = try MaskSet.union(of: tickets.map(\.ticket.masks) + [other]) }
    #expect(union?.kind == .badData && union?.message.contains("[8, 9] against [9, 8]") == true)
  }

  /// Of other weights a missing tensor does not say that the task does not read it.
  @Test(arguments: [true, false]) func otherWeightsNeedTheSameTensors(sameOrigin: Bool) throws {
    let (pos, ner) = (tickets(["pos"])[0], tickets(["ner"])[0])
    let foreign = ("ner", ticket(ner.ticket.masks, origin: 9))
    let found = failure { _ = try Overlap(of: [pos, foreign], sameOrigin: sameOrigin) }
    #expect(found?.kind == .badData)
    #expect(
      found?.message.hasPrefix(
        "overlap: tickets 'pos' and 'ner' belong to different networks: tensor ") == true)
  }
}
