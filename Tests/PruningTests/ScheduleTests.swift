import Basics
import Masks
import Pruning
import Sharing
import Tensors
import Testing
import Training

/// When weights go, and what the rest go on from: the loop with a stand-in for training.
@Suite struct ScheduleTests {
  private static func network(seed: UInt64 = 1) -> HardSharing {
    var shape = NetworkShape(words: 9, characters: 7)
    shape.wordDimension = 4
    shape.characterDimension = 3
    shape.characterFilters = 3
    shape.hidden = 4
    return HardSharing(shape, tasks: [TaskShape(name: "ner", classes: 5)], seed: seed)
  }

  @Test func gradualPrunesEverFewer() throws {
    let settings = pruningSettings {
      $0.rounds = 4
      $0.density = 0.2
      $0.schedule = .gradual
    }
    // 200 + 800 (1 − i/4)³.
    let plan = try PruningPlan(start: 1000, prunable: 1000, settings: settings)
    #expect(plan.alive == [1000, 538, 300, 213, 200])
    let further = try PruningPlan(start: 440, prunable: 1000, settings: settings)
    #expect(further.alive == [440, 301, 230, 204, 200])
  }

  @Test func oneShotIsOneRound() throws {
    let oneShot = pruningSettings { $0.schedule = .oneShot }
    #expect(oneShot.prunings == 1 && oneShot.rounds == 20)
    #expect(try PruningPlan(start: 900, prunable: 1000, settings: oneShot).alive == [900, 100])
  }

  /// A criterion that looks ahead has no work in the last round; gradual pruning gives every round an
  /// epoch, and the rest to the last one at work.
  @Test(
    arguments: [
      (.magnitude, .rounds, [9, 9, 9, 9]), (.scores, .rounds, [9, 9, 9]),
      (.magnitude, .gradual, [1, 1, 1, 6]), (.movement, .gradual, [1, 1, 1, 6]),
      (.scores, .gradual, [1, 1, 7]), (.magnitude, .oneShot, [9, 9]), (.scores, .oneShot, [9]),
    ] as [(Criterion, PruningSettings.Schedule, [Int])])
  func epochs(criterion: Criterion, schedule: PruningSettings.Schedule, epochs: [Int]) {
    let settings = pruningSettings {
      $0.rounds = 3
      $0.criterion = criterion
      $0.schedule = schedule
    }
    #expect(settings.lastAtWork == epochs.count - 1)
    #expect((0...settings.lastAtWork).map { settings.epochs(of: $0, training: 9) } == epochs)
  }

  /// What every round found in the network and left in it, and what the loop kept.
  private struct Trace {
    var starts: [Weights] = []
    var ends: [Weights] = []
    let memory = RoundMemory()
    var rounds: [Int] = []
  }

  /// Three prunings by a training that adds `round + 1` hundredths to every number it may move.
  private func run(
    _ change: (inout PruningSettings) -> Void
  ) throws -> (Trace, theta0: Weights) {
    let settings = pruningSettings {
      $0.rounds = 3
      $0.density = 0.3
      change(&$0)
    }
    let network = Self.network()
    let theta0 = Weights(of: network.parameters)
    let all = network.allAlive
    var trace = Trace()
    let work = IterativePruning.Work(
      train: { round, subnet in
        subnet.activate(task: 0)
        trace.rounds.append(round)
        trace.starts.append(Weights(of: subnet.parameters))
        for parameter in subnet.parameters where !parameter.isFrozen || !parameter.isPrunable {
          for i in 0..<parameter.count where parameter.alive?.storedMask?[i] ?? true {
            parameter.values[i] += 0.01 * Float(round + 1)
          }
        }
        trace.ends.append(Weights(of: subnet.parameters))
        return (1, 0.1 * Double(round))
      }, measure: { _, _ in preconditionFailure("nothing is measured") })
    let plan = try PruningPlan(
      start: all.prunableCount, prunable: all.prunableCount, settings: settings)
    let results = try IterativePruning(
      network, from: theta0, source: "θ⁰", settings: settings, seed: 1, work: work
    ).run(plan.alive, start: all, store: trace.memory.store)
    #expect(results == trace.memory.results && results.map(\.alive) == plan.alive)
    return (trace, theta0)
  }

