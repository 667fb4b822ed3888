/// A value in a computation, and the gradient of the loss with respect to it.
public final class Variable {
  /// The value.
  public let value: Tensor
  /// The gradient so far; nil before anything was added.
  public fileprivate(set) var gradient: Tensor?

  fileprivate init(_ value: Tensor) {
    self.value = value
  }
}

/// Records a computation over coarse operations and walks it back (reverse-mode differentiation).
///
/// An operation computes its result, then records one closure that reads the gradient of its
/// result and adds to the gradients of its inputs and parameters. A tape belongs to one thread
/// and one step: `backward` empties it.
public final class Tape {
  /// Where the step's tensors live.
  public let workspace: Workspace
  /// Whether operations record their way back: true in training, false in evaluation.
  public let isRecording: Bool
  /// Threads an operation may use, 1 or 2. Results do not depend on it.
  public let threads: Int
  /// Times the parts of the step, if anyone asks.
  public let clock: StepClock?
  private var steps: [() -> Void] = []

  /// An empty tape.
  public init(
    workspace: Workspace = Workspace(), isRecording: Bool = true, threads: Int = 1,
    clock: StepClock? = nil
  ) {
    self.workspace = workspace
    self.isRecording = isRecording
    self.threads = threads
    self.clock = clock
  }

  /// Calls `body`; its operations, forward and backward, are timed as the part `name`.
  public func part<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
    try clock.during(name, body)
  }

  /// A new tensor of `shape` in the tape's workspace, its contents undefined.
  public func tensor(_ shape: [Int]) -> Tensor { Tensor(shape, in: workspace) }

  /// `count` integers in the tape's workspace, their values undefined.
  public func integers(_ count: Int) -> Integers { Integers(count: count, in: workspace) }

  /// A variable without a way back: an input.
  public func variable(_ value: Tensor) -> Variable { Variable(value) }

  /// The result `value` of an operation whose way back is `backward`: it gets the gradient of
  /// the result and adds to those of the operation's inputs and parameters. It is not called if
  /// nothing depends on the result.
  public func record(_ value: Tensor, backward: @escaping (Tensor) -> Void) -> Variable {
    let result = Variable(value)
    if isRecording {
      // The gradient is dropped once used, so its memory serves the operations before.
      let part = clock.map { StepClock.Part($0.part.name, isBackward: true) }
      steps.append { [clock] in
        guard let gradient = result.gradient else { return }
        if let clock, let part {
          clock.during(part) { backward(gradient) }
        } else {
          backward(gradient)
        }
        result.gradient = nil
      }
    }
    return result
  }

  /// The tensor to add `variable`'s gradient to, zero at first.
  public func gradient(of variable: Variable) -> Tensor {
    if let gradient = variable.gradient { return gradient }
    let gradient = Tensor(variable.value.shape, filledWith: 0, in: workspace)
    variable.gradient = gradient
    return gradient
  }

  /// Adds a freshly computed gradient to `variable`'s, taking the tensor over if it is the first.
  public func add(_ gradient: Tensor, to variable: Variable) {
    if let sum = variable.gradient {
      Vectors.add(gradient, to: sum)
    } else {
      variable.gradient = gradient
    }
  }

  /// Walks the computation back from the scalar `loss`, filling parameters' gradients.
  ///
  /// `seed` is the gradient at the loss, 1 unless the loss is weighted. A loss of another shape
  /// is seeded with that many copies.
  public func backward(from loss: Variable, seed: Float = 1) {
    backward(from: [(loss, seed)])
  }

  /// Walks the computation back from the sum of several scalars, each times its weight.
  public func backward(from roots: [(loss: Variable, weight: Float)]) {
    for (loss, weight) in roots {
      add(Tensor(loss.value.shape, filledWith: weight, in: workspace), to: loss)
    }
    walkBack()
  }

  /// Walks back with `gradient` at `output`, a variable of the same shape.
  public func backward(from output: Variable, gradient: Tensor) {
    precondition(gradient.shape == output.value.shape)
    output.gradient = gradient
    walkBack()
  }

  private func walkBack() {
    while let step = steps.popLast() { step() }
  }
}
