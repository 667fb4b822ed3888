import Basics
import Layers
import Sharing
import Tensors
import Testing

/// Compares the gradient of λ · loss + Ω with central differences of its value.
///
/// Every parameter is moved as a whole along two unit directions: its gradient, where a factor or a
/// missing part shows, and a random one, where a part too much shows.
struct ObjectiveSlopes {
  let network: any SharingNetwork
  /// What the gradient is of the slope: −1 below a reversal.
  var sign: (Parameter) -> Double = { _ in 1 }
  /// The elements of a parameter that move together, each set once; elements in none are fixed.
  var groups: (Parameter) -> [[Int]] = { parameter in (0..<parameter.count).map { [$0] } }
  /// Whether so many units may stand close to a kink that either side of it is looked at alone.
  var hasKinks = false

  func check(_ task: Int, sourceLocation: SourceLocation = #_sourceLocation) {
    let gradients = Step(network, task).gradients
    let read = network.parameters(of: task)
    #expect(
      Set(gradients.keys).isSubset(of: read.map(\.name)), sourceLocation: sourceLocation)
    for parameter in read {
      let gradient = gradients[parameter.name]
      let alive = parameter.alive?.storedMask
      let groups = groups(parameter).filter { alive?[$0[0]] ?? true }
      let free = Set(groups.joined())
      let isFixed = groups.isEmpty && alive == nil
      #expect(isFixed || gradient != nil, "\(parameter.name)", sourceLocation: sourceLocation)
      guard let gradient else { continue }
      for i in gradient.indices where !free.contains(i) && alive?[i] ?? true {
        #expect(gradient[i] == 0, "\(parameter.name)[\(i)]", sourceLocation: sourceLocation)
      }
      for group in groups {
        let isOne = group.allSatisfy { gradient[$0] == gradient[group[0]] }
        #expect(isOne, "\(parameter.name)\(group)", sourceLocation: sourceLocation)
      }
      var stream = RandomStream(seed: 6, parameter.name)
      let own = groups.map { Double(gradient[$0[0]]) }
      let random = groups.map { _ in Double(stream.uniform(within: 1)) }
      for direction in [own, random] {
        let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
        guard length > 0 else { continue }
        let unit = direction.map { $0 / length }
        let expected = zip(unit, own).reduce(0) { $0 + $1.0 * $1.1 }
        // A step across a kink (a ReLU, a maximum) is repeated with a smaller one.
        var slope = 0.0
        let isRight = [8e-3, 1e-3].contains { step in
          let ends = hasKinks && step < 2e-3 ? [(-1.0, 1.0), (0, 1), (-1, 0)] : [(-1, 1)]
          return ends.contains { low, high in
            slope =
              sign(parameter)
              * self.slope(task, parameter, groups, unit, step * low, step * high)
            return abs(slope - expected) <= 5e-4 + 3e-3 * abs(expected)
          }
        }
        #expect(
          isRight, "\(parameter.name): \(expected), not \(slope)", sourceLocation: sourceLocation)
      }
    }
  }

  private func slope(
    _ task: Int, _ parameter: Parameter, _ groups: [[Int]], _ unit: [Double], _ low: Double,
    _ high: Double
  ) -> Double {
    let before = Array(parameter.values)
    func value(_ factor: Double) -> Double {
      for (group, part) in zip(groups, unit) {
        for i in group { parameter.values[i] = before[i] + Float(factor * part) }
      }
      defer { _ = parameter.values.update(from: before) }
      return objective(task)
    }
    return (value(high) - value(low)) / (high - low)
  }

  /// The value, its gradient not computed.
  private func objective(_ task: Int) -> Double {
    let batch = Small.batch(for: network.tasks[task])
    let tape = Tape()
    let output = network.output(of: task, batch, draws: StepDraws(seed: 5, ["step"]), on: tape)
    let loss = network.head(of: task).loss(output.scores, batch: batch, on: tape)
    return output.losses.reduce(
      Double(network.tasks[task].lossWeight) * Double(loss.value.pointer[0])
    ) { $0 + Double($1.value.value.pointer[0]) }
  }
}