  /// Checks that `start` is `origin` but for what `masks` prune, which is zero.
  private func expect(_ start: Weights, is origin: Weights, under masks: MaskSet) throws {
    for entry in start.entries where !entry.name.hasPrefix("score.") {
      let values = try #require(origin[entry.name])
      let mask = masks[entry.name]
      for i in values.indices {
        let expected = mask?[i] ?? true ? values[i] : 0
        #expect(entry.values[i].bitPattern == expected.bitPattern, "\(entry.name)[\(i)]")
      }
    }
  }

  @Test(arguments: [PruningSettings.Continuation.rewind, .fineTune, .rateRewind])
  func roundsStartWhereTheyShould(continuation: PruningSettings.Continuation) throws {
    let (trace, theta0) = try run { $0.continuation = continuation }
    #expect(trace.rounds == [0, 1, 2, 3])
    for round in 0...3 {
      let origin =
        round == 0 || continuation == .rewind ? theta0 : trace.ends[round - 1]
      try expect(trace.starts[round], is: origin, under: trace.memory.tickets[round]!.masks)
    }
    // The last round has nobody to hand its weights to.
    #expect(
      trace.memory.weights.keys.sorted() == (continuation == .rewind ? [] : [0, 1, 2]))
  }

  @Test(arguments: [Criterion.magnitude, .change, .movement])
  func gradualGoesOn(criterion: Criterion) throws {
    let (trace, theta0) = try run {
      $0.schedule = .gradual
      $0.criterion = criterion
    }
    #expect(trace.rounds == [0, 1, 2, 3])
    for round in 0...3 {
      try expect(
        trace.starts[round], is: round == 0 ? theta0 : trace.ends[round - 1],
        under: trace.memory.tickets[round]!.masks)
    }
  }

  /// Scores are those of one training where there is one, else each round has its own.
  @Test(
    arguments: [Criterion.movement, .scores],
    [
      (PruningSettings.Schedule.gradual, PruningSettings.Continuation.rewind), (.rounds, .rewind),
      (.rounds, .fineTune),
    ])
  func scoresGoOnInOneTraining(
    criterion: Criterion,
    _ way: (PruningSettings.Schedule, PruningSettings.Continuation)
  ) throws {
    // Learned scores have no weights to go on from.
    guard criterion == .movement || way.1 == .rewind else { return }
    let (trace, theta0) = try run {
      $0.criterion = criterion
      $0.schedule = way.0
      $0.continuation = way.1
    }
    for round in trace.rounds {
      let start = trace.starts[round]
      let masks = trace.memory.tickets[round]!.masks
      for entry in masks.entries {
        let name = "score.\(entry.name)"
        let scores = try #require(start[name])
        let expected: [Float] =
          if way.0 == .gradual, round > 0 {
            try #require(trace.ends[round - 1][name])
          } else if criterion == .movement {
            Array(repeating: 0, count: scores.count)
          } else {
            theta0[entry.name]!.enumerated().map { entry.mask[$0] ? $1.magnitude * 0.001 : 0 }
          }
        for i in entry.mask.aliveIndices { #expect(scores[i] == expected[i], "\(name)[\(i)]") }
      }
    }
    #expect(trace.rounds == (criterion == .scores ? [0, 1, 2] : [0, 1, 2, 3]))
  }

  /// What looks ahead notes its dev score in the ticket that it found, and trains no last round.
  @Test func aTicketThatWasFoundAheadHasItsScore() throws {
    let (trace, _) = try run { $0.criterion = .scores }
    #expect(trace.memory.results.map(\.score) == [nil, 0, 0.1, 0.2])
    #expect(trace.memory.results.map(\.bestEpoch) == [0, 0, 0, 0])
    #expect(RoundChoice.best.choose(trace.memory.results)?.round == 3)
  }
}
