import Basics
import Corpora
import Foundation
import Recipes
import Training

/// The corpora of a recipe: one for tasks annotated together, one for each task with own files.
public struct RunData {
  /// Which part of the data.
  public enum Split: String, Codable, Sendable, CaseIterable {
    case train, dev, test

    fileprivate var builtIn: SyntheticCorpus.Split {
      switch self {
      case .train: .train
      case .dev: .dev
      case .test: .test
      }
    }
  }

  /// How a group's files are read.
  package enum Format {
    /// Column files.
    case columns(ColumnFormat)
    /// Files of texts.
    case texts(TextFormat)
    /// Files of feature vectors.
    case vectors(VectorFormat)
  }

  /// Tasks that are read from the same files.
  package struct Group {
    package let format: Format
    package let files: [Split: [String]]
    package let tasks: [String]
  }

  let recipe: Recipe
  /// The tasks, in the recipe's order.
  let tasks: [RecipeTask]
  package let groups: [Group]

  /// The groups of `recipe`, or of some of its `tasks`; reads nothing yet.
  public init(_ recipe: Recipe, tasks some: [RecipeTask]? = nil) throws {
    self.recipe = recipe
    tasks = some ?? recipe.tasks
    var seen: [(key: [String], tasks: [RecipeTask])] = []
    for task in tasks {
      let key =
        (Split.allCases.map { Self.files(of: task, $0, recipe) } + [
          ["\(recipe.wordColumn(of: task))", "\(task.readsTexts)", "\(task.readsVectors)"]
        ]).map { $0.joined(separator: "\n") }
      if let index = seen.firstIndex(where: { $0.key == key }) {
        seen[index].tasks.append(task)
      } else {
        seen.append((key, [task]))
      }
    }
    groups = try seen.map { _, tasks in
      Group(
        format: try Self.format(of: tasks, recipe),
        files: Dictionary(
          uniqueKeysWithValues: Split.allCases.map { ($0, Self.files(of: tasks[0], $0, recipe)) }),
        tasks: tasks.map(\.name))
    }
  }

  /// The files of `split` that `task` reads.
  static func files(of task: RecipeTask, _ split: Split, _ recipe: Recipe) -> [String] {
    switch split {
    case .train: recipe.trainFiles(of: task)
    case .dev: recipe.devFiles(of: task)
    case .test: recipe.testFiles(of: task)
    }
  }

  private static func format(of tasks: [RecipeTask], _ recipe: Recipe) throws -> Format {
    let sources = tasks.map(\.source)
    if tasks[0].readsTexts { return .texts(try recipe.textFormat(of: sources)) }
    if tasks[0].readsVectors { return .vectors(try VectorFormat(tasks: sources)) }
    return .columns(
      try ColumnFormat(wordColumn: recipe.wordColumn(of: tasks[0]), tasks: sources))
  }

  /// The corpora of `split`, one a group; of training data only the sentences the recipe asks
  /// for, without those held out for dev, and with random labels where it asks for them: the same
  /// at every call.
  ///
  /// - Throws: `Failure` of kind `usage` if a split has no files, and what reading them throws.
  public func corpora(_ split: Split) throws -> [Corpus] {
    try groups.map { group in
      var corpus = try read(group, split)
      if split == .train && recipe.trainSentences > 0 {
        // One stream for all groups: tasks annotated in the same files, but with words in different
        // columns, keep the same sentences too.
        var stream = RandomStream(seed: recipe.seed, "train-sentences")
        corpus = corpus.drawing(recipe.trainSentences, from: &stream)
      }
      for task in corpus.tasks where task.isRandom {
        var stream = RandomStream(seed: recipe.seed, "random labels", task.name, split.rawValue)
        try corpus.permuteLabels(ofTask: task.name, from: &stream)
      }
      return corpus
    }
  }

  /// The corpus that the files of `group`, or the built-in text, hold.
  private func read(_ group: Group, _ split: Split) throws -> Corpus {
    if recipe.usesBuiltInCorpus, case .columns(let format) = group.format {
      let text = SyntheticCorpus(seed: recipe.seed).text(split.builtIn)
      return try Corpus(text, named: "built-in \(split.rawValue)", format: format)
    }
    if recipe.holdOut > 0, split != .test {
      // One stream for all groups, as above.
      var stream = RandomStream(seed: recipe.seed, "hold-out")
      let (kept, heldOut) = try readFiles(group, .train).holdOut(recipe.holdOut, from: &stream)
      return split == .train ? kept : heldOut
    }
    return try readFiles(group, split)
  }

