import Basics
import CKernels
import Tensors

/// How gradients are kept from exploding; one setting for all stages.
public struct Clipping: Sendable, Equatable {
  /// What the limit bounds.
  public enum Kind: String, Sendable, CaseIterable, Codable {
    /// The L2 norm over all gradients of the step together.
    case norm
    /// Every number of every gradient.
    case value
  }

  /// What `limit` bounds.
  public let kind: Kind
  /// The bound; 0 for none.
  public let limit: Float

  /// Clips by `kind` at `limit`.
  public init(_ kind: Kind, limit: Float) {
    self.kind = kind
    self.limit = limit
  }

  /// The scaling and clamping for one step's gradients, dead weights' not counted.
  ///
  /// - Throws: `Failure` of kind `badData` if the norm is not finite: the training has diverged.
  func prepare(_ gradients: GradientSlices, threads: Int) throws -> tk_clip {
    guard limit > 0 else { return tk_clip(scale: 1, limit: .infinity) }
    guard kind == .norm else { return tk_clip(scale: 1, limit: limit) }
    let norm = Float(gradients.norm(threads: threads))
    // The summand keeps the quotient finite, as in `torch.nn.utils.clip_grad_norm_`.
    guard norm.isFinite else {
      throw Failure(
        .badData, "training diverged: the gradient's norm is \(norm); a lower lr or clip helps")
    }
    return tk_clip(scale: min(1, limit / (norm + 1e-6)), limit: .infinity)
  }

  /// The L2 norm of the parameters' gradients together, dead weights' not counted.
  public static func norm(of parameters: [Parameter]) -> Double {
    GradientSlices(parameters).norm(threads: 1)
  }
}

/// Moves parameters along their gradients.
///
/// Updates are strict: a step moves a weight, and its state, only if the parameter's mask holds
/// it. Parameters without a gradient stay where they are, as in PyTorch.
public protocol Optimizer: AnyObject {
  /// Brings everything up to date, before weights are evaluated or saved or the rate changes.
  ///
  /// Between two calls the rate is one; rows of embeddings may wait until they are next read
  /// (`Parameter.willRead`).
  func settle()
  /// One step along the gradients of `parameters` at learning rate `rate`, on up to two threads;
  /// the result does not depend on how many.
  ///
  /// - Throws: `Failure` of kind `badData` if they are not finite and are clipped by their norm.
  func step(
    _ parameters: [Parameter], rate: Float, clipping: Clipping, threads: Int
  ) throws
  /// The state as named numbers, for checkpoints; complete only after `settle`.
  func state(of parameters: [Parameter]) -> [(name: String, values: [Float])]
  /// What can be in such a state: lists of a group are there together or not at all.
  func stateLayout(of parameters: [Parameter]) -> [[StateTensor]]
  /// Takes over a state that `state(of:)` gave and that fits the layout; `values` has nil for what was
  /// not in it.
  ///
  /// - Throws: what `values` throws.
  func restore(
    _ parameters: [Parameter], from values: (_ name: String) throws -> [Float]?
  ) throws
}

/// Which optimiser.
public enum OptimizerKind: String, Sendable, CaseIterable, Codable {
  case sgd, adam, adadelta

  /// A fresh optimiser of this kind.
  public func make(momentum: Float) -> any Optimizer {
    switch self {
    case .sgd: SGD(momentum: momentum)
    case .adam: Adam()
    case .adadelta: AdaDelta()
    }
  }
}
