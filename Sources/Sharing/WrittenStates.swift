import Basics
import Batches
import Layers
import Tensors

/// What tasks that are trained together want of shared and private states, beside their own losses
/// (Liu and Huang 2018, "ASR" and appendix 7.1). They give no weights.
public struct WritingSettings: Sendable, Equatable {
  /// The weight of the discriminator's loss; 0 for no discriminator.
  public var adversary: Float = 0
  /// The weight of the orthogonality between shared and private states.
  public var orthogonality: Float = 0

  /// Nothing is wanted.
  public init() {}

  /// Whether anything is wanted.
  public var isActive: Bool { adversary > 0 || orthogonality > 0 }

  /// Checks that `architecture` has the states for it, where it trains `tasks` together.
  ///
  /// - Throws: `Failure` of kind `usage` naming the setting and the architecture.
  public func check(_ architecture: Architecture, tasks: [TaskShape]) throws {
    if adversary > 0, !architecture.hasSharedStates {
      throw Failure(
        .usage, setting: "adversary", value: "\(adversary)",
        "\(architecture.name) has no states that all tasks read as they are; leave out one of them")
    }
    if adversary > 0, tasks.count < 2 {
      throw Failure(
        .usage, setting: "adversary", value: "\(adversary)",
        "needs two tasks or more to be told apart; there is only \(tasks[0].name)")
    }
    if orthogonality > 0, !architecture.hasPrivateStates {
      throw Failure(
        .usage, setting: "orthogonal-states", value: "\(orthogonality)",
        "\(architecture.name) has no private states beside shared ones; leave out one of them")
    }
  }
}

/// A network that is trained on its tasks together, with losses on the vectors that its states make
/// of sentences: S of the shared, P of the private ones, [B, 2H], pooled as texts are; of feature
/// vectors the states themselves, [B, H].
///
/// The adversary is a linear map of S to the tasks, `adversary.weight` [M, 2H] and `adversary.bias`;
/// its cross entropy against the step's task moves it, and below it, reversed, the network (equation
/// 12). It has done its work where its accuracy is 1/M. The other loss is ‖SᵀP‖_F² (equation 13).
public final class WrittenStates: SharingNetwork {
  private let network: any SharingNetwork
  private let shape: NetworkShape
  private let settings: WritingSettings
  private let adversary: Linear?

  /// `network`, a network of `shape` that has the states which `settings` need.
  public init(
    _ network: any SharingNetwork, _ shape: NetworkShape, _ settings: WritingSettings,
    seed: UInt64?
  ) {
    self.network = network
    self.shape = shape
    self.settings = settings
    adversary =
      settings.adversary > 0
      ? Linear(
        "adversary", inputs: shape.stateWidth, outputs: network.tasks.count, seed: seed) : nil
  }

  private var own: [Parameter] { adversary.map { [$0.weight, $0.bias] } ?? [] }

  public var tasks: [TaskShape] { network.tasks }
  public var parameters: [Parameter] { network.parameters + own }
  public var parts: NetworkParts {
    let parts = network.parts
    return NetworkParts(
      words: parts.words, encoders: parts.encoders, heads: parts.heads, stitches: parts.stitches,
      discriminator: own, modules: parts.modules)
  }
  public func parameters(of task: Int) -> [Parameter] { network.parameters(of: task) + own }
  public func activate(tasks: [Int]) { network.activate(tasks: tasks) }

  public func output(
    of task: Int, _ batch: Batch, draws: StepDraws?, on tape: Tape
  ) -> TaskOutput {
    let output = network.output(of: task, batch, draws: draws, on: tape)
    guard tape.isRecording else { return output }
    guard let states = output.states else { preconditionFailure("the network has no states") }
    var (losses, observations) = (output.losses, output.observations)
    tape.part("writing") {
      func vectors(_ states: Variable) -> Variable {
        shape.pooled(states, batch.packing, on: tape)
      }
      let shared = vectors(states.shared)
      if let adversary {
        let scores = adversary(GradientReversal()(shared, on: tape), on: tape)
        let labelled = Batch(
          sentences: batch.sentences, packing: batch.packing, inputs: batch.inputs,
          labels: Array(repeating: Int32(task), count: batch.sentenceCount))
        let loss = SoftmaxHead().loss(scores, batch: labelled, on: tape)
        losses.append(AuxiliaryLoss("adversary", Scaling(settings.adversary)(loss, on: tape)))
        let right = SoftmaxHead().decode(scores.value, batch: labelled).count { $0 == task }
        observations.append(
          Observation("adversary_accuracy", Double(right) / Double(batch.sentenceCount)))
      }
      if settings.orthogonality > 0 {
        guard let own = states.private else { preconditionFailure("there are no private states") }
        let square = StateOrthogonality()(shared, vectors(own), on: tape)
        losses.append(
          AuxiliaryLoss(
            "orthogonal-states", Scaling(settings.orthogonality)(square, on: tape)))
      }
    }
    return TaskOutput(
      scores: output.scores, states: states, losses: losses, observations: observations)
  }

  public func head(of task: Int) -> any Head { network.head(of: task) }
}