  private func readFiles(_ group: Group, _ split: Split) throws -> Corpus {
    let files = group.files[split] ?? []
    guard !files.isEmpty else {
      throw Failure(
        .usage, setting: split.rawValue,
        "missing; name the \(split.rawValue) files of "
          + group.tasks.joined(separator: ", "))
    }
    var corpus =
      switch group.format {
      case .columns(let format): try Corpus(files: files, format: format)
      case .texts(let format): try Corpus(texts: files, format: format)
      case .vectors(let format): try Corpus(vectors: files, format: format)
      }
    if let features = recipe.tokenFeatures {
      try corpus.readFeatures(from: files.map(features.file))
    }
    return corpus
  }

  /// The tasks, as indices of the recipe's.
  package var taskIndices: [Int] {
    recipe.tasks.indices.filter { index in tasks.contains { $0.name == recipe.tasks[index].name } }
  }

  /// A split's `corpora` seen through `vocabulary`, one entry a task, in the recipe's order.
  public func tasks(_ corpora: [Corpus], _ vocabulary: Vocabulary) throws -> [TaskData] {
    let encoded = corpora.map { EncodedCorpus($0, vocabulary) }
    return try tasks.map { task in
      try TaskData(encoded[index(ofGroup: task)], task: task.name)
    }
  }

  /// The group that `task` is read in.
  func index(ofGroup task: RecipeTask) -> Int {
    groups.firstIndex { $0.tasks.contains(task.name) }!
  }
}

extension RecipeTask {
  /// The task as readers of files know it.
  package var source: TaskSource {
    switch column {
    case .index(let index): TaskSource(name: name, source: .column(index), labels: labels)
    case .position: TaskSource(name: name, source: .position)
    case .random(of: let index): TaskSource(name: name, source: .random(of: index))
    case .comment(let key): TaskSource(name: name, source: .comment(key))
    case .text(let column): TaskSource(name: name, source: .text(column: column))
    case .vector(let tensor): TaskSource(name: name, source: .vector(tensor: tensor))
    }
  }
}

extension Recipe {
  /// How files of texts with `tasks` are read.
  package func textFormat(of tasks: [TaskSource]) throws -> TextFormat {
    try TextFormat(
      kind: textFormat, labelColumn: labelColumn.map(TextField.init),
      textColumn: textColumn.map(TextField.init), tasks: tasks, maxTokens: maxTokens)
  }
}

extension RunDirectory {
  /// The vocabulary of the run.
  ///
  /// - Throws: `Failure` of kind `missingInput` if no stage has made it yet, or it is gone.
  package func readVocabulary() throws -> Vocabulary {
    guard FileManager.default.fileExists(atPath: vocabulary) else {
      throw Failure(
        .missingInput,
        "\(vocabulary): is not there; 'tickets train \(path)' makes it from the training files")
    }
    let read = try Vocabulary(
      json: [UInt8](SealedJSON.read(vocabulary, limit: 1 << 30)), named: vocabulary)
    let (names, wanted) = (read.tasks.map(\.name), recipe.tasks.map(\.name))
    guard Set(names) == Set(wanted), names.count == wanted.count else {
      throw Failure(
        .badData,
        "\(vocabulary): has the tasks \(names.joined(separator: ", ")), the run "
          + wanted.joined(separator: ", "))
    }
    return read
  }

  /// The vocabulary of the run, made from the `training` corpora, behind what `known` has, if it is
  /// not there yet.
  func vocabulary(training: [Corpus], extending known: Vocabulary?) throws -> Vocabulary {
    if FileManager.default.fileExists(atPath: vocabulary) { return try readVocabulary() }
    let own = try Vocabulary(training: training, encoding: recipe.spanEncoding)
    return try known.map(own.extending) ?? own
  }

  /// Keeps `made` as the run's vocabulary if there is none yet.
  func keep(_ made: Vocabulary) throws {
    guard !FileManager.default.fileExists(atPath: vocabulary) else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try SealedJSON.write(encoder.encode(made), to: vocabulary)
  }
}
