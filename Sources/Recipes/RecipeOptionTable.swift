import Sharing

extension RecipeOption {
  /// Every option of a recipe, by group, in the order of help texts and printed recipes.
  public static let all: [RecipeOption] = data + model + training + stages

  /// What single architectures, methods of a step and kinds of task bring along; each option takes
  /// its place beside the others of its group.
  private static let special: [RecipeOption] =
    hierarchical + masks + modules + sluice + steps + writing

  private static func special(_ group: RecipeGroup) -> [RecipeOption] {
    special.filter { $0.group == group }
  }

  /// The options of training that mean something between tasks only.
  package static let ofSeveralTasks =
    Set(["loss-weights", "main-task"] + (steps + writing + modules).map(\.name))

  /// The option called `name`.
  public static func named(_ name: String) -> RecipeOption? {
    all.first { $0.name == name }
  }

  /// Corpora, labels and the seed: the groups `data` and `evaluation`.
  public static let data: [RecipeOption] =
    [
      .paths(
        "train", .data, \.train,
        "File to train on, repeatable; '{task}' stands for every task's name in turn, '{domain}' for "
          + "every one of --task-domains; without any, the built-in synthetic corpus is used"),
      .paths("dev", .data, \.dev, "File that chooses epochs and rounds, repeatable"),
      .paths(
        "test", .evaluation, \.test,
        "File for the final scores, repeatable; training never opens it"),
      .integer("word-column", .data, \.wordColumn, 0...999, "Column of the words, from 0"),
      RecipeOption(
        "tasks", .data, "name=column,…", allowed: "name=column pairs, as in pos=1,ner=3",
        "Tasks and their columns, from 0, as in pos=1,ner=3; 'position' is the token's index, "
          + "'random:1' the labels of column 1 in random order; 'ner=3:spans' and 'pos=1:plain' "
          + "declare what else the labels decide; a name alone, or 'tone=text:2', is a task of texts, "
          + "'topic=comment:topic' one of comment lines '# topic = x', 'digit=vector' or "
          + "'odd=vector:parity' one of safetensors files with the vectors in 'features'",
        read: { RecipeTask.value($0.declaredTasks) },
        write: { recipe, value, place in
          recipe.declaredTasks = try RecipeTask.list(value, place)
          return true
        }),
    ]
    + domains + texts + [
      .number(
        "hold-out", .data, \.holdOut, from: 0, upTo: 1, openAbove: true,
        "Share of the training sentences to draw as dev, 0 where there are --dev files"),
      .integer(
        "train-sentences", .data, \.trainSentences, 0...1_000_000_000,
        "Train on this many sentences, drawn at random, 0 for all"),
      TokenFeatures.option,
      .path(
        "embeddings", .data, \.embeddings,
        "Pre-trained word vectors of GloVe, fastText (.vec) or word2vec (text or binary), whose number of "
          + "values is --word-dim where that is not given"),
      .choice("span-encoding", .data, \.spanEncoding, "How spans are written in training"),
      RecipeOption(
        "seed", .data, "n", allowed: "a whole number from 0 to \(maxSeed)",
        "Seed of everything random",
        read: { .number(Double($0.seed)) },
        write: { recipe, value, _ in
          guard let seed = value.scalarText.flatMap({ UInt64($0) }), seed <= maxSeed else {
            return false
          }
          recipe.seed = seed
          return true
        }),
    ]

  /// Files of texts.
  private static let texts: [RecipeOption] = [
    .choice(
      "text-format", .data, \.textFormat,
      "How files of texts are written; auto: by their name and first line"),
    .name(
      "label-column", .data, \.labelColumn, "column",
      "Column of the labels in files of texts, from 0 or by the header's name; left out: 0, or "
        + "'label' in CSV"),
    .name(
      "text-column", .data, \.textColumn, "column",
      "Column of the texts; left out: 1, or 'text' in CSV"),
    .integer(
      "max-tokens", .data, \.maxTokens, 0...1_000_000, "Tokens that are kept of a text, 0 for all"),
  ]

