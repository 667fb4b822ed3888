import Basics
import Batches
import Layers
import Masks
import Sharing
import Tensors

/// Networks and batches small enough for whole gradients to be compared.
enum Small {
  /// A shape with everything that a network can have, or with as little as possible.
  static func shape(layers: Int, isFull: Bool = true) -> NetworkShape {
    var shape = NetworkShape(words: 9, characters: 7)
    shape.wordDimension = 4
    shape.characterDimension = 3
    shape.characterEncoder = isFull ? .bilstm : .cnn
    shape.characterFilters = 3
    shape.characterHidden = 2
    shape.hidden = 4
    shape.layers = layers
    shape.headHidden = isFull ? 5 : 0
    shape.dropout = 0.3
    shape.wordDropout = 0.2
    shape.inputNoise = isFull ? 0.2 : 0
    return shape
  }

  /// `count` tasks with 3, 4, … labels, softmax and CRF in turn.
  static func tasks(_ count: Int) -> [TaskShape] {
    (0..<count).map {
      TaskShape(
        name: "t\($0)", classes: 3 + $0, head: $0 % 2 == 0 ? .softmax : .crf,
        lossWeight: $0 == 0 ? 1 : 0.5)
    }
  }

  /// A shape over feature vectors, with all that it can have or with as little as possible.
  static func vectorShape(layers: Int, isFull: Bool = true) -> NetworkShape {
    var shape = shape(layers: layers, isFull: isFull)
    shape.rows = .vectors
    shape.featureDimension = 5
    return shape
  }

  /// Two tasks of classes and one of values over feature vectors.
  static let vectorTasks = [
    TaskShape(name: "digit", classes: 4, head: .crf, level: .vector),
    TaskShape(name: "size", classes: 1, lossWeight: 0.5, level: .vector, kind: .regression),
    TaskShape(name: "odd", classes: 2, level: .vector),
  ]

  /// Four feature vectors with labels or values of `task`.
  private static func vectors(for task: TaskShape) -> Batch {
    var stream = RandomStream(seed: 2, "vectors")
    func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in stream.uniform(within: 2) } }
    let isValued = task.kind == .regression
    return Batch(
      sentences: Array(0..<4), packing: Packing(stepSizes: [4]),
      inputs: Inputs(features: numbers(20)),
      labels: isValued ? [] : (0..<4).map { _ in Int32(stream.below(task.classes)) },
      values: isValued ? numbers(4) : [])
  }

  /// Three sentences of 4, 3 and 1 tokens, or four feature vectors, with labels of `task`.
  static func batch(for task: TaskShape) -> Batch {
    if task.level == .vector { return vectors(for: task) }
    var stream = RandomStream(seed: 2, "batch")
    func ids(_ count: Int, _ limit: Int) -> [Int32] {
      (0..<count).map { _ in Int32(stream.below(limit)) }
    }
    return Batch(
      sentences: [0, 1, 2], packing: Packing(stepSizes: [3, 2, 2, 1]),
      inputs: Inputs(
        words: ids(8, 9), forms: ids(8, 3), formStarts: [0, 2, 3, 7], characters: ids(7, 7),
        features: (0..<16).map { Float($0 * 5 % 16) / 8 - 1 }),
      labels: ids(task.level == .token ? 8 : 3, task.classes))
  }

  /// The network of the architecture called `name`.
  static func network(
    _ name: String, _ shape: NetworkShape, _ tasks: [TaskShape],
    _ change: (inout SharingSettings) -> Void = { _ in }
  ) throws -> any SharingNetwork {
    var settings = SharingSettings()
    change(&settings)
    let architecture = Architecture.named(name)!
    return try architecture.makeNetwork(
      shape, tasks: tasks, settings: settings, base: architecture, seed: 1)
  }

  /// The settings of a sluice network without penalty that reads its last layer.
  static func plainSluice(_ change: (inout SluiceSettings) -> Void = { _ in }) -> SluiceSettings {
    var settings = SluiceSettings()
    settings.mixture = .last
    settings.orthogonality = 0
    settings.groupLasso = 0
    change(&settings)
    return settings
  }

  /// Random masks of about `density` for what `network` may prune.
  static func masks(_ network: any SharingNetwork, density: Float, _ name: String) -> MaskSet {
    MaskSet(
      network.prunable.map { parameter in
        var stream = RandomStream(seed: 3, name, parameter.name)
        var mask = BitMask(repeating: false, count: parameter.count)
        for i in 0..<parameter.count { mask[i] = stream.uniform() < density }
        return .init(name: parameter.name, shape: parameter.shape, mask: mask)
      })
  }
}

/// What one step of a task computes, before anything moves.
struct Step {
  /// λ · loss + Ω.
  let objective: Double
  /// Ω.
  let penalty: Double
  /// The scores [N, C].
  let scores: [Float]
  /// The gradient of every parameter that got one.
  let gradients: [String: [Float]]

  init(_ network: any SharingNetwork, _ task: Int, isTraining: Bool = true, threads: Int = 1) {
    network.activate(task: task)
    let batch = Small.batch(for: network.tasks[task])
    let draws = isTraining ? StepDraws(seed: 5, ["step"]) : nil
    let tape = Tape(threads: threads)
    let output = network.output(of: task, batch, draws: draws, on: tape)
    scores = output.scores.value.values
    let loss = network.head(of: task).loss(output.scores, batch: batch, on: tape)
    let weight = network.tasks[task].lossWeight
    let value = Double(loss.value.pointer[0])
    penalty = output.losses.reduce(0) { $0 + Double($1.value.value.pointer[0]) }
    tape.backward(from: [(loss, weight)] + output.losses.map { ($0.value, 1) })
    objective = Double(weight) * value + penalty
    gradients = Dictionary(
      uniqueKeysWithValues: network.parameters.filter(\.hasGradient).map {
        ($0.name, Array($0.gradient))
      })
    for parameter in network.parameters { parameter.clearGradient() }
  }
}

extension SharingNetwork {
  /// The parameter called `name`.
  func parameter(_ name: String) -> Parameter { parameters.first { $0.name == name }! }

  /// Takes every value from `other`, whose parameter `name` gives for each of this network's.
  func copy(from other: any SharingNetwork, _ name: (String) -> String = { $0 }) {
    let values = Dictionary(
      uniqueKeysWithValues: other.parameters.map { ($0.name, Array($0.values)) })
    for parameter in parameters {
      if let values = values[name(parameter.name)] { parameter.set(values) }
    }
  }
}
