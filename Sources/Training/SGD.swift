import Basics
import CKernels
import Foundation
import Tensors

/// Stochastic gradient descent with momentum, as `torch.optim.SGD`: v ← μv + g, w ← w − ηv.
///
/// Most rows of an embedding have no gradient in a step; they only coast on their velocity. That
/// is made up for when a row is next read: after k steps of coasting its velocity is μᵏv and it
/// has moved by −ηv(μ + … + μᵏ), so a step costs as much as the rows it touches.
public final class SGD: Optimizer {
  /// What is kept for a parameter.
  private final class State {
    let parameter: Parameter
    let velocity: Tensor
    /// The steps an embedding has made, and for each row up to which of them it is up to date;
    /// −1 if the row has no velocity.
    var steps: Int32 = 0
    let current: UnsafeMutableBufferPointer<Int32>

    init(_ parameter: Parameter) {
      self.parameter = parameter
      velocity = Tensor([parameter.count], filledWith: 0, in: Workspace())
      current = .allocate(capacity: parameter.isEmbedding ? parameter.shape[0] : 0)
      current.initialize(repeating: -1)
    }

    deinit { current.deallocate() }

    /// Brings row `row` up to date.
    func coast(_ row: Int, momentum: Float, rate: Float) {
      let skipped = steps - current[row]
      guard current[row] >= 0, skipped > 0 else { return }
      current[row] = steps
      let left = pow(momentum, Float(skipped))
      let moved = rate * momentum * (1 - left) / (1 - momentum)
      let start = row * parameter.width
      tk_coast(
        parameter.width, parameter.values.baseAddress! + start, velocity.pointer + start, moved,
        left)
    }
  }

  private let momentum: Float
  /// The rate since the last `settle`.
  private var rate: Float = 0
  private var states: [ObjectIdentifier: State] = [:]

  /// With momentum μ.
  public init(momentum: Float) {
    self.momentum = momentum
  }

  public func settle() {
    for state in states.values {
      for row in state.current.indices { state.coast(row, momentum: momentum, rate: rate) }
    }
  }

  public func step(
    _ parameters: [Parameter], rate: Float, clipping: Clipping, threads: Int
  ) throws {
    self.rate = rate
    let gradients = GradientSlices(parameters)
    let clip = try clipping.prepare(gradients, threads: threads)
    for parameter in parameters where parameter.hasGradient {
      let state = state(of: parameter)
      if parameter.isEmbedding && parameter.mask == nil { state.steps += 1 }
    }
    gradients.forEach(threads: threads) { [states, momentum] _, slice in
      let parameter = slice.parameter
      let state = states[ObjectIdentifier(parameter)]!
      slice.forEachRun { start, count, mask in
        tk_sgd(
          count, parameter.values.baseAddress! + start, parameter.gradient.baseAddress! + start,
          state.velocity.pointer + start, mask, rate, momentum, clip)
      }
      guard slice.isRows else { return }
      for row in parameter.touchedRows[slice.range] { state.current[Int(row)] = state.steps }
    }
  }

  private func state(of parameter: Parameter) -> State {
    let key = ObjectIdentifier(parameter)
    if let state = states[key] { return state }
    let state = State(parameter)
    states[key] = state
    if parameter.isEmbedding, momentum > 0 {
      parameter.willRead = { [weak self, unowned state] rows in
        guard let self else { return }
        for row in rows { state.coast(Int(row), momentum: momentum, rate: rate) }
      }
    }
    return state
  }

  public func state(of parameters: [Parameter]) -> [(name: String, values: [Float])] {
    parameters.compactMap { parameter in
      states[ObjectIdentifier(parameter)].map {
        ("velocity.\(parameter.name)", parameter.spread($0.velocity.values))
      }
    }
  }

  public func stateLayout(of parameters: [Parameter]) -> [[StateTensor]] {
    parameters.map { [StateTensor("velocity", of: $0)] }
  }

  public func restore(
    _ parameters: [Parameter], from values: (_ name: String) throws -> [Float]?
  ) throws {
    for parameter in parameters {
      guard let velocity = try values("velocity.\(parameter.name)") else {
        continue
      }
      let state = state(of: parameter)
      state.velocity.pointer.update(from: parameter.picked(velocity), count: parameter.count)
      guard parameter.isEmbedding, parameter.mask == nil else { continue }
      state.steps = 0
      state.current.update(repeating: 0)
    }
  }
}
