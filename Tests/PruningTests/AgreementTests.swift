import Basics
import Masks
import Pruning
import Testing

/// Tasks that decide together which weights stay.
@Suite struct AgreementTests {
  private static let sizes = [13, 1, 40, 10]

  private func masks(_ alive: [[Bool]]) -> MaskSet {
    MaskSet(
      alive.enumerated().map {
        .init(name: "w\($0)", shape: [$1.count], mask: BitMask($1))
      })
  }

  private var all: MaskSet { masks(Self.sizes.map { Array(repeating: true, count: $0) }) }

  /// Scores with ties where `levels` are few.
  private func saliencies(_ tasks: Int, levels: Int, seed: UInt64) -> [Saliency] {
    (0..<tasks).map { task in
      var stream = RandomStream(seed: seed, "scores", "\(task)")
      return Saliency(
        Self.sizes.map { size in
          (0..<size).map { _ in Float(stream.below(levels)) - Float(levels / 2) }
        }, order: task % 2 == 0 ? .value : .magnitude)
    }
  }

  @Test(arguments: PruningSettings.Scope.allCases, [3, 1_000_000])
  func aCommonTicketIsExactAndNested(scope: PruningSettings.Scope, levels: Int) throws {
    var masks = Array(repeating: all, count: 3)
    for (round, count) in [50, 49, 20, 3, 1].enumerated() {
      let next = try Agreement.common.keep(
        count, of: saliencies(3, levels: levels, seed: UInt64(round)), masks: masks, scope: scope)
      #expect(Set(next).count == 1 && next[0].aliveCount == count)
      #expect(try next[0].isNested(in: masks[0]))
      masks = next
    }
  }

  /// A weight goes only if no task ranks it higher than those that stay.
  @Test func aCommonTicketHasTheBestRanks() throws {
    let all = masks([[true, true, true, true, true]])
    let worth = [[5, 4, 3, 2, 1], [1, 2, 3, 4, 5]].map { Saliency([$0], order: .magnitude) }
    func kept(_ count: Int) throws -> [Int] {
      try Array(
        Agreement.common.keep(count, of: worth, masks: [all, all], scope: .global)[0]
          .entries[0].mask.aliveIndices)
    }
    // The best of both, the second best of both, the one that is third to both; ties as always.
    #expect(try kept(5) == [0, 1, 2, 3, 4] && kept(4) == [0, 1, 3, 4])
    #expect(try kept(3) == [0, 3, 4] && kept(2) == [0, 4] && kept(1) == [4])
  }

  @Test(arguments: PruningSettings.Scope.allCases, [2, 1_000_000])
  func tasksThatAgreeHaveTheTicketOfOne(scope: PruningSettings.Scope, levels: Int) throws {
    let worth = saliencies(1, levels: levels, seed: 7)[0]
    for count in 1...all.prunableCount {
      let alone = try Pruner.keep(count, of: worth, masks: all, scope: scope)
      for agreement in [Agreement.common, .union] {
        // A quota of a tensor is a number of its weights either way.
        let together = try agreement.keep(
          count, of: [worth, worth], masks: [all, all], scope: scope)
        #expect(together == [alone, alone], "\(agreement) \(count)")
      }
    }
  }

  private func union(_ masks: [MaskSet]) throws -> Int {
    try masks.dropFirst().reduce(masks[0]) { try $0.union($1) }.aliveCount
  }

  /// Against trying every size: all tasks keep as many of their best as the budget has room for.
  @Test(arguments: [2, 3, 5], [3, 1_000_000])
  func aUnionIsAsLargeAsItsBudgetAllows(tasks: Int, levels: Int) throws {
    let worth = saliencies(tasks, levels: levels, seed: 3)
    var start = Array(repeating: all, count: tasks)
    for budget in [all.prunableCount, 50, 31, 12, tasks] {
      let next = try Agreement.union.keep(budget, of: worth, masks: start, scope: .global)
      let bySize = try (1...start[0].aliveCount).map { size in
        try zip(worth, start).map { try Pruner.keep(size, of: $0, masks: $1, scope: .global) }
      }
      let fitting = try bySize.filter { try union($0) <= budget }
      #expect(next == fitting.last, "budget \(budget)")
      #expect(try union(next) <= budget)
      for (before, after) in zip(start, next) { #expect(try after.isNested(in: before)) }
      start = next
    }
  }

  /// By layer every tensor has its share of the budget.
  @Test(arguments: [3, 1_000_000]) func aUnionByLayer(levels: Int) throws {
    let worth = saliencies(3, levels: levels, seed: 4)
    let start = Array(repeating: all, count: 3)
    for budget in [60, 40, 25] {
      let next = try Agreement.union.keep(budget, of: worth, masks: start, scope: .layer)
      let quotas = Selection.quotas(budget, over: Self.sizes)
      for tensor in Self.sizes.indices {
        let alone = start.map { MaskSet([$0.entries[tensor]]) }
        let own = worth.map { Saliency([$0.values[tensor]], order: $0.order) }
        let found = next.map { MaskSet([$0.entries[tensor]]) }
        #expect(try union(found) <= quotas[tensor])
        let size = found[0].aliveCount
        #expect(found.allSatisfy { $0.aliveCount == size })
        guard size < Self.sizes[tensor] else { continue }
        let more = try zip(own, alone).map {
          try Pruner.keep(size + 1, of: $0, masks: $1, scope: .global)
        }
        #expect(try union(more) > quotas[tensor], "budget \(budget) tensor \(tensor)")
      }
    }
  }

  /// Two tasks whose best weights differ have no room in one.
  @Test(arguments: PruningSettings.Scope.allCases)
  func aBudgetThatIsTooSmallIsRefused(scope: PruningSettings.Scope) throws {
    let all = masks([[true, true, true]])
    let worth = [[3, 2, 1], [1, 2, 3]].map { Saliency([$0], order: .magnitude) }
    let error = #expect(throws: Failure.self) {
      try Agreement.union.keep(1, of: worth, masks: [all, all], scope: scope)
    }
    #expect(error?.kind == .usage && error?.setting == "union-density")
    #expect(
      try Agreement.union.keep(2, of: worth, masks: [all, all], scope: scope).map(\.aliveCount)
        == [1, 1])
  }

  @Test(arguments: [Agreement.common, .union]) func scoresThatAreNoNumbersAreNamed(
    agreement: Agreement
  ) throws {
    let all = masks([[true, true], [true, true, true]])
    let worth = [
      Saliency([[1, 2], [3, 4, 5]], order: .magnitude),
      Saliency([[1, 2], [3, .nan, 5]], order: .magnitude),
    ]
    let error = #expect(throws: Failure.self) {
      try agreement.keep(2, of: worth, masks: [all, all], scope: .global)
    }
    #expect(error?.kind == .badData)
    #expect(error?.message.contains("weight 1 of tensor w1 is nan") == true)
    // What is not alive may be anything.
    let dead = masks([[true, true], [true, false, true]])
    #expect(
      try agreement.keep(2, of: worth, masks: [dead, dead], scope: .global).allSatisfy {
        try $0.isNested(in: dead)
      })
  }
}
