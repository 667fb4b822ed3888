import Basics
import Masks
import Pruning
import Sharing
import Tensors
import Testing
import Training

@Suite struct PruningTests {
  private func network(seed: UInt64 = 1) -> HardSharing {
    var shape = NetworkShape(words: 9, characters: 7)
    shape.wordDimension = 4
    shape.characterDimension = 3
    shape.characterFilters = 3
    shape.hidden = 4
    return HardSharing(shape, tasks: [TaskShape(name: "ner", classes: 5)], seed: seed)
  }

  private func settings(
    rounds: Int = 3, density: Double = 0.1, _ change: (inout PruningSettings) -> Void = { _ in }
  ) -> PruningSettings {
    var settings = PruningSettings()
    settings.rounds = rounds
    settings.density = density
    change(&settings)
    return settings
  }

  @Test func planIsGeometricAndEndsAtTheDensity() throws {
    let plan = try PruningPlan(
      start: 1000, prunable: 1000, settings: settings(rounds: 20))
    #expect(plan.alive.count == 21)
    #expect(plan.alive.first == 1000 && plan.alive.last == 100)
    // r = 1 − 0.1^(1/20) = 0.1087 of the remaining weights a round.
    for (before, after) in zip(plan.alive, plan.alive.dropFirst()) {
      #expect(abs(Double(after) - Double(before) * 0.891251) <= 1)
    }
    let further = try PruningPlan(start: 300, prunable: 1000, settings: settings(rounds: 2))
    #expect(further.alive == [300, 173, 100])
  }

  @Test(arguments: [(1000, 1e-5), (100, 0.1), (50, 0.1)]) func senselessDensityIsRefused(
    start: Int, density: Double
  ) {
    let error = #expect(throws: Failure.self) {
      _ = try PruningPlan(start: start, prunable: 1000, settings: settings(density: density))
    }
    #expect(error?.kind == .usage && error?.setting == "density")
  }

  /// Scores with many ties, as criteria give them for weights that never had a gradient.
  @Test(arguments: PruningSettings.Scope.allCases, [Selection.Order.magnitude, .value])
  func countsAreExactAndMasksNested(
    scope: PruningSettings.Scope, order: Selection.Order
  ) throws {
    let all = network().allAlive
    var stream = RandomStream(seed: 1, "scores")
    var masks = all
    for count in [all.prunableCount * 2 / 3, 101, 100, 17, 1] {
      let values = all.entries.map { entry in
        (0..<entry.mask.count).map { _ in Float(stream.below(5)) - 2 }
      }
      let next = try Pruner.keep(
        count, of: Saliency(values, order: order), masks: masks, scope: scope)
      #expect(next.aliveCount == count)
      #expect(try next.isNested(in: masks))
      masks = next
    }
  }

  @Test func magnitudeKeepsTheLargest() throws {
    let network = network()
    let masks = try Pruner.keep(
      50, of: Saliency(network.prunable.map(\.elements), order: .magnitude),
      masks: network.allAlive, scope: .global)
    var kept: [Float] = []
    var gone: [Float] = []
    for (parameter, entry) in zip(network.prunable, masks.entries) {
      for i in 0..<parameter.count {
        if entry.mask[i] {
          kept.append(abs(parameter.values[i]))
        } else {
          gone.append(abs(parameter.values[i]))
        }
      }
    }
    #expect(kept.min()! >= gone.max()!)
  }

  @Test func scoresThatAreNoNumbersAreNamed() throws {
    let all = network().allAlive
    var values = all.entries.map { [Float](repeating: 1, count: $0.mask.count) }
    values[1][3] = .nan
    let error = #expect(throws: Failure.self) {
      _ = try Pruner.keep(5, of: Saliency(values, order: .value), masks: all, scope: .layer)
    }
    #expect(error?.kind == .badData)
    #expect(error?.message.contains("weight 3 of tensor \(all.entries[1].name) is nan") == true)
  }

  @Test func rewindingRestoresTheta0Exactly() throws {
    let network = network()
    let theta0 = Weights(of: network.parameters)
    let masks = try Pruner.keep(
      40, of: Saliency(network.prunable.map(\.elements), order: .magnitude),
      masks: network.allAlive, scope: .global)
    for parameter in network.parameters {
      for i in 0..<parameter.count { parameter.values[i] = 7 }
    }
    try Pruner.rewind(network.parameters, to: theta0, masks: masks, from: "θ⁰")
    for (parameter, entry) in zip(network.parameters, theta0.entries) {
      for i in 0..<parameter.count {
        let isAlive = masks[parameter.name]?[i] ?? true
        #expect(parameter.values[i] == (isAlive ? entry.values[i] : 0))
      }
    }
  }

  /// The loop with a stand-in for training: weights grow by their index, so that what survives
  /// is known; it is interrupted after every round and goes on from what it kept.
  @Test func loopResumesAndChooses() throws {
    let settings = settings(rounds: 3, density: 0.2)
    let prunable = network().allAlive.prunableCount
    let plan = try PruningPlan(start: prunable, prunable: prunable, settings: settings)
    let theta0 = Weights(of: network().parameters)
    struct Stop: Error {}

    func run(stopAfter rounds: Int?) throws -> (results: [RoundResult], masks: [Int: MaskSet]) {
      var results: [RoundResult] = []
      var masks: [Int: MaskSet] = [:]
      var finished = false
      while !finished {
        let network = network()
        let begun = results.count
        let store = IterativePruning.Store(
          results: results, next: masks[results.count].map { ($0, nil) },
          saveTicket: { round, ticket, _ in masks[round] = ticket },
          saveResult: { results.append($0) },
          weights: { _ in preconditionFailure("rounds rewind") },
          saveWeights: { _, _ in Issue.record("rounds rewind") })
        do {
          let work = IterativePruning.Work(
            train: { round, subnet in
              if let rounds, round == begun + rounds { throw Stop() }
              #expect(masks[round]?.aliveCount == plan.alive[round])
              for parameter in network.prunable {
                let mask = masks[round]![parameter.name]!
                for i in 0..<parameter.count where mask[i] { parameter.values[i] = Float(i + 1) }
              }
              return (round + 1, [0.5, 0.7, 0.8, 0.8][round])
            }, measure: { _, _ in preconditionFailure("magnitude is no measurement") })
          _ = try IterativePruning(
            network, from: theta0, source: "θ⁰", settings: settings, seed: 1, work: work
          ).run(plan.alive, start: network.allAlive, store: store)
          finished = true
        } catch is Stop {
          continue
        }
      }
      return (results, masks)
    }

    let straight = try run(stopAfter: nil)
    let pieces = try run(stopAfter: 1)
    #expect(straight.results == pieces.results)
    #expect(straight.masks == pieces.masks)
    #expect(straight.results.map(\.alive) == plan.alive)
    // Of equal scores the sparser; the unpruned round is never chosen.
    #expect(RoundChoice.best.choose(straight.results)?.round == 3)
    #expect(RoundChoice.best.choose(Array(straight.results.prefix(2)))?.round == 1)
    #expect(RoundChoice.last.choose(Array(straight.results.prefix(3)))?.round == 2)
    #expect(RoundChoice.best.choose(Array(straight.results.prefix(1))) == nil)
  }
}