  /// The network: the group `model`.
  public static let model: [RecipeOption] = network + places + special(.model)

  private static let network: [RecipeOption] = [
    .integer("layers", .model, \.layers, 1...16, "BiLSTM layers, or ReLU layers over vectors"),
    .integer(
      "hidden", .model, \.hidden, 1...4096, "Hidden units per direction, or of a ReLU layer"),
    .choice(
      "directions", .model, \.directions,
      "Which ways layers read sentences: both (BiLSTM), or from the first token on (LSTM)"),
    .integer(
      "word-dim", .model, \.wordDim, 0...4096, "Components of a word vector, 0 for no words"),
    .integer("char-dim", .model, \.charDim, 1...1024, "Components of a character vector"),
    .choice("char-encoder", .model, \.charEncoder, "What reads a word's characters"),
    .integer(
      "char-filters", .model, \.charFilters, 0...1024,
      "Filters of the character CNN, 0 for no characters"),
    .integer(
      "char-hidden", .model, \.charHidden, 1...1024,
      "Hidden units per direction of the character BiLSTM"),
    .choice("head", .model, \.head, "What turns a task's scores into labels"),
    .integer(
      "head-hidden", .model, \.headHidden, 0...4096,
      "Units of a ReLU layer between states and labels, 0 for none"),
    .choice(
      "pooling", .model, \.pooling,
      "What makes one vector of a text: its states' mean, maximum, or last in either direction"),
    RecipeOption(
      "base", .model, "name", allowed: "one of " + Architecture.prunable.joined(separator: ", "),
      "Architecture that warm-up trains and that tickets are subnets of",
      read: { .text($0.base) },
      write: { recipe, value, place in
        let name = value.scalarText ?? ""
        if let architecture = Architecture.named(name), let why = architecture.whyNoTickets {
          throw place.refuse(name, "cannot be pruned: \(why)")
        }
        guard Architecture.prunable.contains(name) else { return false }
        recipe.base = name
        return true
      }),
  ]

  /// The option of hierarchical sharing.
  private static let hierarchical: [RecipeOption] = [
    .taskNumbers(
      "task-layers", .model, \.taskLayers, allowed: 1...16, isWhole: true,
      "Layer each task is predicted from in hierarchical sharing, as in pos=1,ner=2; "
        + "left out: the tasks in their order over the layers")
  ]

  /// How every stage trains: the group `training`.
  public static let training: [RecipeOption] = noise + special(.training) + optimisation

  private static let noise: [RecipeOption] = [
    .number(
      "dropout", .training, \.dropout, from: 0, upTo: 1, openAbove: true,
      "Dropout on embeddings and BiLSTM output"),
    .number(
      "word-dropout", .training, \.wordDropout, from: 0, upTo: 1, openAbove: true,
      "Probability of reading a training word as unknown"),
    .number(
      "input-noise", .training, \.inputNoise, from: 0, upTo: 100,
      "Standard deviation of Gaussian noise on the BiLSTM's input in training"),
  ]

