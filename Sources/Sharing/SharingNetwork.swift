import Batches
import Layers
import Masks
import Tensors

/// A network for M tasks that share parameters in some way: what every architecture provides and
/// the one training loop uses.
///
/// A task is named by its index in `tasks`. Before a step or an evaluation of a task the loop
/// activates it, which puts the task's masks, if any, on the parameters, and freezes what a step
/// of the task may read but not move. No requirement has a default: whoever wraps a network says
/// what becomes of each.
public protocol SharingNetwork: AnyObject {
  /// The tasks.
  var tasks: [TaskShape] { get }
  /// All parameters, in the order of the weights file.
  var parameters: [Parameter] { get }
  /// The parts that others ask for by what they are.
  var parts: NetworkParts { get }
  /// The parameters that a step of `task` reads; it moves those that are not frozen.
  func parameters(of task: Int) -> [Parameter]
  /// Puts the masks of the tasks' subnets on the parameters, and freezes what their steps do not
  /// move. Of several tasks it is the union: what a step of all of them together may move, not what
  /// is computed with.
  func activate(tasks: [Int])
  /// What the network computes for `task` on a batch. `draws` is nil in evaluation: no dropout
  /// then. On a tape that does not record there are no losses.
  func output(of task: Int, _ batch: Batch, draws: StepDraws?, on tape: Tape) -> TaskOutput
  /// What turns `task`'s scores into a loss and labels.
  func head(of task: Int) -> any Head
}

/// What a network computes for one task on one batch.
public struct TaskOutput {
  /// The scores of the task's labels: [N, C], a row a token, or [B, C], a row a text.
  public let scores: Variable
  /// The states that the scores are made of, for losses on them; nil where no task's states are
  /// read by all as they are.
  public let states: States?
  /// What a step adds to the task's own loss, as it is: penalties, and what else the architecture
  /// wants its parameters to do.
  public let losses: [AuxiliaryLoss]
  /// What a step only reports.
  public let observations: [Observation]

  /// Scores, the states below them, losses beside the task's own, and what is only reported.
  public init(
    scores: Variable, states: States? = nil, losses: [AuxiliaryLoss] = [],
    observations: [Observation] = []
  ) {
    self.scores = scores
    self.states = states
    self.losses = losses
    self.observations = observations
  }
}

/// A batch's states, a row a token.
public struct States {
  /// Those of the topmost layer that all tasks pass through, [N, 2H].
  public let shared: Variable
  /// Those of the task's own encoder, [N, 2H]; nil if it has none.
  public let `private`: Variable?

  /// Shared states, and private ones if there are any.
  public init(shared: Variable, private own: Variable? = nil) {
    self.shared = shared
    self.private = own
  }
}

/// A number that a step reports and does not learn from.
public struct Observation: Sendable {
  /// What metrics call it: letters, digits, `_` and `-`.
  public let name: String
  /// Its value over the batch.
  public let value: Double

  /// The number `value` under `name`.
  public init(_ name: String, _ value: Double) {
    self.name = name
    self.value = value
  }
}

/// A loss beside the task's own.
public struct AuxiliaryLoss {
  /// What metrics call it: letters, digits, `_` and `-`.
  public let name: String
  /// Its value, a scalar with its weight in it.
  public let value: Variable

  /// The loss `value` under `name`.
  public init(_ name: String, _ value: Variable) {
    self.name = name
    self.value = value
  }
}

/// Parts of a network that are asked for by what they are, never by their parameters' names.
public struct NetworkParts {
  /// The table of word vectors, which pre-trained ones are copied into; nil if there is none.
  public let words: Parameter?
  /// The weight matrices of the BiLSTMs over tokens, which nearly all work is spent on.
  public let encoders: [Parameter]
  /// The weight matrices of tasks' heads.
  public let heads: [Parameter]
  /// What stitch units and layer mixtures learned; nil if the network has none.
  public let stitches: Stitches?
  /// What tells the tasks apart: every task's steps move it, but no task's scores need it.
  public let discriminator: [Parameter]
  /// The modules that tasks have paths through; nil if the network has none.
  public let modules: ModulePool?

  /// α and β (Ruder et al. 2019).
  public struct Stitches {
    /// S, the subspaces of a layer.
    public let subspaces: Int
    /// α by layer, each [S·M, S·M]: a row a target (task · S + subspace), a column a source.
    public let alpha: [Parameter]
    /// β by task, each [K]; empty if the layers are not mixed by learned numbers.
    public let beta: [Parameter]
  }

  /// The parts of a network.
  public init(
    words: Parameter?, encoders: [Parameter], heads: [Parameter], stitches: Stitches? = nil,
    discriminator: [Parameter] = [], modules: ModulePool? = nil
  ) {
    self.words = words
    self.encoders = encoders
    self.heads = heads
    self.stitches = stitches
    self.discriminator = discriminator
    self.modules = modules
  }
}

extension SharingNetwork {
  /// Puts the masks of `task`'s subnet on the parameters, and freezes what its steps do not move.
  public func activate(task: Int) { activate(tasks: [task]) }

  /// The parameters that more than one task reads for its scores, in the order of the weights file:
  /// θˢ of parameters read–write networks.
  public var shared: [Parameter] {
    let judges = Set(parts.discriminator.map(ObjectIdentifier.init))
    var readers: [ObjectIdentifier: Int] = [:]
    for task in tasks.indices {
      for parameter in parameters(of: task) {
        readers[ObjectIdentifier(parameter), default: 0] += 1
      }
    }
    return parameters.filter {
      readers[ObjectIdentifier($0), default: 0] > 1 && !judges.contains(ObjectIdentifier($0))
    }
  }

  /// The prunable parameters, in the order of the tickets' tensors.
  public var prunable: [Parameter] { parameters.filter(\.isPrunable) }

  /// Where the prunable parameters sit, by name.
  public var places: [String: TensorPlace] {
    Dictionary(uniqueKeysWithValues: prunable.map { ($0.name, $0.place) })
  }

  /// The masks of a network of which nothing is pruned.
  public var allAlive: MaskSet {
    MaskSet(
      prunable.map {
        MaskSet.Entry(
          name: $0.name, shape: $0.shape, mask: BitMask(repeating: true, count: $0.elementCount))
      })
  }
}
