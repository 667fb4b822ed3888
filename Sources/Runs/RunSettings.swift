import Corpora
import Pruning
import Sharing
import Training

/// What a recipe's options mean to the modules that do the work.
extension Recipe {
  /// The network for `vocabulary`.
  package func networkShape(_ vocabulary: Vocabulary) -> NetworkShape {
    var shape = NetworkShape(
      words: vocabulary.words.count, characters: vocabulary.characters.count)
    shape.wordDimension = wordDim
    shape.characterDimension = charDim
    shape.characterFilters = charFilters
    shape.hidden = hidden
    shape.layers = layers
    shape.dropout = Float(dropout)
    shape.wordDropout = Float(wordDropout)
    return shape
  }

  /// The tasks as `vocabulary` knows them, in the recipe's order.
  package func taskShapes(_ vocabulary: Vocabulary) throws -> [TaskShape] {
    try tasks.map {
      TaskShape(
        name: $0.name, classes: try vocabulary.task($0.name).labels.count, head: head)
    }
  }

  /// A stage of `epochs` epochs on as many threads as `threads` gives at each step.
  package func training(
    epochs: Int, threads: @escaping @Sendable () -> Int
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
    settings.sampling = sampling
    settings.seed = seed
    settings.threads = threads
    return settings
  }

  /// How a task is pruned.
  var pruning: PruningSettings {
    var settings = PruningSettings()
    settings.rounds = rounds
    settings.density = density
    settings.scope = scope
    settings.criterion = criterion
    return settings
  }
}
