import ArgumentParser
import Recipes

/// Every option of a recipe, and the recipe file itself: what commands that make a run take.
///
/// Values stay text here: the recipe's own table parses and checks them, so that a recipe file
/// and the command line accept the same and complain in the same words.
struct RecipeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Recipe file, YAML or JSON; options given beside it win", valueName: "file")
  )
  var recipe: String?

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Training") var training: TrainingOptions
  @OptionGroup(title: "Warm-up, pruning and shared training") var stages: StageOptions

  /// What was given, weakest first: the recipe file, then the command line.
  /// Options called as in `taken` are left out of the command line.
  func layers(except taken: [String] = []) throws -> [RecipeLayer] {
    let files = try recipe.map { [try RecipeLayer.file($0)] } ?? []
    return files + [commandLine(except: taken)]
  }

  /// What was given on the command line itself, without options called as in `taken`.
  func commandLine(except taken: [String] = []) -> RecipeLayer {
    let given = data.given + model.given + training.given + stages.given
    return RecipeLayer.commandLine(given.filter { !taken.contains($0.name) })
  }
}

/// Options of the groups `data` and `evaluation`.
struct DataOptions: ParsableArguments {
  @Option(help: .recipe("train")) var train: [String] = []
  @Option(help: .recipe("dev")) var dev: [String] = []
  @Option(help: .recipe("test")) var test: [String] = []
  @Option(help: .recipe("word-column")) var wordColumn: String?
  @Option(help: .recipe("tasks")) var tasks: String?
  @Option(help: .recipe("train-sentences")) var trainSentences: String?
  @Option(help: .recipe("embeddings")) var embeddings: String?
  @Option(help: .recipe("span-encoding")) var spanEncoding: String?
  @Option(help: .recipe("seed")) var seed: String?

  var given: [(name: String, values: [String])] {
    [
      ("train", train), ("dev", dev), ("test", test), ("word-column", wordColumn.values),
      ("tasks", tasks.values), ("train-sentences", trainSentences.values),
      ("embeddings", embeddings.values), ("span-encoding", spanEncoding.values),
      ("seed", seed.values),
    ]
  }
}

/// Options of the group `model`.
struct ModelOptions: ParsableArguments {
  @Option(help: .recipe("layers")) var layers: String?
  @Option(help: .recipe("hidden")) var hidden: String?
  @Option(help: .recipe("word-dim")) var wordDim: String?
  @Option(help: .recipe("char-dim")) var charDim: String?
  @Option(help: .recipe("char-encoder")) var charEncoder: String?
  @Option(help: .recipe("char-filters")) var charFilters: String?
  @Option(help: .recipe("char-hidden")) var charHidden: String?
  @Option(help: .recipe("head")) var head: String?
  @Option(help: .recipe("head-hidden")) var headHidden: String?
  @Option(help: .recipe("base")) var base: String?
  @Option(help: .recipe("task-layers")) var taskLayers: String?
  @Option(help: .recipe("subspaces")) var subspaces: String?
  @Option(help: .recipe("alpha")) var alpha: String?
  @Option(help: .recipe("alpha-init")) var alphaInit: String?
  @Option(help: .recipe("layer-mix")) var layerMix: String?
  @Option(help: .recipe("beta-init")) var betaInit: String?

  var given: [(name: String, values: [String])] {
    [
      ("layers", layers.values), ("hidden", hidden.values), ("word-dim", wordDim.values),
      ("char-dim", charDim.values), ("char-encoder", charEncoder.values),
      ("char-filters", charFilters.values), ("char-hidden", charHidden.values),
      ("head", head.values), ("head-hidden", headHidden.values), ("base", base.values),
      ("task-layers", taskLayers.values), ("subspaces", subspaces.values),
      ("alpha", alpha.values), ("alpha-init", alphaInit.values), ("layer-mix", layerMix.values),
      ("beta-init", betaInit.values),
    ]
  }
}

/// Options of the group `training`.
struct TrainingOptions: ParsableArguments {
  @Option(help: .recipe("dropout")) var dropout: String?
  @Option(help: .recipe("word-dropout")) var wordDropout: String?
  @Option(help: .recipe("input-noise")) var inputNoise: String?
  @Option(help: .recipe("orthogonality")) var orthogonality: String?
  @Option(help: .recipe("group-lasso")) var groupLasso: String?
  @Option(help: .recipe("loss-weights")) var lossWeights: String?
  @Option(help: .recipe("main-task")) var mainTask: String?
  @Option(help: .recipe("optimizer")) var optimizer: String?
  @Option(help: .recipe("batch")) var batch: String?
  @Option(help: .recipe("lr")) var lr: String?
  @Option(help: .recipe("momentum")) var momentum: String?
  @Option(help: .recipe("lr-decay")) var lrDecay: String?
  @Option(help: .recipe("clip")) var clip: String?
  @Option(help: .recipe("clip-by")) var clipBy: String?
  @Option(help: .recipe("sampling")) var sampling: String?
  @Option(help: .recipe("patience")) var patience: String?
  @Option(help: .recipe("execution")) var execution: String?

  var given: [(name: String, values: [String])] {
    [
      ("dropout", dropout.values), ("word-dropout", wordDropout.values),
      ("input-noise", inputNoise.values), ("orthogonality", orthogonality.values),
      ("group-lasso", groupLasso.values), ("loss-weights", lossWeights.values),
      ("main-task", mainTask.values),
      ("optimizer", optimizer.values), ("batch", batch.values), ("lr", lr.values),
      ("momentum", momentum.values), ("lr-decay", lrDecay.values), ("clip", clip.values),
      ("clip-by", clipBy.values), ("sampling", sampling.values), ("patience", patience.values),
      ("execution", execution.values),
    ]
  }
}

/// Options of the groups `warmup`, `prune` and `train`.
struct StageOptions: ParsableArguments {
  @Option(help: .recipe("warmup-epochs")) var warmupEpochs: String?
  @Option(help: .recipe("rounds")) var rounds: String?
  @Option(help: .recipe("round-epochs")) var roundEpochs: String?
  @Option(help: .recipe("density")) var density: String?
  @Option(help: .recipe("scope")) var scope: String?
  @Option(help: .recipe("criterion")) var criterion: String?
  @Option(help: .recipe("rewind")) var rewind: String?
  @Option(help: .recipe("select")) var select: String?
  @Option(help: .recipe("start-ticket")) var startTicket: String?
  @Option(help: .recipe("epochs")) var epochs: String?
  @Option(help: .recipe("sharing")) var sharing: String?

  var given: [(name: String, values: [String])] {
    [
      ("warmup-epochs", warmupEpochs.values), ("rounds", rounds.values),
      ("round-epochs", roundEpochs.values), ("density", density.values),
      ("scope", scope.values), ("criterion", criterion.values), ("rewind", rewind.values),
      ("select", select.values), ("start-ticket", startTicket.values),
      ("epochs", epochs.values), ("sharing", sharing.values),
    ]
  }
}

extension ArgumentHelp {
  /// The help of the recipe's option `name`.
  static func recipe(_ name: String) -> ArgumentHelp {
    guard let option = RecipeOption.named(name) else {
      preconditionFailure("no option is called \(name)")
    }
    return ArgumentHelp("\(option.help)", valueName: option.placeholder)
  }
}

extension String? {
  fileprivate var values: [String] { map { [$0] } ?? [] }
}
