import Basics
import Corpora
import Foundation
import Layers
import Pruning
import Sharing
import Tensors
import Training

/// The resolved settings of a run; every field is an option of the same name in kebab case.
///
/// The defaults are the published settings of sparse sharing (Sun et al. 2020, "Experiments"). What
/// each option means, which values it takes and which stage it belongs to stands in
/// `RecipeOption.all`.
public struct Recipe: Equatable, Sendable {
  // Data.
  /// Column files, files of texts or of feature vectors, to train on; `{task}` stands for a task's
  /// name, `{domain}` for a domain's. Empty together with the tasks' own means the built-in corpus.
  public var train: [String] = []
  /// Files that choose epochs and rounds.
  public var dev: [String] = []
  /// The column of the words, from 0.
  public var wordColumn = 0
  /// The tasks as they are given: with domains each stands for several, or for one on all of them.
  public var declaredTasks: [RecipeTask] = [] { didSet { expandTasks() } }
  /// The domains that tasks have.
  public var domains = DomainOptions() { didSet { expandTasks() } }
  /// The tasks that are trained, in the order of every report.
  public private(set) var tasks: [RecipeTask] = []
  /// How files of texts are written.
  public var textFormat = TextFormat.Kind.auto
  /// The field of the labels in files of texts, by number from 0 or by name; nil for the usual.
  public var labelColumn: String?
  /// The field of the texts; nil for the usual.
  public var textColumn: String?
  /// How many tokens of a text are kept; 0 means all.
  public var maxTokens = 0
  /// The share of the training sentences, drawn at random, that is dev; 0 where there are dev
  /// files.
  public var holdOut = 0.0
  /// How many training sentences, drawn at random, are used; 0 means all.
  public var trainSentences = 0
  /// Where features of tokens stand; nil where there are none.
  public var tokenFeatures: TokenFeatures?
  /// Pre-trained word vectors in text form.
  public var embeddings: String?
  /// How spans are written as labels during training.
  public var spanEncoding = SpanEncoding.bioes
  /// What every random stream derives from.
  public var seed: UInt64 = 1
  /// What the initialisation derives from instead; nil for `seed`.
  public var initSeed: UInt64?

  // Evaluation.
  /// Files that only `evaluate` and the final report open.
  public var test: [String] = []

  // Model.
  /// Layers, K: of a BiLSTM, or fully connected ones over feature vectors.
  public var layers = 2
  /// Hidden units per direction, or of a fully connected layer, H.
  public var hidden = 200
  /// Which ways LSTM layers read.
  public var directions = Directions.both
  /// Components of a word vector; 0 means no words.
  public var wordDim = 100
  /// Components of a character vector.
  public var charDim = 30
  /// What reads a word's characters.
  public var charEncoder = CharacterEncoder.cnn
  /// Filters of the character CNN; 0 means no characters.
  public var charFilters = 30
  /// Hidden units per direction of the character BiLSTM.
  public var charHidden = 100
  /// What turns a task's scores into labels.
  public var head = HeadKind.softmax
  /// Units of the hidden layer of a task's head; 0 means none.
  public var headHidden = 0
  /// What makes one vector of a text's states.
  public var pooling = TextPooling.mean
  /// The architecture that warm-up trains and that tickets are pruned from.
  public var base = "hard"
  /// The parts of the network whose weights can be pruned.
  public var maskScope: Set<PrunablePart> = [.encoder]
  /// The layer each task is predicted from in hierarchical sharing.
  public var taskLayers: [TaskNumber] = []
  /// What sluice networks and their relatives are told.
  public var sluice = SluiceOptions()
  /// What pools of modules, and searches for paths through them, are told.
  public var modules = ModuleOptions()
  /// What is wanted of shared and private states.
  public var writing = WritingOptions()

