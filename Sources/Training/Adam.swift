import Basics
import CKernels
import Tensors

/// Adam (Kingma and Ba 2015) with β₁ = 0.9, β₂ = 0.999, ε = 1e-8, as `torch.optim.Adam`.
///
/// Under masks each weight counts its own steps, so that the bias correction of a shared weight
/// fits the steps it took part in. Embeddings are updated densely.
public final class Adam: Optimizer {
  private static let beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8

  private struct Moments {
    var first: [Float], second: [Float]
    /// Steps of the parameter, and of each weight if it was ever masked.
    var steps: UInt32 = 0
    var weightSteps: [UInt32]?

    init(count: Int) {
      first = Array(repeating: 0, count: count)
      second = first
    }

    init(first: [Float], second: [Float], steps: UInt32, weightSteps: [UInt32]?) {
      self.first = first
      self.second = second
      self.steps = steps
      self.weightSteps = weightSteps
    }
  }

  private var moments: [ObjectIdentifier: Moments] = [:]
  /// 1 / (1 − β₁ˢ) and 1 / (1 − β₂ˢ) for s = 0, 1, …
  private var corrections: [Float] = [1, 1]
  private var powers: (Double, Double) = (1, 1)

  /// A fresh optimiser.
  public init() {}

  public func catchUp(_ embedding: Parameter, rows: [Int32], rate: Float) {}

  public func settle(rate: Float) {}

  public func step(_ parameters: [Parameter], rate: Float, clipping: Clipping) throws {
    let clip = try clipping.prepare(parameters)
    for parameter in parameters where parameter.hasGradient {
      let key = ObjectIdentifier(parameter)
      var state = moments.removeValue(forKey: key) ?? Moments(count: parameter.count)
      if parameter.mask != nil && state.weightSteps == nil {
        state.weightSteps = Array(repeating: state.steps, count: parameter.count)
      }
      state.steps += 1
      extendCorrections(to: Int(state.steps))
      parameter.withMask { mask in
        var counters = state.weightSteps ?? []
        state.weightSteps = nil
        counters.withUnsafeMutableBufferPointer { counters in
          tk_adam(
            parameter.count, parameter.values.baseAddress, parameter.gradient.baseAddress,
            &state.first, &state.second, mask, counters.isEmpty ? nil : counters.baseAddress,
            state.steps, corrections, rate, Self.beta1, Self.beta2, Self.epsilon, clip)
        }
        if !counters.isEmpty { state.weightSteps = counters }
      }
      moments[key] = state
    }
  }

  private func extendCorrections(to steps: Int) {
    while corrections.count < 2 * (steps + 1) {
      powers = (powers.0 * Double(Self.beta1), powers.1 * Double(Self.beta2))
      corrections += [Float(1 / (1 - powers.0)), Float(1 / (1 - powers.1))]
    }
  }

  public func state(of parameters: [Parameter]) -> [(name: String, values: [Float])] {
    parameters.flatMap { parameter -> [(String, [Float])] in
      guard let state = moments[ObjectIdentifier(parameter)] else { return [] }
      // Step counts stay far below 2²⁴, which floats hold exactly.
      let counters = state.weightSteps ?? Array(repeating: state.steps, count: parameter.count)
      return [
        ("first.\(parameter.name)", parameter.spread(state.first)),
        ("second.\(parameter.name)", parameter.spread(state.second)),
        ("steps.\(parameter.name)", parameter.spread(counters.map { Float($0) })),
      ]
    }
  }

  public func restore(
    _ parameters: [Parameter], from values: (_ name: String, _ count: Int) throws -> [Float]?
  ) throws {
    for parameter in parameters {
      guard
        let first = try values("first.\(parameter.name)", parameter.elementCount)
          .map(parameter.picked),
        let second = try values("second.\(parameter.name)", parameter.elementCount)
          .map(parameter.picked),
        let counters = try values("steps.\(parameter.name)", parameter.elementCount)
          .map(parameter.picked)?.map({ UInt32($0) })
      else { continue }
      let steps = counters.max() ?? 0
      extendCorrections(to: Int(steps))
      moments[ObjectIdentifier(parameter)] = Moments(
        first: first, second: second, steps: steps,
        weightSteps: counters.allSatisfy { $0 == steps } ? nil : counters)
    }
  }
}
