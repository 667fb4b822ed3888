import Basics
import Layers
import Tensors
import Testing

/// α between stacks, by its definition: token by token, direction by direction.
@Suite struct StitchUnitTests {
  /// Tokens, and units of a direction.
  private let n = 5, hidden = 6

  private func unit(
    tasks: Int, subspaces: Int, _ change: (inout [StitchUnit.Entry]) -> Void = { _ in }
  ) -> StitchUnit {
    var stream = RandomStream(seed: 1, "alpha")
    var entries = (0..<tasks * tasks * subspaces * subspaces).map {
      StitchUnit.Entry(start: stream.uniform(within: 1), group: $0)
    }
    change(&entries)
    return StitchUnit("alpha", tasks: tasks, subspaces: subspaces, entries: entries)
  }

  private func states(_ tasks: Int) -> [Tensor] {
    (0..<tasks).map { FiniteDifferences.tensor([n, 2 * hidden], "states \($0)") }
  }

  private func mixed(_ unit: StitchUnit, _ states: [Tensor], _ target: Int) -> [Float] {
    let tape = Tape()
    let variables = Dictionary(
      uniqueKeysWithValues: unit.sources(of: target).map { ($0, tape.variable(states[$0])) })
    return Array(unit(variables, target: target, on: tape).value.values)
  }

  /// h̃ = α·h for every token and direction, with plain loops.
  @Test(arguments: [2, 3, 4], [1, 2]) func definition(tasks: Int, subspaces: Int) {
    let unit = unit(tasks: tasks, subspaces: subspaces)
    let states = states(tasks)
    let (part, size) = (hidden / subspaces, tasks * subspaces)
    for target in 0..<tasks {
      let result = mixed(unit, states, target)
      for token in 0..<n {
        for direction in 0..<2 {
          for unitIndex in 0..<hidden {
            let row = target * subspaces + unitIndex / part
            var expected: Float = 0
            for source in 0..<tasks {
              for from in 0..<subspaces {
                let column = direction * hidden + from * part + unitIndex % part
                expected +=
                  unit.alpha.values[row * size + source * subspaces + from]
                  * states[source].pointer[token * 2 * hidden + column]
              }
            }
            let at = token * 2 * hidden + direction * hidden + unitIndex
            #expect(abs(result[at] - expected) < 1e-5)
          }
        }
      }
    }
  }

  /// A change of one token's states of one direction reaches that token and direction alone.
  @Test(arguments: [1, 2], [0, 1]) func tokensAndDirectionsAreApart(
    subspaces: Int, direction: Int
  ) {
    let unit = unit(tasks: 3, subspaces: subspaces)
    let states = states(3)
    let (token, width) = (2, 2 * hidden)
    for target in 0..<3 {
      let before = mixed(unit, states, target)
      for source in 0..<3 {
        let start = token * width + direction * hidden
        for column in 0..<hidden { states[source].pointer[start + column] += 0.5 }
        let after = mixed(unit, states, target)
        let changed = before.indices.filter { before[$0] != after[$0] }
        #expect(changed == Array(start..<start + hidden))
        for column in 0..<hidden { states[source].pointer[start + column] -= 0.5 }
      }
    }
  }

  /// α of zeros for a subspace leaves the same half of both directions zero.
  @Test(arguments: [0, 1]) func zeroSubspace(subspace: Int) {
    let unit = unit(tasks: 2, subspaces: 2)
    let target = 1
    for column in 0..<4 { unit.alpha.values[(target * 2 + subspace) * 4 + column] = 0 }
    let result = mixed(unit, states(2), target)
    for at in result.indices {
      let isOfSubspace = at % hidden / (hidden / 2) == subspace
      #expect((result[at] == 0) == isOfSubspace)
    }
  }

  @Test(arguments: [2, 3], [1, 2]) func gradients(tasks: Int, subspaces: Int) {
    let unit = unit(tasks: tasks, subspaces: subspaces)
    for target in 0..<tasks {
      FiniteDifferences(inputs: states(tasks), parameters: [unit.alpha]) { inputs, tape in
        unit(
          Dictionary(uniqueKeysWithValues: inputs.enumerated().map { ($0, $1) }), target: target,
          on: tape)
      }.check()
    }
  }

  /// What is fixed at zero is not read, and has no gradient; what is tied has its group's.
  @Test func fixedAndTied() {
    let unit = unit(tasks: 3, subspaces: 1) { entries in
      // 0 reads itself, fixed, and 1; the three tasks read 1 by the same number.
      for i in entries.indices { entries[i] = .init(start: 0, group: nil) }
      for task in 0..<3 {
        entries[task * 4] = .init(start: 0.5, group: nil)
        entries[task * 3 + 1] = .init(start: 0.25, group: 7)
      }
    }
    #expect((0..<3).map(unit.sources) == [[0, 1], [1], [1, 2]])
    let states = states(3)
    let tape = Tape()
    let inputs = [0: tape.variable(states[0]), 1: tape.variable(states[1])]
    let result = unit(inputs, target: 0, on: tape)
    let upstream = FiniteDifferences.tensor([n, 2 * hidden], "upstream")
    tape.backward(from: result, gradient: upstream)
    let slope = (0..<upstream.count).reduce(0 as Float) {
      $0 + upstream.pointer[$1] * states[1].pointer[$1]
    }
    for i in 0..<9 {
      let expected = i % 3 == 1 ? slope : 0
      #expect(abs(unit.alpha.gradient[i] - expected) < 1e-5)
    }
  }

  /// A number that is zero, but moves, is read: it could not leave zero otherwise.
  @Test func zeroThatMoves() {
    let unit = unit(tasks: 2, subspaces: 1) { entries in
      for i in entries.indices { entries[i] = .init(start: 0, group: i) }
    }
    #expect(unit.sources(of: 0) == [0, 1])
    let tape = Tape()
    let states = states(2)
    let inputs = [0: tape.variable(states[0]), 1: tape.variable(states[1])]
    let result = unit(inputs, target: 0, on: tape)
    #expect(result.value.values.allSatisfy { $0 == 0 })
    tape.backward(from: result)
    #expect(unit.alpha.gradient[0] != 0 && unit.alpha.gradient[1] != 0)
    #expect(unit.alpha.gradient[2] == 0 && unit.alpha.gradient[3] == 0)
  }

  /// A unit whose fixed numbers are all zero gives zeros.
  @Test func nothingFlows() {
    let unit = unit(tasks: 2, subspaces: 2) { entries in
      for i in entries.indices { entries[i] = .init(start: 0, group: nil) }
    }
    #expect(mixed(unit, states(2), 1).allSatisfy { $0 == 0 })
  }
}