  // Training.
  /// Probability of zeroing a component of the embeddings and of the BiLSTM's output.
  public var dropout = 0.5
  /// Probability of reading a training word as unknown.
  public var wordDropout = 0.01
  /// Standard deviation of the noise on the BiLSTM's input.
  public var inputNoise = 0.0
  /// λ, what a task's loss counts for; 1 where nothing is given.
  public var lossWeights: [TaskNumber] = []
  /// The task by whose dev score epochs are chosen; nil for the mean of all.
  public var mainTask: String?
  /// The update rule.
  public var optimizer = OptimizerKind.sgd
  /// Sentences a step, B.
  public var batch = 10
  /// Learning rate of the first epoch.
  public var lr = 0.1
  /// Momentum of SGD.
  public var momentum = 0.9
  /// d in lr / (1 + d · epoch).
  public var lrDecay = 0.05
  /// Gradient limit; 0 means none.
  public var clip = 5.0
  /// What `clip` limits.
  public var clipBy = Clipping.Kind.norm
  /// How the next task is chosen when tasks are trained together.
  public var sampling = TrainingSettings.Sampling.proportional
  /// T of sampling by temperature.
  public var samplingTemperature = 2.0
  /// What steps do where several tasks are trained together.
  public var steps = StepOptions()
  /// Epochs without improvement on dev before training stops; 0 means never.
  public var patience = 10
  /// How products with pruned weights are executed, in training and in prediction.
  public var execution = MaskedExecution.auto

  /// Numbers kept of the shared and of every task's parameters after each epoch of joint training,
  /// for the way they take; 0 means none.
  public var snapshots = 0

  // Warm-up.
  /// Epochs of multi-task warm-up; 0 means none.
  public var warmupEpochs = 20

  // Pruning.
  /// Pruning rounds, n.
  public var rounds = 20
  /// The most epochs a round trains.
  public var roundEpochs = 100
  /// Density after the last round, alive / prunable.
  public var density = 0.1
  /// Whether one threshold covers all tensors or each has its own.
  public var scope = PruningSettings.Scope.global
  /// What decides which weights go.
  public var criterion = Criterion.magnitude
  /// What surviving weights are reset to.
  public var rewind = Rewind.warmup
  /// Which round's ticket a task keeps.
  public var select = RoundChoice.best
  /// A ticket to prune further from.
  public var startTicket: String?
  /// Safetensors file of the weights that the network of all tasks starts from, before the warm-up; nil for
  /// those it draws.
  public var weights: String?
  /// How tickets are found otherwise.
  public var masks = MaskOptions()

  // Training of the shared network.
  /// The most epochs the shared network trains.
  public var epochs = 100
  /// The architectures to train, by name.
  public var sharing = ["sparse", "hard", "single"]

  /// Creates the published settings, without tasks.
  public init() {}

  private mutating func expandTasks() { tasks = domains.tasks(of: declaredTasks) }
}

extension Recipe {
  /// Whether the run uses the built-in synthetic corpus, because no file is named anywhere.
  public var usesBuiltInCorpus: Bool {
    train.isEmpty && dev.isEmpty && test.isEmpty && !declaredTasks.contains { $0.hasOwnFiles }
  }

  /// The files task `task` trains on: its own, or else the common ones.
  public func trainFiles(of task: RecipeTask) -> [String] {
    files(task.hasOwnFiles ? task.train : train, of: task)
  }

  /// The files that choose task `task`'s epochs and rounds: its own, or else the common ones.
  public func devFiles(of task: RecipeTask) -> [String] {
    files(task.hasOwnFiles ? task.dev : dev, of: task)
  }

  /// The files task `task` is finally scored on: its own, or else the common ones.
  public func testFiles(of task: RecipeTask) -> [String] {
    files(task.hasOwnFiles ? task.test : test, of: task)
  }

  private func files(_ names: [String], of task: RecipeTask) -> [String] {
    let names = names.map { $0.replacingOccurrences(of: "{task}", with: task.problem) }
    guard !task.domains.isEmpty else { return names }
    // What all domains have in common is read once.
    return task.domains.flatMap { domain in
      names.map { $0.replacingOccurrences(of: DomainOptions.mark, with: domain) }
    }.uniqued()
  }

  /// The first task that has no files to be finally scored on.
  package var taskWithoutTest: RecipeTask? {
    usesBuiltInCorpus ? nil : tasks.first { testFiles(of: $0).isEmpty }
  }

  /// The column of the words in task `task`'s files.
  public func wordColumn(of task: RecipeTask) -> Int {
    task.wordColumn ?? wordColumn
  }

  /// The index of the task called `name`.
  ///
  /// - Throws: `Failure` of kind `usage` naming the tasks there are.
  package func index(ofTask name: String) throws -> Int {
    guard let index = tasks.firstIndex(where: { $0.name == name }) else {
      throw Failure(
        .usage, setting: "task", value: name,
        "the run has the tasks " + tasks.map(\.name).joined(separator: ", "))
    }
    return index
  }
}
