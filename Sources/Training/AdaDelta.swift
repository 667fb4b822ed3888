import CKernels
import Foundation
import Tensors

/// AdaDelta (Zeiler 2012) with ρ = 0.9 and ε = 1e-6, as `torch.optim.Adadelta`; at rate 1 it is the
/// original.
///
/// A row of an embedding without a gradient does not move, but its running means fade. That is made
/// up for when it next has one, so a step costs as much as the rows it touches.
public final class AdaDelta: Optimizer {
  private static let rho: Float = 0.9, epsilon: Float = 1e-6

  /// What is kept for a parameter.
  private final class State {
    let parameter: Parameter
    /// Running means of squared gradients and of squared updates.
    let squares: Tensor, updates: Tensor
    /// The steps an embedding has made, and for each row up to which of them it is up to date.
    var steps: Int32 = 0
    let current: UnsafeMutableBufferPointer<Int32>

    init(_ parameter: Parameter) {
      self.parameter = parameter
      squares = Tensor([parameter.count], filledWith: 0, in: Workspace())
      updates = Tensor([parameter.count], filledWith: 0, in: Workspace())
      current = .allocate(capacity: parameter.isEmbedding ? parameter.shape[0] : 0)
      current.initialize(repeating: 0)
    }

    deinit { current.deallocate() }

    /// Brings row `row` up to date with step `step`.
    func fade(_ row: Int, to step: Int32) {
      let skipped = step - current[row]
      current[row] = step
      guard skipped > 0 else { return }
      let left = pow(AdaDelta.rho, Float(skipped))
      for means in [squares, updates] {
        tk_scale(parameter.width, left, means.pointer + row * parameter.width)
      }
    }
  }

  private var states: [ObjectIdentifier: State] = [:]

  /// A fresh optimiser.
  public init() {}

  public func settle() {
    for state in states.values {
      for row in state.current.indices { state.fade(row, to: state.steps) }
    }
  }

  public func step(
    _ parameters: [Parameter], rate: Float, clipping: Clipping, threads: Int
  ) throws {
    let gradients = GradientSlices(parameters)
    let clip = try clipping.prepare(gradients, threads: threads)
    for parameter in parameters where parameter.hasGradient {
      let state = state(of: parameter)
      if parameter.isEmbedding && parameter.mask == nil { state.steps += 1 }
    }
    gradients.forEach(threads: threads) { [states] _, slice in
      let parameter = slice.parameter
      let state = states[ObjectIdentifier(parameter)]!
      if slice.isRows {
        for row in parameter.touchedRows[slice.range] {
          state.fade(Int(row), to: state.steps - 1)
          state.current[Int(row)] = state.steps
        }
      }
      slice.forEachRun { start, count, mask in
        tk_adadelta(
          count, parameter.values.baseAddress! + start, parameter.gradient.baseAddress! + start,
          state.squares.pointer + start, state.updates.pointer + start, mask, rate, Self.rho,
          Self.epsilon, clip)
      }
    }
  }

  private func state(of parameter: Parameter) -> State {
    let key = ObjectIdentifier(parameter)
    if let state = states[key] { return state }
    let state = State(parameter)
    states[key] = state
    return state
  }

  public func state(of parameters: [Parameter]) -> [(name: String, values: [Float])] {
    parameters.flatMap { parameter -> [(String, [Float])] in
      guard let state = states[ObjectIdentifier(parameter)] else { return [] }
      return [
        ("squares.\(parameter.name)", parameter.spread(state.squares.values)),
        ("updates.\(parameter.name)", parameter.spread(state.updates.values)),
      ]
    }
  }

  public func stateLayout(of parameters: [Parameter]) -> [[StateTensor]] {
    parameters.map {
      [
        StateTensor("squares", of: $0, .notNegative), StateTensor("updates", of: $0, .notNegative),
      ]
    }
  }

  public func restore(
    _ parameters: [Parameter], from values: (_ name: String) throws -> [Float]?
  ) throws {
    for parameter in parameters {
      guard let squares = try values("squares.\(parameter.name)"),
        let updates = try values("updates.\(parameter.name)")
      else { continue }
      let state = State(parameter)
      state.squares.pointer.update(from: parameter.picked(squares), count: parameter.count)
      state.updates.pointer.update(from: parameter.picked(updates), count: parameter.count)
      states[ObjectIdentifier(parameter)] = state
    }
  }
}
