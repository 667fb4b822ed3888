import Basics
import Foundation
import Sharing
import Tensors
import Testing

/// The policy over paths.
@Suite struct ControllerTests {
  private func controller(
    modules: Int = 4, longest: Int = 3, tasks: Int = 2
  ) throws -> Controller {
    let network = try Small.network("modules", Small.shape(layers: 1), Small.tasks(tasks)) {
      $0.modules.count = modules
      $0.modules.longest = longest
      $0.modules.controllerHidden = 6
      $0.modules.controllerEmbedding = 3
    }
    let controller = network.parts.modules!.controller!
    // Far from uniform.
    for parameter in controller.parameters {
      parameter.set(parameter.elements.map { 3 * $0 })
    }
    return controller
  }

  /// All paths with their log probabilities, each put together choice by choice.
  private func allPaths(_ controller: Controller, _ task: Int) -> [(path: [Int], log: Double)] {
    var found: [(path: [Int], log: Double)] = []
    func extend(_ prefix: [Int], _ log: Double) {
      if prefix.count == controller.longest { return found.append((prefix, log)) }
      let choices = controller.choices(after: [prefix], of: task)[0]
      for action in 0..<controller.modules { extend(prefix + [action], log + choices[action]) }
      if !prefix.isEmpty { found.append((prefix, log + choices[controller.modules])) }
    }
    extend([], 0)
    return found
  }

  @Test(arguments: [1, 2, 3], [2, 4]) func probabilities(longest: Int, modules: Int) throws {
    let controller = try controller(modules: modules, longest: longest)
    for task in 0..<2 {
      #expect(controller.choices(after: [[]], of: task)[0].count == modules)
      let paths = allPaths(controller, task)
      #expect(abs(paths.reduce(0) { $0 + exp($1.log) } - 1) < 1e-5)
      let best = controller.mostProbablePath(of: task)
      let expected = paths.max { $0.log < $1.log }!
      #expect(best.path == expected.path)
      #expect(abs(best.logProbability - expected.log) < 1e-5)
      // Choices after several prefixes at once are those after each.
      let prefixes = [[0], [1, 0], [], [1]].filter { $0.count < max(longest, 1) }
      for (prefix, found) in zip(prefixes, controller.choices(after: prefixes, of: task)) {
        let alone = controller.choices(after: [prefix], of: task)[0]
        #expect(zip(found, alone).allSatisfy { abs($0 - $1) < 1e-5 })
      }
    }
  }

  /// log π of whole paths and its gradient, alone and with the entropy.
  @Test(arguments: [0.0, 0.4]) func gradients(entropyWeight: Double) throws {
    let controller = try controller()
    let paths = [[1], [0, 2, 1], [3, 3], [1]]
    let weights = [0.5, -0.25, 1, 2]
    func loss(_ tape: Tape = Tape(isRecording: false)) -> Variable {
      controller.loss(
        of: paths, for: 1, weights: weights, entropyWeight: entropyWeight, on: tape
      ).loss
    }
    if entropyWeight == 0 {
      let logs = Dictionary(
        uniqueKeysWithValues: allPaths(controller, 1).map { ($0.path, $0.log) })
      let expected = -zip(paths, weights).reduce(0) { $0 + logs[$1.0]! * $1.1 }
      #expect(abs(Double(loss().value.values[0]) - expected) < 1e-4)
    }
    let tape = Tape()
    tape.backward(from: loss(tape))
    for parameter in controller.parameters {
      let gradient = Array(parameter.gradient)
      #expect(parameter.hasGradient)
      var stream = RandomStream(seed: 6, parameter.name)
      for direction in [gradient, gradient.map { _ in stream.uniform(within: 1) }] {
        let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 0 else { continue }
        let start = parameter.elements
        func value(_ step: Float) -> Double {
          parameter.set(zip(start, direction).map { $0 + step * $1 / length })
          return Double(loss().value.values[0])
        }
        let slope = (value(4e-3) - value(-4e-3)) / 8e-3
        parameter.set(start)
        let expected = zip(gradient, direction).reduce(0.0) { $0 + Double($1.0 * $1.1 / length) }
        #expect(
          abs(slope - expected) < 1e-3 + 3e-3 * abs(expected),
          "\(parameter.name): \(expected), not \(slope)")
      }
    }
  }

  /// Paths are drawn as often as they are probable, or uniformly choice by choice.
  @Test(arguments: [0.0, 0.3, 1.0]) func draws(exploration: Double) throws {
    let controller = try controller(modules: 2, longest: 2)
    var stream = RandomStream(seed: 1, "draws")
    let count = 20_000
    let drawn = controller.draw(count, for: 0, exploration: exploration, from: &stream)
    for (path, log) in allPaths(controller, 0) {
      let expected = exploration / 6 + (1 - exploration) * exp(log)
      let found = Double(drawn.count { $0 == path }) / Double(count)
      // Five standard deviations.
      #expect(abs(found - expected) < 5 * (expected * (1 - expected) / Double(count)).squareRoot())
    }
    #expect(drawn.allSatisfy { (1...2).contains($0.count) })
  }
}
