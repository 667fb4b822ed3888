import Benchmarks
import Masks
import Sharing
import Testing

@Suite struct EffortTests {
  private func network(hidden: Int, inputs: Int, layers: Int) -> HardSharing {
    var shape = NetworkShape(words: 5, characters: 4)
    (shape.wordDimension, shape.characterFilters) = (inputs - 2, 2)
    (shape.hidden, shape.layers) = (hidden, layers)
    let tasks = ["a", "b"].map { TaskShape(name: $0, classes: 3) }
    return HardSharing(shape, tasks: tasks, seed: 1)
  }

  @Test(arguments: [
    // 2 directions x 4 gates x H x (D + H), and for the second layer x (2H + H).
    (2, 5, 1, 2 * 4 * 2 * 7), (2, 5, 2, 2 * 4 * 2 * 7 + 2 * 4 * 2 * 6),
    (200, 130, 2, 1_488_000),
  ]) func countsTheBiLSTMOnly(hidden: Int, inputs: Int, layers: Int, weights: Int) {
    let effort = Effort(of: network(hidden: hidden, inputs: inputs, layers: layers), masks: [])
    #expect(effort.weights == weights && effort.alive == Double(weights))
    #expect(effort.flop(.train) == Double(6 * weights))
    #expect(effort.flop(.predict) == Double(2 * weights))
    #expect(effort.aliveFlop(.train) == effort.flop(.train))
  }

  @Test func countsAliveWeightsAsTheMeanOverTasks() {
    let network = network(hidden: 2, inputs: 5, layers: 1)
    func masks(_ alive: Int) -> MaskSet {
      // As many as `alive` in each of the BiLSTM's four tensors, none elsewhere.
      MaskSet(
        network.prunable.map { parameter in
          var mask = BitMask(repeating: false, count: parameter.count)
          if parameter.name.hasPrefix("lstm.") { for i in 0..<alive { mask[i] = true } }
          return .init(name: parameter.name, shape: parameter.shape, mask: mask)
        })
    }
    let effort = Effort(of: network, masks: [masks(3), masks(6)])
    #expect(effort.alive == 18 && effort.weights == 112)
    #expect(effort.aliveFlop(.train) == 108 && effort.aliveFlop(.predict) == 36)
    #expect(effort.flop(.train) == 672)
  }

  @Test(arguments: [0.05, 0.3, 0.5]) func randomMasksHaveTheirDensity(density: Double) {
    let network = network(hidden: 40, inputs: 30, layers: 2)
    let a = MaskSet.random(for: network, density: density, seed: 1, task: "a")
    #expect(a.entries.map(\.name) == network.prunable.map(\.name))
    for entry in a.entries {
      let n = Double(entry.mask.count)
      let sigma = (density * (1 - density) / n).squareRoot()
      #expect(abs(entry.mask.density - density) <= 5 * sigma, "\(entry.name)")
    }
    #expect(a == MaskSet.random(for: network, density: density, seed: 1, task: "a"))
    let b = MaskSet.random(for: network, density: density, seed: 1, task: "b")
    // Masks of two tasks are drawn apart: they share density² of the weights.
    let both = (try? a.intersection(b).density) ?? 0
    #expect(abs(both - density * density) < 0.01)
  }
}
