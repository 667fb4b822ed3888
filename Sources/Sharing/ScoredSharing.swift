import Batches
import Layers
import Masks
import Tensors

/// A network of one task with a score beside every prunable weight.
///
/// The scores are parameters called `score.` and the weight's name: the epoch that training chooses
/// has its own scores, and checkpoints keep them. Where they are learned, weights stay as they are
/// and the scores choose which of them are alive.
public final class ScoredSharing: SharingNetwork {
  /// Which weights of some scores are alive: a mask for each tensor.
  public typealias Choice = (_ scores: [[Float]]) throws -> [BitMask]

  private let network: any SharingNetwork
  /// Every prunable weight matrix with its scores, of which as many are stored.
  public let scored: [(weight: Parameter, score: Parameter)]
  private let choice: Choice?
  /// Where learned scores start, as a share of |θ|: next to zero (Sanh et al. 2020), so that steps
  /// decide, and magnitude only what they leave open; from |θ| itself they take long to matter.
  private static let start: Float = 0.001
  private var alive: [AliveWeights] = []

  /// Scores of 0 for the weights of `network`, which nothing moves but a method that knows them.
  public init(_ network: any SharingNetwork) {
    self.network = network
    choice = nil
    scored = Self.scores(of: network)
    for (_, score) in scored { score.isFrozen = true }
  }

  /// Scores of a thousandth of |θ|, which steps move in the place of the weights of `network`, of
  /// which `choice` says what is alive. Products are executed densely: dead weights have gradients too.
  public init(_ network: any SharingNetwork, choice: @escaping Choice) throws {
    self.network = network
    self.choice = choice
    scored = Self.scores(of: network)
    for (weight, score) in scored { score.set(weight.elements.map { $0.magnitude * Self.start }) }
    try choose()
  }

  private static func scores(
    of network: any SharingNetwork
  ) -> [(weight: Parameter, score: Parameter)] {
    precondition(network.tasks.count == 1)
    return network.prunable.map { weight in
      let score = Parameter("score.\(weight.name)", weight.shape)
      score.store(only: weight.stored)
      return (weight, score)
    }
  }

  /// Whether steps move the scores, and not the weights.
  public var isLearned: Bool { choice != nil }

  /// Chooses the weights that are alive anew, after scores have moved.
  ///
  /// - Throws: what the choice throws.
  public func choose() throws {
    guard let choice else { return }
    let masks = try choice(scored.map(\.score.elements))
    alive = zip(scored, masks).map { AliveWeights($1, of: $0.weight) }
  }

  public var tasks: [TaskShape] { network.tasks }
  public var parameters: [Parameter] { network.parameters + scored.map(\.score) }
  public var parts: NetworkParts { network.parts }
  public func parameters(of task: Int) -> [Parameter] {
    network.parameters(of: task) + scored.map(\.score)
  }

  public func activate(tasks: [Int]) {
    network.activate(tasks: tasks)
    guard isLearned else { return }
    for ((weight, _), alive) in zip(scored, alive) {
      weight.alive = alive
      weight.isFrozen = true
    }
  }

  public func output(
    of task: Int, _ batch: Batch, draws: StepDraws?, on tape: Tape
  ) -> TaskOutput {
    network.output(of: task, batch, draws: draws, on: tape)
  }

  public func head(of task: Int) -> any Head { network.head(of: task) }
}
