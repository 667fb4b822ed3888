import Basics
import Masks
import Sharing
import Tensors
import Training

/// What every prunable weight is worth to a task: those worth least go first.
public struct Saliency: Sendable {
  /// A score a weight, tensor by tensor in the order of the ticket.
  public let values: [[Float]]
  /// What makes a score large.
  public let order: Selection.Order

  /// Scores, of which the largest in `order` are worth most.
  public init(_ values: [[Float]], order: Selection.Order) {
    self.values = values
    self.order = order
  }

  /// What `criterion` makes of trained weights.
  ///
  /// - Parameters:
  ///   - weights: the prunable parameters after training, in the order of the ticket.
  ///   - theta0: θ⁰, with all of them.
  ///   - scores: what was kept of each weight through training: movement, or learned scores.
  ///   - chance: the stream of the random criterion.
  init(
    _ criterion: Criterion, of weights: [Parameter], since theta0: Weights, scores: [[Float]],
    chance: RandomStream
  ) {
    switch criterion {
    case .magnitude: self.init(weights.map(\.elements), order: criterion.order)
    case .random:
      var stream = chance
      self.init(
        weights.map { weight in (0..<weight.elementCount).map { _ in stream.uniform() } },
        order: criterion.order)
    case .change:
      let start = Dictionary(uniqueKeysWithValues: theta0.entries.map { ($0.name, $0.values) })
      self.init(
        weights.map { zip($0.elements, start[$0.name]!).map { $0 - $1 } }, order: criterion.order)
    case .movement, .scores: self.init(scores, order: criterion.order)
    case .snip, .grasp, .synflow: preconditionFailure("\(criterion) is measured before training")
    }
  }

  /// Checks the scores of the weights alive in `masks`.
  ///
  /// - Throws: `Failure` of kind `badData` naming a tensor of which one is no number.
  func requireFinite(_ masks: MaskSet) throws {
    for (entry, scores) in zip(masks.entries, values) {
      for i in entry.mask.aliveIndices where !scores[i].isFinite {
        throw Failure(
          .badData,
          "pruning: the score of weight \(i) of tensor \(entry.name) is \(scores[i]), because the "
            + "weights or gradients it comes from are; where weights are trained, a lower lr or clip helps"
        )
      }
    }
  }
}
