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
  private let momentum: Float
  private var velocities: [ObjectIdentifier: [Float]] = [:]
  private var coasting: [ObjectIdentifier: Coasting] = [:]

  /// The steps an embedding has made, and for each row up to which of them it is up to date;
  /// −1 if the row has no velocity.
  private struct Coasting {
    let embedding: Parameter
    var steps: Int32 = 0
    var current: [Int32]
  }

  /// With momentum μ.
  public init(momentum: Float) {
    self.momentum = momentum
  }

  public func catchUp(_ embedding: Parameter, rows: [Int32], rate: Float) {
    guard momentum > 0, var state = coasting.removeValue(forKey: ObjectIdentifier(embedding))
    else { return }
    for row in rows { coast(Int(row), &state, rate) }
    coasting[ObjectIdentifier(embedding)] = state
  }

  public func settle(rate: Float) {
    for key in coasting.keys {
      guard var state = coasting.removeValue(forKey: key) else { continue }
      for row in state.current.indices { coast(row, &state, rate) }
      coasting[key] = state
    }
  }

  private func coast(_ row: Int, _ state: inout Coasting, _ rate: Float) {
    let skipped = state.steps - state.current[row]
    guard state.current[row] >= 0, skipped > 0 else { return }
    state.current[row] = state.steps
    let left = pow(momentum, Float(skipped))
    let moved = rate * momentum * (1 - left) / (1 - momentum)
    let width = state.embedding.width
    let w = state.embedding.values.baseAddress! + row * width
    velocities[ObjectIdentifier(state.embedding)]!.withUnsafeMutableBufferPointer { v in
      for j in 0..<width {
        w[j] -= moved * v[row * width + j]
        v[row * width + j] *= left
      }
    }
  }

  public func step(_ parameters: [Parameter], rate: Float, clipping: Clipping) throws {
    let clip = try clipping.prepare(parameters)
    for parameter in parameters where parameter.hasGradient {
      let key = ObjectIdentifier(parameter)
      velocities[key, default: Array(repeating: 0, count: parameter.count)]
        .withUnsafeMutableBufferPointer { v in
          if parameter.isEmbedding && parameter.mask == nil {
            stepRows(parameter, v.baseAddress!, rate, clip)
          } else {
            parameter.withMask {
              tk_sgd(
                parameter.count, parameter.values.baseAddress, parameter.gradient.baseAddress,
                v.baseAddress, $0, rate, momentum, clip)
            }
          }
        }
    }
  }

  private func stepRows(
    _ parameter: Parameter, _ v: UnsafeMutablePointer<Float>, _ rate: Float, _ clip: tk_clip
  ) {
    let key = ObjectIdentifier(parameter)
    let width = parameter.width
    var state =
      coasting.removeValue(forKey: key)
      ?? Coasting(
        embedding: parameter, current: Array(repeating: -1, count: parameter.shape[0]))
    state.steps += 1
    for row in parameter.touchedRows {
      let start = Int(row) * width
      tk_sgd(
        width, parameter.values.baseAddress! + start, parameter.gradient.baseAddress! + start,
        v + start, nil, rate, momentum, clip)
      state.current[Int(row)] = state.steps
    }
    coasting[key] = state
  }

  public func state(of parameters: [Parameter]) -> [(name: String, values: [Float])] {
    parameters.compactMap { parameter in
      velocities[ObjectIdentifier(parameter)].map {
        ("velocity.\(parameter.name)", parameter.spread($0))
      }
    }
  }

  public func restore(
    _ parameters: [Parameter], from values: (_ name: String, _ count: Int) throws -> [Float]?
  ) throws {
    for parameter in parameters {
      guard let velocity = try values("velocity.\(parameter.name)", parameter.elementCount) else {
        continue
      }
      velocities[ObjectIdentifier(parameter)] = parameter.picked(velocity)
      guard parameter.isEmbedding, parameter.mask == nil else { continue }
      coasting[ObjectIdentifier(parameter)] = Coasting(
        embedding: parameter, current: Array(repeating: 0, count: parameter.shape[0]))
    }
  }
}
