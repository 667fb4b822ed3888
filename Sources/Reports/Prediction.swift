import Basics
import Corpora
import Foundation
import Recipes
import Runs
import Sharing
import Training

/// Labels for a column file, or a file of texts: the same lines with a predicted column for each
/// task; labels and values for a file of feature vectors, a line each.
public struct Prediction {
  /// The labelled file.
  public let text: Data
  /// The scores of every task, a row a token [N, C] or a row a text, in the file's order; none
  /// unless asked for.
  public let logits: [(task: String, classes: Int, values: [Float])]
  /// What a user should know who meant something else; nil if there is nothing.
  public let hint: String?

  /// How a file is read, and what is written of it.
  public struct Form: Sendable {
    /// The column of the words; nil for the run's, or that of CoNLL-U.
    public var wordColumn: Int?
    /// Whether it is plain text, a sentence a line.
    public var isRaw = false
    /// Whether an object a sentence is written, as JSON Lines.
    public var isJSON = false
    /// How many of the most probable labels are told with their probabilities; 0 for none.
    public var top = 0

    /// As the run's files, the same lines with a column more for each task.
    public init() {}
  }

  /// From how many tokens on sparse products win more time than it takes to prepare them.
  private static let worthSparse = 1000

  /// Labels `data`, called `name` in errors, with the tasks `names` (all if empty).
  ///
  /// Lines that hold no token (comments, blank lines, document marks) stay as they are.
  ///
  /// - Parameters:
  ///   - path: where `data` stand; nil if they come from a pipe.
  ///   - tokenFeatures: where the features of their tokens do, if not where the run's pattern says.
  public static func predict(
    _ run: RunDirectory, sharing: String?, tasks names: [String], data: Data, path: String?,
    tokenFeatures: String? = nil, form: Form, wantsLogits: Bool, jobs: Int
  ) throws -> Prediction {
    let name = path ?? "standard input"
    let networks = try TrainedNetworks(run)
    let recipe = run.recipe
    let architecture = try networks.architecture(sharing)
    let indices =
      try names.isEmpty ? Array(recipe.tasks.indices) : names.uniqued().map(recipe.index(ofTask:))
    let tasks = indices.map { recipe.tasks[$0] }
    if let other = tasks.first(where: { $0.readsTexts != tasks[0].readsTexts }) {
      throw Failure(
        .usage, setting: "task",
        "\(tasks[0].name) and \(other.name) read files of different kinds; name tasks of one kind")
    }
    if form.isRaw, let task = tasks.first(where: { $0.readsTexts || $0.readsVectors }) {
      throw Failure(
        .usage, setting: "raw",
        "\(task.name) reads \(task.readsTexts ? "texts as they are" : "feature vectors")")
    }
    if form.top > 0, recipe.head == .crf {
      throw Failure(
        .usage, setting: "top",
        "the run's labels are chosen for whole sentences (--head crf), not by probabilities of words"
      )
    }
    var input =
      if form.isRaw {
        try Input(raw: data, named: name)
      } else if tasks[0].readsTexts {
        try Input(
          texts: data, named: name, recipe.textFormat(of: tasks.map(\.source)).withoutLabels)
      } else if tasks[0].readsVectors {
        try Input(vectors: data, named: name)
      } else {
        try Input(columns: data, named: name, given: form.wordColumn) {
          try commonWordColumn(of: tasks, recipe)
        }
      }
    if let features = try features(path, tokenFeatures, recipe) {
      try input.readFeatures(from: features)
    }
    let corpus = input.corpus
    try networks.vocabulary.require(corpus)
    try networks.requireMemory(for: [corpus], [architecture])
    if corpus.tokenCount < worthSparse && recipe.execution == .auto {
      networks.execution = .dense
    }
    let encoded = EncodedCorpus(corpus, networks.vocabulary)
    var columns: [Column] = []
    var logits: [(task: String, classes: Int, values: [Float])] = []
    for index in indices {
      let (network, own) = try networks.network(architecture, task: index)
      let evaluation = Evaluation(network, threads: { jobs })
      let task = try networks.vocabulary.task(recipe.tasks[index].name)
      var column = Column(
        name: task.name, isOfTokens: task.kind == .classification && task.level == .token,
        values: written(task, own, encoded, evaluation))
      defer { columns.append(column) }
      guard wantsLogits || form.top > 0 else { continue }
      let scores = evaluation.scores(of: own, encoded)
      if form.top > 0 { column.probabilities = probabilities(scores, of: task, top: form.top) }
      if wantsLogits { logits.append((task.name, task.classes, scores)) }
    }
    return Prediction(
      text: try form.isJSON ? input.jsonLines(columns) : input.adding(columns), logits: logits,
      hint: input.hint)
  }

  /// The `top` most probable labels of every row of `scores` [N, C]; nil for values. Of labels with the
  /// same probability the one that is more frequent in training comes first.
  private static func probabilities(
    _ scores: [Float], of task: TaskVocabulary, top: Int
  ) -> [[(label: String, probability: Float)]]? {
    guard task.kind == .classification else { return nil }
    return stride(from: 0, to: scores.count, by: task.classes).map { start in
      let row = scores[start..<start + task.classes]
      let most = row.max() ?? 0
      let powers = row.map { exp($0 - most) }
      let sum = powers.reduce(0, +)
      return powers.indices.sorted { (-powers[$0], $0) < (-powers[$1], $1) }.prefix(top).map {
        (task.labels[$0], powers[$0] / sum)
      }
    }
  }

  /// What the network's task `own` predicts, as files have it.
  static func written(
    _ task: TaskVocabulary, _ own: Int, _ encoded: EncodedCorpus, _ evaluation: Evaluation
  ) -> [String] {
    guard task.kind == .classification else {
      return evaluation.scores(of: own, encoded).map { "\($0)" }
    }
    let labels = evaluation.labels(of: own, encoded)
    guard task.level == .token else { return task.fileLabels(labels) }
    return (0..<encoded.corpus.sentenceCount).flatMap {
      task.fileLabels(labels[encoded.corpus.range(ofSentence: $0)])
    }
  }

  /// The file with the features of the tokens of the file at `path`; nil if the run reads none.
  private static func features(
    _ path: String?, _ given: String?, _ recipe: Recipe
  ) throws -> String? {
    guard let usual = recipe.tokenFeatures else {
      if let given {
        throw Failure(
          .usage, setting: "token-features", value: given, "the run reads no features of tokens")
      }
      return nil
    }
    guard let path else {
      guard let given else {
        throw Failure(
          .usage, setting: "token-features",
          "missing; the run reads features of tokens, and standard input has no file of them")
      }
      return given
    }
    return (given.map { TokenFeatures($0) } ?? usual).file(for: path)
  }

  private static func commonWordColumn(of tasks: [RecipeTask], _ recipe: Recipe) throws -> Int {
    let columns = Set(tasks.map(recipe.wordColumn))
    guard columns.count == 1, let column = columns.first else {
      throw Failure(
        .usage, setting: "word-column",
        "missing; the tasks read their words from different columns")
    }
    return column
  }

  /// Writes the scores as a safetensors file, a tensor for each task.
  public func writeLogits(to path: String) throws {
    try SafeTensors.write(
      logits.map { task, classes, values in
        SafeTensors.Tensor(task, shape: [values.count / classes, classes], floats: values)
      }, to: path, isResult: true)
  }
}
