import Basics
import Batches
import Sharing
import Tensors
import Training

extension Saliency {
  /// What `criterion` makes of `network` as it is, a subnet of one task, before any training.
  ///
  /// Nothing is dropped out, and auxiliary losses count as in a step.
  ///
  /// - Parameters:
  ///   - batches: at least one, with known labels; where the criterion needs no data, its kind counts.
  ///   - threads: 1 or 2; results do not depend on it.
  ///   - onBatch: called after every pass over a batch; may throw to stop.
  /// - Throws: `Failure` of kind `badData` if all scores are 0, and what `onBatch` throws.
  public init(
    measuring criterion: Criterion, of network: any SharingNetwork, on batches: [Batch],
    threads: @escaping () -> Int, onBatch: (Batch) throws -> Void
  ) throws {
    network.activate(task: 0)
    let weights = network.prunable
    let workspace = Workspace()
    func context(_ batch: Batch) -> StepContext {
      StepContext(
        network, task: 0, batch: batch, rate: 0, clipping: Clipping(.norm, limit: 0), draws: nil,
        threads: threads(), workspace: workspace)
    }
    let gradient = GradientVector(over: weights, in: workspace)
    if criterion.needsBatches {
      for batch in batches {
        gradient.add(1, context(batch).gradient(over: weights))
        try onBatch(batch)
      }
    }
    func flow() throws -> GradientVector {
      let flow = GradientVector(over: weights, in: workspace)
      for batch in batches {
        flow.add(1, context(batch).hessian(of: 0, over: weights, times: gradient))
        // Two passes each.
        for _ in 0..<2 { try onBatch(batch) }
      }
      return flow
    }
    let values =
      switch criterion {
      case .snip: Self.products(weights, gradient)
      case .grasp: try Self.products(weights, flow())
      case .synflow: Self.synapticFlow(network, weights, like: batches[0], in: workspace)
      default: preconditionFailure("\(criterion) needs training")
      }
    guard values.contains(where: { $0.contains { $0 != 0 } }) else {
      throw Failure(
        .badData,
        "pruning: every weight's \(criterion.rawValue) score is 0, since no gradient reaches any of "
          + "them; the weights it starts from are unusable")
    }
    self.init(values, order: criterion.order)
  }

  /// θ ∘ v, element by element; zero where a weight is not stored.
  private static func products(_ weights: [Parameter], _ vector: GradientVector) -> [[Float]] {
    weights.map { weight in zip(weight.elements, vector.elements(of: weight)).map { $0 * $1 } }
  }

  /// θ ∘ ∂R/∂θ of a network over feature vectors; its weights are afterwards as before, to the bit.
  private static func synapticFlow(
    _ network: any SharingNetwork, _ weights: [Parameter], like batch: Batch,
    in workspace: Workspace
  ) -> [[Float]] {
    let parameters = network.parameters(of: 0)
    let saved = Weights(of: parameters)
    for parameter in parameters { parameter.set(parameter.elements.map(\.magnitude)) }
    defer {
      for (parameter, entry) in zip(parameters, saved.entries) { parameter.set(entry.values) }
    }
    let width = batch.inputs.features.count / batch.tokenCount
    let ones = Batch(
      sentences: [0], packing: Packing(stepSizes: [1]),
      inputs: Inputs(features: Array(repeating: 1, count: width)))
    let tape = Tape(workspace: workspace)
    tape.backward(from: network.output(of: 0, ones, draws: nil, on: tape).scores)
    let gradient = GradientVector(taking: weights, in: workspace)
    for parameter in parameters { parameter.clearGradient() }
    return products(weights, gradient)
  }
}