  private static let optimisation: [RecipeOption] = [
    .taskNumbers(
      "loss-weights", .training, \.lossWeights, allowed: 0...1000, isWhole: false,
      "What each task's loss counts for, as in pos=0.5; left out: 1"),
    RecipeOption(
      "main-task", .training, "name", allowed: "the name of a task",
      "Task by whose dev score epochs are chosen; left out: the mean of all",
      read: { $0.mainTask.map { .text($0) } ?? .null },
      write: { recipe, value, _ in
        guard value == .null || value.scalarText.map(RecipeTask.isName) == true else {
          return false
        }
        recipe.mainTask = value.scalarText
        return true
      }),
    .choice(
      "optimizer", .training, \.optimizer, "Update rule; the original of adadelta is --lr 1"),
    .integer("batch", .training, \.batch, 1...100_000, "Sentences a step"),
    .number(
      "lr", .training, \.lr, from: 0, openBelow: true, upTo: 1000,
      "Learning rate of the first epoch"),
    .number(
      "momentum", .training, \.momentum, from: 0, upTo: 1, openAbove: true, "Momentum of SGD"),
    .number(
      "lr-decay", .training, \.lrDecay, from: 0, upTo: 1000, "d in lr / (1 + d · epoch)"),
    .number("clip", .training, \.clip, from: 0, upTo: 1_000_000, "Gradient limit, 0 for none"),
    .choice("clip-by", .training, \.clipBy, "What --clip limits"),
    .choice(
      "sampling", .training, \.sampling,
      "How tasks take turns: in proportion to their data, equally often, or drawn with "
        + "probability ∝ n^(1/T) for n batches"),
    .number(
      "sampling-temperature", .training, \.samplingTemperature, from: 0, openBelow: true,
      upTo: 1_000_000, "T of --sampling temperature"),
    .integer(
      "patience", .training, \.patience, 0...1_000_000,
      "Epochs without improvement on dev before training stops, 0 for never"),
    .choice(
      "execution", .training, \.execution,
      "How products with pruned weights are executed: whichever is faster, all weights with dead "
        + "ones as zeros, or alive weights only; results differ by rounding"),
    .integer(
      "snapshots", .training, \.snapshots, 0...65536,
      "Numbers kept of shared and of private weights after every epoch of joint training, for "
        + "'tickets trajectory' (1024 are plenty), 0 for none"),
  ]

  /// The stages: the groups `warmup`, `prune` and `train`.
  public static let stages: [RecipeOption] =
    tickets + special(.prune) + shared + special(.train)

  private static let tickets: [RecipeOption] = [
    .integer(
      "warmup-epochs", .warmup, \.warmupEpochs, 0...1_000_000,
      "Epochs of multi-task warm-up, 0 for none"),
    .path(
      "weights", .warmup, \.weights,
      "Weights that the network of all tasks starts from, a safetensors file of its names and shapes as "
        + "PyTorch writes it"),
    .integer("rounds", .prune, \.rounds, 1...1000, "Pruning rounds"),
    .integer("round-epochs", .prune, \.roundEpochs, 1...1_000_000, "Most epochs a round trains"),
    .number(
      "density", .prune, \.density, from: 0, openBelow: true, upTo: 1,
      "Density after the last round, alive / prunable"),
    .choice(
      "scope", .prune, \.scope, "One pruning threshold for all tensors, or one for each"),
    .choice(
      "criterion", .prune, \.criterion,
      "What weights must have little of to go: magnitude, change or movement in training; snip's, "
        + "grasp's or synflow's score before it; learned scores; random is the control"),
    rewind,
    .choice(
      "select", .prune, \.select, "Which round's ticket a task keeps: best on dev, or the last"),
    .path("start-ticket", .prune, \.startTicket, "Ticket to prune further from"),
  ]

  private static let shared: [RecipeOption] = [
    .integer(
      "epochs", .train, \.epochs, 1...1_000_000,
      "Most epochs after warm-up; single tasks have no warm-up and train its epochs too"),
    RecipeOption(
      "sharing", .train, "name,…", allowed: "names of architectures, each once",
      "Architectures to train", staysOpen: true,
      read: { .text($0.sharing.joined(separator: ",")) },
      write: { recipe, value, _ in
        let items: [RecipeValue] = if case .list(let items) = value { items } else { [value] }
        let names = items.flatMap { item in
          (item.scalarText ?? "").split(separator: ",", omittingEmptySubsequences: false)
            .map(String.init)
        }
        guard !names.isEmpty, names.allSatisfy(RecipeTask.isName),
          names.firstDuplicate(by: \.self) == nil
        else { return false }
        recipe.sharing = names
        return true
      }),
  ]

  /// The largest whole number that JSON readers and a Double hold exactly.
  package static let maxSeed: UInt64 = (1 << 53) - 1
}
