import Basics
import CKernels
import Tensors

/// Adam (Kingma and Ba 2015) with β₁ = 0.9, β₂ = 0.999, ε = 1e-8, as `torch.optim.Adam`.
///
/// Under masks each weight counts its own steps, so that the bias correction of a shared weight
/// fits the steps it took part in. Embeddings are updated densely.
public final class Adam: Optimizer {
  private static let beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8

  private final class Moments {
    let parameter: Parameter
    let first: Tensor, second: Tensor
    /// Steps of the parameter, and of each weight if it was ever masked.
    var steps: UInt32 = 0
    var weightSteps: UnsafeMutableBufferPointer<UInt32>?

    init(_ parameter: Parameter) {
      self.parameter = parameter
      first = Tensor([parameter.count], filledWith: 0, in: Workspace())
      second = Tensor([parameter.count], filledWith: 0, in: Workspace())
    }

    deinit { weightSteps?.deallocate() }

    /// From now on every weight counts its own steps.
    func countByWeight() {
      weightSteps = .allocate(capacity: parameter.count)
      weightSteps!.initialize(repeating: steps)
    }
  }

  private var moments: [ObjectIdentifier: Moments] = [:]
  /// 1 / (1 − β₁ˢ) and 1 / (1 − β₂ˢ) for s = 0, 1, …
  private var corrections: [Float] = [1, 1]
  private var powers: (Double, Double) = (1, 1)

  /// A fresh optimiser.
  public init() {}

  public func settle() {}

  public func step(
    _ parameters: [Parameter], rate: Float, clipping: Clipping, threads: Int
  ) throws {
    let gradients = GradientSlices(parameters)
    let clip = try clipping.prepare(gradients, threads: threads)
    for parameter in parameters where parameter.hasGradient {
      let state = moments(of: parameter)
      if parameter.mask != nil && state.weightSteps == nil { state.countByWeight() }
      state.steps += 1
      extendCorrections(to: Int(state.steps))
    }
    // All elements of an embedding move, also those without a gradient.
    let all = GradientSlices(parameters, allRows: true)
    all.forEach(threads: threads) { [moments, corrections] _, slice in
      let parameter = slice.parameter
      let state = moments[ObjectIdentifier(parameter)]!
      slice.forEachRun { start, count, mask in
        tk_adam(
          count, parameter.values.baseAddress! + start, parameter.gradient.baseAddress! + start,
          state.first.pointer + start, state.second.pointer + start, mask,
          state.weightSteps.map { $0.baseAddress! + start }, state.steps, corrections, rate,
          Self.beta1, Self.beta2, Self.epsilon, clip)
      }
    }
  }

  private func moments(of parameter: Parameter) -> Moments {
    let key = ObjectIdentifier(parameter)
    if let state = moments[key] { return state }
    let state = Moments(parameter)
    moments[key] = state
    return state
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
      let counters =
        state.weightSteps?.map { Float($0) }
        ?? Array(repeating: Float(state.steps), count: parameter.count)
      return [
        ("first.\(parameter.name)", parameter.spread(state.first.values)),
        ("second.\(parameter.name)", parameter.spread(state.second.values)),
        ("steps.\(parameter.name)", parameter.spread(counters)),
      ]
    }
  }

  public func stateLayout(of parameters: [Parameter]) -> [[StateTensor]] {
    parameters.map {
      [
        StateTensor("first", of: $0), StateTensor("second", of: $0, .notNegative),
        StateTensor("steps", of: $0, .steps),
      ]
    }
  }

  public func restore(
    _ parameters: [Parameter], from values: (_ name: String) throws -> [Float]?
  ) throws {
    for parameter in parameters {
      guard
        let first = try values("first.\(parameter.name)").map(parameter.picked),
        let second = try values("second.\(parameter.name)").map(parameter.picked),
        let counters = try values("steps.\(parameter.name)").map(parameter.picked)?
          .map({ UInt32($0) })
      else { continue }
      let state = Moments(parameter)
      state.first.pointer.update(from: first, count: first.count)
      state.second.pointer.update(from: second, count: second.count)
      state.steps = counters.max() ?? 0
      extendCorrections(to: Int(state.steps))
      if !counters.allSatisfy({ $0 == state.steps }) {
        state.countByWeight()
        _ = state.weightSteps!.update(from: counters)
      }
      moments[ObjectIdentifier(parameter)] = state
    }
  }
}
