import Basics
import Batches
import Layers
import Tensors

/// Sluice networks (Ruder et al. 2019) and what comes out of them by fixing parameters:
/// one stack of layers a task over a shared input layer, α between the stacks after every layer, a
/// mixture of layers below every task's head.
///
/// α⁽ᵏ⁾ is [S·M, S·M], `stitch.alpha_lk` in the weights file; β of a task is [K],
/// `stitch.beta.TASK`. A step of a task reads and moves every stack from which something flows to
/// the task.
public final class SluiceNetwork: SharingNetwork {
  public let tasks: [TaskShape]
  private let shape: NetworkShape
  private let input: InputLayer
  private let stacks: [any LayerStack]
  private let stitches: [StitchUnit]
  private let mixtures: [LayerMixture]
  private let heads: [TaskHead]
  private let penalties: [SubspacePenalty]
  private let subspaces: Int

  /// A network of `shape` for `tasks`, initialised under `seed`; without one parameters are zero
  /// (α and β as they start), to be loaded.
  ///
  /// - Throws: `Failure` of kind `usage` if the hidden units cannot be divided into subspaces.
  public init(
    _ shape: NetworkShape, tasks: [TaskShape], settings: SluiceSettings, seed: UInt64?
  ) throws {
    guard shape.hidden % settings.subspaces == 0 else {
      throw Failure(
        .usage, setting: "hidden", value: "\(shape.hidden)",
        "must be even, so that a layer has two subspaces (or choose subspaces 1)")
    }
    guard shape.rows == .tokens || settings.subspaces == 1 else {
      throw Failure(
        .usage, setting: "subspaces", value: "\(settings.subspaces)",
        "fully connected layers have no subspaces; over feature vectors there are cross-stitch, and "
          + "sluice with subspaces 1")
    }
    guard shape.directions == .both || settings.subspaces == 1 else {
      throw Failure(
        .usage, setting: "subspaces", value: "\(settings.subspaces)",
        "layers that read forward only have no subspaces; choose directions both, or subspaces 1")
    }
    self.tasks = tasks
    self.shape = shape
    input = InputLayer(shape, seed: seed)
    let stacks = tasks.map { shape.makeEncoder(of: $0.name, seed: seed) }
    self.stacks = stacks
    let entries = settings.alpha(tasks: tasks.count)
    stitches = (0..<shape.layers).map {
      StitchUnit(
        "stitch.alpha_l\($0)", tasks: tasks.count, subspaces: settings.subspaces,
        entries: entries)
    }
    mixtures = tasks.map {
      LayerMixture(
        "stitch.beta.\($0.name)", settings.mixture, start: settings.beta(layers: shape.layers))
    }
    let layers = settings.mixture == .concatenation ? shape.layers : 1
    heads = tasks.map { TaskHead($0, shape, inputs: layers * stacks[0].stateWidth, seed: seed) }
    subspaces = settings.subspaces
    var penalties: [SubspacePenalty] = []
    if settings.subspaces > 1, settings.orthogonality > 0 {
      penalties.append(SubspacePenalty(.orthogonality, weight: settings.orthogonality))
    }
    if settings.subspaces > 1, settings.flow == .withinTask, settings.groupLasso > 0 {
      penalties.append(SubspacePenalty(.groupLasso, weight: settings.groupLasso))
    }
    self.penalties = penalties
  }

  public var parameters: [Parameter] {
    input.parameters + stacks.flatMap(\.parameters) + stitches.map(\.alpha)
      + mixtures.compactMap(\.beta) + heads.flatMap(\.parameters)
  }

  public var parts: NetworkParts {
    NetworkParts(
      words: input.wordTable, encoders: stacks.flatMap(\.weights),
      heads: heads.flatMap(\.weights),
      stitches: .init(
        subspaces: subspaces, alpha: stitches.map(\.alpha), beta: mixtures.compactMap(\.beta)))
  }

  public func parameters(of task: Int) -> [Parameter] {
    input.parameters + layers(of: reads(of: task)) { $0.parameters(ofLayer: $1) }
      + stitches.map(\.alpha)
      + [mixtures[task].beta].compactMap { $0 } + heads[task].parameters
  }

  /// `part` of every layer that a step reads, given the tasks whose layer k it reads for every k.
  private func layers(
    of read: [[Int]], _ part: (any LayerStack, Int) -> [Parameter]
  ) -> [Parameter] {
    // Nothing is read by fewer tasks in an inner layer than further up.
    tasks.indices.flatMap { source in
      read.indices.filter { read[$0].contains(source) }.flatMap { part(stacks[source], $0) }
    }
  }

  public func activate(tasks: [Int]) {}

  public func output(
    of task: Int, _ batch: Batch, draws: StepDraws?, on tape: Tape
  ) -> TaskOutput {
    let read = reads(of: task)
    let losses = penalties(over: read, on: tape)
    let features = input(batch.inputs, draws: draws, on: tape)
    var inputs = Dictionary(uniqueKeysWithValues: read[0].map { ($0, features) })
    var layers: [Variable] = []
    tape.part("BiLSTM") {
      for (k, sources) in read.enumerated() {
        var states: [Int: Variable] = [:]
        for source in sources {
          states[source] = stacks[source].layer(
            k, inputs[source]!, packing: batch.packing, on: tape)
        }
        let targets = k + 1 < read.count ? read[k + 1] : [task]
        inputs = [:]
        for target in targets {
          inputs[target] = tape.part("stitching") {
            stitches[k](states, target: target, on: tape)
          }
        }
        layers.append(inputs[task]!)
      }
    }
    let mixed = tape.part("heads") { mixtures[task](layers, on: tape) }
    return TaskOutput(
      scores: heads[task](mixed, batch.packing, draws, on: tape), losses: losses)
  }

  /// The penalties over what a step reads, before all else on the tape: on the way back they come
  /// last, and gradients are summed in that order.
  private func penalties(over read: [[Int]], on tape: Tape) -> [AuxiliaryLoss] {
    guard tape.isRecording, !penalties.isEmpty else { return [] }
    let matrices = layers(of: read) { $0.inputWeights(ofLayer: $1) }
    return tape.part("penalty") { penalties.map { $0.loss(over: matrices, on: tape) } }
  }

  public func head(of task: Int) -> any Head { heads[task].head }

  /// The tasks whose stacks' layer k a step of `task` reads, for every k.
  private func reads(of task: Int) -> [[Int]] {
    var targets: Set<Int> = [task]
    var read: [[Int]] = []
    for stitch in stitches.reversed() {
      targets.formUnion(targets.flatMap(stitch.sources))
      read.insert(targets.sorted(), at: 0)
    }
    return read
  }
}
