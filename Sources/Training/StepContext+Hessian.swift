import Tensors

extension StepContext {
  /// H·v, H the Hessian of all losses of `task` over its batch with respect to the weights of
  /// `parameters` that are alive for the task; what v has elsewhere does not count.
  ///
  /// By central differences of gradients, (∇L(θ + εv) − ∇L(θ − εv)) / 2ε, as in DARTS (Liu et al.
  /// 2019, section 2.3), with ε = 0.0003 / ‖v‖. Below, rounding in Float32 counts; above, curvature
  /// and maxima that jump from one character to another: `Tools/check_hessian.py` measures a relative
  /// error of 0.001 here and 0.03 at the 0.01 of DARTS. Dropout is that of the step. Nothing else
  /// keeps a gradient.
  package func hessian(
    of task: Int, over parameters: [Parameter], times v: GradientVector
  ) -> GradientVector {
    network.activate(task: task)
    let direction = zero(over: parameters, task: task)
    direction.addWithin(1, v)
    let product = zero(over: parameters)
    let norm = direction.squaredNorm().squareRoot()
    guard norm > 0 else { return product }
    let epsilon = 3e-4 / norm
    for sign in [1.0, -1.0] {
      direction.shifting(by: Float(sign * epsilon)) { _ = computeGradients(of: task) }
      product.add(Float(sign / (2 * epsilon)), takeGradient(of: parameters, task: task))
      clearGradients()
    }
    return product
  }
}
