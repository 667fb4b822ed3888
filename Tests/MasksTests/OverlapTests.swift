import Basics
import Foundation
import Masks
import Testing

@Suite struct OverlapTests {
  /// Small tensors whose gate blocks (5 × 3 = 15 weights) do not fall on word boundaries.
  private let layout: [(name: String, shape: [Int])] = [
    ("conv.weight", [7, 3, 3]), ("lstm.weight_ih_l0", [20, 3]),
    ("lstm.weight_hh_l0_reverse", [20, 5]), ("lstm.weight_ih_l1_reverse", [80, 10]),
  ]

  private func random(_ count: Int) -> [(name: String, ticket: Ticket)] {
    var stream = RandomStream(seed: 5, "overlap", "\(count)")
    return ["pos", "ner", "chunk", "pp"].prefix(count).map { task in
      (task, ticket(randomMasks(layout, &stream) { _ in 0.4 }, task: task))
    }
  }

  /// Gates of two modules are never counted together: not those of a character BiLSTM with the
  /// BiLSTM's, and names say whose they are.
  @Test func modulesStayApart() throws {
    var stream = RandomStream(seed: 6, "overlap")
    let layout: [(name: String, shape: [Int])] = [
      ("char_lstm.weight_hh_l0", [8, 2]), ("lstm.weight_hh_l0", [20, 5]),
    ]
    let tickets = ["pos", "ner"].map { task in
      (name: task, ticket: ticket(randomMasks(layout, &stream) { _ in 0.4 }, task: task))
    }
    let overlap = try Overlap(of: tickets)
    let layers = overlap.groups.filter { $0.group == "layer" }
    #expect(layers.map(\.name) == ["char_lstm 0", "lstm 0"])
    #expect(layers.map(\.prunable) == [16, 100])
    #expect(layers.map(\.union) == overlap.tensors.map(\.union))
    let gates = overlap.groups.filter { $0.group == "gate" }
    #expect(
      gates.map(\.name) == ["char_lstm", "lstm"].flatMap { m in "ifgo".map { "\(m) \($0)" } })
    #expect(gates.map(\.prunable) == [4, 4, 4, 4, 25, 25, 25, 25])
    #expect(overlap.groups.filter { $0.group == "module" }.map(\.name) == ["char_lstm", "lstm"])
  }

  /// What the network says of its tensors counts, whatever they are called.
  @Test func placesAreTheNetworks() throws {
    var stream = RandomStream(seed: 7, "overlap")
    let layout: [(name: String, shape: [Int])] = [("a", [20, 3]), ("b", [20, 5])]
    let tickets = ["pos", "ner"].map { task in
      (name: task, ticket: ticket(randomMasks(layout, &stream) { _ in 0.4 }, task: task))
    }
    let places = [
      "a": TensorPlace(module: "rnn", cell: .init(layer: 0, direction: .forward)),
      "b": TensorPlace(module: "rnn", cell: .init(layer: 3, direction: .backward)),
    ]
    let overlap = try Overlap(of: tickets, places: places)
    func names(_ group: String) -> [String] {
      overlap.groups.filter { $0.group == group }.map(\.name)
    }
    #expect(names("layer") == ["0", "3"] && names("direction") == ["forward", "backward"])
    #expect(names("gate") == ["i", "f", "g", "o"] && names("module") == ["rnn"])
    // Names alone tell only that they are two tensors.
    #expect(try Overlap(of: tickets).groups.map(\.name) == ["a", "b"])
  }

  /// Every pair has a cell either way round, with its ratio in it; a task with itself is 1.
  @Test func figure() throws {
    let overlap = try Overlap(of: random(3))
    let svg = overlap.figure.svg
    #expect(svg.components(separatedBy: "class=\"cell\"").count == 1 + 9)
    for pair in overlap.overlap.pairs {
      let text = String(format: ">%.2f<", try #require(pair.ratio))
      #expect(svg.components(separatedBy: text).count >= 3, "\(text)")
    }
    #expect(svg.components(separatedBy: ">1.00<").count >= 4)
    // Ratios are never negative.
    #expect(svg.contains(">0.00<") && !svg.contains("\u{2212}"))
  }

  private func ratio(_ intersection: Int, _ union: Int) -> Double? {
    union == 0 ? nil : Double(intersection) / Double(union)
  }

  @Test(arguments: 1...4) func matchesSetsOfIndices(count: Int) throws {
    let tickets = random(count)
    let overlap = try Overlap(of: tickets)
    #expect(overlap.tasks == tickets.map(\.name))
    #expect(overlap.prunable == 63 + 60 + 100 + 800)

    /// Every alive weight of a ticket that `isIn` selects by tensor and element.
    func alive(_ ticket: Ticket, _ isIn: (Int, Int) -> Bool) -> Set<[Int]> {
      Set(
        ticket.masks.entries.enumerated().flatMap { t, entry in
          entry.mask.aliveIndices.filter { isIn(t, $0) }.map { [t, $0] }
        })
    }
    func check(_ part: Overlap.Part, _ isIn: (Int, Int) -> Bool) {
      let sets = tickets.map { alive($0.ticket, isIn) }
      let every = sets.dropFirst().reduce(sets[0]) { $0.intersection($1) }
      let any = sets.dropFirst().reduce(sets[0]) { $0.union($1) }
      #expect(part.intersection == every.count)
      #expect(part.union == any.count)
      #expect(part.ratio == ratio(every.count, any.count))
      #expect(tickets.map { part.alive[$0.name] } == sets.map(\.count))
      #expect(part.pairs.count == count * (count - 1) / 2)
      for pair in part.pairs {
        let a = sets[tickets.firstIndex { $0.name == pair.tasks[0] }!]
        let b = sets[tickets.firstIndex { $0.name == pair.tasks[1] }!]
        #expect(pair.intersection == a.intersection(b).count)
        #expect(pair.union == a.union(b).count)
        #expect(pair.ratio == ratio(pair.intersection, pair.union))
      }
    }
    #expect(overlap.tensors.map(\.name) == layout.map(\.name))
    for (i, part) in overlap.tensors.enumerated() { check(part) { t, _ in t == i } }

    let quarters = [15, 25, 200]
    func group(_ group: String, _ name: String, _ isIn: (Int, Int) -> Bool) {
      let part = overlap.groups.first { $0.group == group && $0.name == name }
      #expect(part != nil, "\(group) \(name)")
      if let part { check(part, isIn) }
    }
    for (g, gate) in ["i", "f", "g", "o"].enumerated() {
      group("gate", gate) { t, i in t > 0 && i / quarters[t - 1] == g }
    }
    group("direction", "forward") { t, _ in t == 1 }
    group("direction", "backward") { t, _ in t >= 2 }
    group("layer", "0") { t, _ in t == 1 || t == 2 }
    group("layer", "1") { t, _ in t == 3 }
    group("module", "conv") { t, _ in t == 0 }
    group("module", "lstm") { t, _ in t > 0 }
    #expect(overlap.groups.count == 10)

    #expect(overlap.union == overlap.tensors.reduce(0) { $0 + $1.union })
    let all = overlap.tensors.reduce(0) { $0 + $1.intersection }
    #expect(overlap.overlap.intersection == all)
    #expect(overlap.overlap.all == ratio(all, overlap.union))
    for (name, ticket) in tickets {
      #expect(overlap.alive[name] == ticket.masks.aliveCount)
      #expect(overlap.density[name] == ticket.masks.density)
    }
  }

  @Test func jsonHasTheDocumentedKeysAndNulls() throws {
    let empty = MaskSet([
      .init(name: "lstm.weight_ih_l0", shape: [4, 1], mask: BitMask(repeating: false, count: 4))
    ])
    let overlap = try Overlap(of: [("a", ticket(empty)), ("b", ticket(empty))])
    let data = try JSONEncoder().encode(overlap)
    let json = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    #expect(json?["tasks"] as? [String] == ["a", "b"])
    #expect(json?["prunable"] as? Int == 4)
    #expect((json?["density"] as? [String: Double]) == ["a": 0, "b": 0])
    #expect((json?["alive"] as? [String: Int]) == ["a": 0, "b": 0])
    #expect(json?["union"] as? Int == 0)
    let whole = json?["overlap"] as? [String: Any]
    #expect(whole?["all"] is NSNull)
    let pair = (whole?["pairs"] as? [[String: Any]])?.first
    #expect(pair?["tasks"] as? [String] == ["a", "b"])
    #expect(pair?["ratio"] is NSNull)
    let expected = pair?["expected"] as? [String: Any]
    #expect(expected?["ratio"] is NSNull && expected?["z"] is NSNull && pair?["theta0"] == nil)
    #expect((pair?["containments"] as? [Any])?.allSatisfy { $0 is NSNull } == true)
    #expect(json?["magnitude"] == nil)
    #expect(pair?["intersection"] as? Int == 0)
    #expect(pair?["union"] as? Int == 0)
    let tensor = (json?["tensors"] as? [[String: Any]])?.first
    #expect(tensor?["name"] as? String == "lstm.weight_ih_l0")
    #expect(tensor?["ratio"] is NSNull)
    let gate = (json?["groups"] as? [[String: Any]])?.first
    #expect(gate?["group"] as? String == "gate")
    #expect(gate?["name"] as? String == "i")
    #expect(gate?["ratio"] is NSNull)
    #expect(try JSONDecoder().decode(Overlap.self, from: data) == overlap)
    #expect(overlap.table.contains("undefined"))
    #expect(!overlap.table.contains("nan"))
  }

  @Test func csvQuotesFields() throws {
    let masks = MaskSet([
      .init(name: "a,\"b\"", shape: [2], mask: BitMask([true, false]))
    ])
    let other = MaskSet([
      .init(name: "a,\"b\"", shape: [2], mask: BitMask([true, true]))
    ])
    let overlap = try Overlap(of: [("pos", ticket(masks)), ("ner", ticket(other))])
    let lines = overlap.csv.components(separatedBy: "\r\n")
    #expect(
      lines[0]
        == "group,name,tasks,ratio,intersection,union,prunable,expected,z,theta0,theta0_z,"
        + "in_first,in_second,magnitude")
    #expect(lines[1] == "all,,pos,1.0,1,1,2,,,,,,,")
    #expect(lines[3] == "all,,pos ner,0.5,1,2,2,0.5,,,,1.0,0.5,")
    #expect(lines.contains("tensor,\"a,\"\"b\"\"\",pos ner,0.5,1,2,2,,,,,1.0,0.5,"))
  }

  @Test func tableAlignsColumns() throws {
    let masks = MaskSet([.init(name: "conv.weight", shape: [2], mask: BitMask([true, false]))])
    let overlap = try Overlap(of: [("pos", ticket(masks))])
    #expect(
      overlap.table == """
        ticket    alive  density
        pos           1   0.5000
        union         1   0.5000
        prunable      2

        overlap   ratio  random  z  intersection  union
        all      1.0000  1.0000  -             1      1

        tensor          all  union  prunable
        conv.weight  1.0000      1         2

        module     all  union  prunable
        conv    1.0000      1         2

        """)
  }

  @Test func refusesWhatCannotBeCompared() throws {
    let tickets = random(2)
    #expect(failure { _ = try Overlap(of: []) }?.kind == .usage)
    let twice = failure { _ = try Overlap(of: [tickets[0], tickets[0]]) }
    #expect(twice?.kind == .usage)
    #expect(twice?.message.contains("'pos'") == true)

    let foreign = [tickets[0], ("ner", ticket(tickets[1].ticket.masks, origin: 9))]
    let origin = failure { _ = try Overlap(of: foreign) }
    #expect(origin?.kind == .badData)
    #expect(origin?.message.contains("'pos' and 'ner'") == true)
    #expect(origin?.message.contains("--across-weights") == true)
    #expect(try Overlap(of: foreign, sameOrigin: false) == Overlap(of: tickets))

    let smaller = MaskSet(Array(tickets[0].ticket.masks.entries.dropLast()))
    let layout = failure { _ = try Overlap(of: [tickets[0], ("x", ticket(smaller, origin: 9))]) }
    #expect(layout?.kind == .badData)
    #expect(layout?.message.contains("'pos' and 'x'") == true)
    #expect(layout?.message.contains("lstm.weight_ih_l1_reverse") == true)
  }
}
