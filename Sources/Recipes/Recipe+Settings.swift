import Basics
import Corpora
import Pruning
import Sharing
import Training

/// What a recipe's options mean to the modules that do the work.
extension Recipe {
  /// The network for `vocabulary`.
  package func networkShape(_ vocabulary: Vocabulary) -> NetworkShape {
    networkShape(
      words: vocabulary.words.count, characters: vocabulary.characters.count,
      features: vocabulary.featureDimension)
  }

  private func networkShape(words: Int, characters: Int, features: Int) -> NetworkShape {
    var shape = NetworkShape(words: words, characters: characters)
    shape.rows = rows
    shape.featureDimension = features
    shape.wordDimension = wordDim
    shape.characterDimension = charDim
    shape.characterEncoder = charEncoder
    shape.characterFilters = charFilters
    shape.characterHidden = charHidden
    shape.headHidden = headHidden
    shape.pooling = pooling
    shape.inputNoise = Float(inputNoise)
    shape.hidden = hidden
    shape.layers = layers
    shape.directions = directions
    shape.dropout = Float(dropout)
    shape.wordDropout = Float(wordDropout)
    return shape
  }

  /// What the rows of a batch are.
  private var rows: NetworkShape.Rows {
    tasks.contains(where: \.readsVectors) ? .vectors : .tokens
  }

  /// The tasks as `vocabulary` knows them, in the recipe's order.
  package func taskShapes(_ vocabulary: Vocabulary) throws -> [TaskShape] {
    try tasks.map { task in
      let known = try vocabulary.task(task.name)
      return TaskShape(
        name: task.name, classes: known.classes, head: head,
        lossWeight: Float(lossWeights.first { $0.task == task.name }?.number ?? 1),
        level: known.level, kind: known.kind)
    }
  }

  /// What architectures are told.
  package var sharingSettings: SharingSettings {
    var settings = SharingSettings()
    settings.depths = Dictionary(
      uniqueKeysWithValues: taskLayers.map { ($0.task, Int($0.number)) })
    settings.sluice = sluice.settings
    settings.modules = modules.settings
    return settings
  }

  /// The architecture that warm-up trains and that tickets are subnets of.
  public var baseArchitecture: Architecture {
    guard let architecture = Architecture.named(base) else {
      preconditionFailure("the option's table accepts only architectures")
    }
    return architecture
  }

  /// The smallest shape of the recipe's sizes: what tells whether a network can be made, and what it
  /// is made of.
  package var leastShape: NetworkShape {
    networkShape(words: 1, characters: 1, features: readsFeatures ? 1 : 0)
  }

  /// Whether rows have feature vectors.
  private var readsFeatures: Bool { rows == .vectors || tokenFeatures != nil }

  /// Checks that the networks of the architectures to be trained can be made, before anything is.
  ///
  /// - Parameter features: the numbers of a row's feature vector; nil if they are not known yet.
  /// - Throws: `Failure` of kind `usage` naming the option that makes one impossible.
  package func checkNetworks(features: Int? = nil) throws {
    var shape = leastShape
    shape.featureDimension = features ?? shape.featureDimension
    let tasks = tasks.map { TaskShape(name: $0.name, classes: 1) }
    let architectures = sharing.compactMap(Architecture.named)
    if let subnets = architectures.first(where: \.needsTickets), searches(subnets),
      warmupEpochs == 0
    {
      throw Failure(
        .usage, setting: "warmup-epochs", value: "0",
        "with base \(base) the warm-up is the search for the paths that tasks are pruned on; give it "
          + "epochs, or give paths")
    }
    if let startTicket, architectures.contains(where: { $0.needsTickets && searches($0) }) {
      throw Failure(
        .usage, setting: "start-ticket", value: startTicket,
        "one ticket cannot fit tasks whose paths are searched for; leave it out, or give paths")
    }
    // Tickets are those of a network that is trained on all tasks first.
    let networks = architectures.map { $0.needsTickets ? baseArchitecture : $0 }
    for architecture in networks {
      // Whether modules fit the input layer is not known before its width is.
      if architecture.choosesPaths, readsFeatures, features == nil { continue }
      _ = try makeNetwork(
        architecture, shape, tasks, alone: architecture.trainsTasksAlone ? 0 : nil, seed: nil)
    }
    // Tasks that are alone take no part in it, but someone has to.
    if networks.allSatisfy(\.trainsTasksAlone) {
      for architecture in networks { try writing.settings.check(architecture, tasks: tasks) }
    }
  }

  /// The network of `architecture` for all `tasks`, which are trained together, with what the recipe
  /// wants of their states; or one of them alone, which has nothing to share.
  ///
  /// - Throws: `Failure` of kind `usage` naming the option that makes it impossible.
  package func makeNetwork(
    _ architecture: Architecture, _ shape: NetworkShape, _ tasks: [TaskShape],
    alone task: Int? = nil, seed: UInt64?
  ) throws -> any SharingNetwork {
    let network = try architecture.makeNetwork(
      shape, tasks: tasks, settings: sharingSettings, base: baseArchitecture, seed: seed)
    network.setPrunable(maskScope)
    if let task { return OneTask(task, of: network) }
    let settings = writing.settings
    guard settings.isActive else { return network }
    try settings.check(architecture.needsTickets ? baseArchitecture : architecture, tasks: tasks)
    return WrittenStates(network, shape, settings, seed: seed)
  }

  /// Round `round` of pruning, on as many threads as `threads` gives at each step.
  package func training(
    round: Int, threads: @escaping @Sendable () -> Int
  ) -> TrainingSettings {
    let pruning = pruning
    var settings = training(
      epochs: pruning.epochs(of: round, training: roundEpochs), threads: threads)
    if pruning.schedule == .gradual { settings.epochsBefore = round }
    if round > 0, pruning.continuation == .fineTune {
      settings.rate = settings.rate(epoch: roundEpochs - 1)
      settings.rateDecay = 0
    }
    return settings
  }

  /// A stage of `epochs` epochs on as many threads as `threads` gives at each step.
  ///
  /// - Parameter measured: β as it was measured, if the recipe asks for that.
  package func training(
    epochs: Int, measured: [[Float]]? = nil, threads: @escaping @Sendable () -> Int
  ) -> TrainingSettings {
    var settings = TrainingSettings()
    settings.optimizer = optimizer
    settings.rate = Float(lr)
    settings.momentum = Float(momentum)
    settings.rateDecay = Float(lrDecay)
    settings.clipping = Clipping(clipBy, limit: Float(clip))
    settings.batchSize = batch
    settings.epochs = epochs
    settings.patience = patience
    settings.mainTask = mainTask
    settings.sampling = sampling
    settings.samplingTemperature = samplingTemperature
    settings.steps = steps.settings(measured: measured)
    settings.steps.search = modules.search
    settings.seed = seed
    settings.threads = threads
    return settings
  }

  /// Which round's ticket a task keeps; where there is one training, its last.
  package var roundChoice: RoundChoice { masks.schedule == .gradual ? .last : select }

  /// How a task is pruned.
  package var pruning: PruningSettings {
    var settings = PruningSettings()
    settings.rounds = rounds
    settings.density = masks.unionDensity > 0 ? masks.unionDensity : density
    settings.scope = scope
    settings.criterion = criterion
    settings.schedule = masks.schedule
    settings.continuation = masks.after
    return settings
  }
}
