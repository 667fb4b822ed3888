import Basics
import Corpora

/// From what was given to a complete, checked recipe.
extension Recipe {
  /// The defaults, overridden by `layers` in turn, completed and checked.
  ///
  /// - Parameters:
  ///   - layers: weakest first: the recipe file, then the command line.
  ///   - knownSharings: the architectures that can be trained.
  ///   - needsDev: whether dev files, or sentences held out for dev, are asked for.
  /// - Throws: `Failure` of kind `usage` naming the option, the value and what is allowed.
  public static func resolve(
    _ layers: [RecipeLayer], knownSharings: [String], needsDev: Bool = true
  ) throws -> Recipe {
    var recipe = Recipe()
    for layer in layers { try layer.apply(to: &recipe) }
    recipe.fillTasks()
    try recipe.takeWordDim(after: layers)
    try recipe.validate(knownSharings: knownSharings, needsDev: needsDev)
    return recipe
  }

  /// The size of word vectors is that of the file they are in, unless one of `layers` says another.
  ///
  /// - Throws: `Failure` of kind `missingInput` or `badData` naming the file.
  package mutating func takeWordDim(after layers: [RecipeLayer]) throws {
    guard let embeddings, layers.contains(where: { $0.gives("embeddings") }),
      !layers.contains(where: { $0.gives("word-dim") })
    else { return }
    try Files.requireRegular(embeddings)
    wordDim = try Embeddings.dimension(of: embeddings)
  }

  /// The built-in corpus comes with its tasks; other files need to be told.
  package mutating func fillTasks() {
    if declaredTasks.isEmpty && usesBuiltInCorpus { declaredTasks = RecipeTask.builtIn }
  }

  /// Checks every option by itself, and those that depend on one another.
  ///
  /// - Throws: `Failure` of kind `usage` naming the option, the value and what is allowed.
  public func validate(knownSharings: [String], needsDev: Bool = true) throws {
    guard !declaredTasks.isEmpty else {
      throw Failure(
        .usage, "--tasks: missing; say which columns hold the labels, as in --tasks pos=1,ner=3")
    }
    var copy = self
    for option in RecipeOption.all {
      let place = RecipePlace(name: "--\(option.name)", folder: "/")
      try option.set(option.value(in: self), in: &copy, at: place)
    }
    for name in sharing where !knownSharings.contains(name) {
      throw Failure(
        .usage,
        "--sharing \(name): must be among \(knownSharings.joined(separator: ", "))"
          + didYouMean(name, among: knownSharings))
    }
    try validateDomains()
    if let other = tasks.first(where: { $0.readsVectors != tasks[0].readsVectors }) {
      throw Failure(
        .usage,
        "--tasks: \(tasks[0].name) and \(other.name) read files of different kinds; a network reads "
          + "feature vectors for all its tasks or for none")
    }
    try validateTaskNames()
    try validateInput()
    try steps.validate(tasks: tasks.map(\.name))
    try validateModules()
    try validateMasks()
    try validateRewind()
    try validateMaskScope()
    if usesBuiltInCorpus { try validateBuiltIn() } else { try validateFiles(needsDev) }
    for task in tasks where task.column.index == wordColumn(of: task) {
      throw Failure(
        .usage,
        "--tasks \(task.name): column \(wordColumn(of: task)) holds the words (--word-column)")
    }
  }

  private func validateInput() throws {
    let readsVectors = tasks[0].readsVectors
    if tokenFeatures != nil, usesBuiltInCorpus || readsVectors {
      throw Failure(
        .usage,
        "--token-features: "
          + (readsVectors
            ? "the tasks read feature vectors already" : "the built-in corpus has no files"))
    }
    if weights != nil, embeddings != nil {
      throw Failure(
        .usage, "--weights: holds the word vectors too; leave out --embeddings")
    }
    guard wordDim == 0, !readsVectors else { return }
    if embeddings != nil {
      throw Failure(.usage, "--embeddings: there are no word vectors (--word-dim 0)")
    }
    if tokenFeatures == nil, charEncoder == .cnn, charFilters == 0 {
      throw Failure(
        .usage,
        "--word-dim 0: nothing is left to read; give word vectors, characters (--char-filters) or "
          + "--token-features")
    }
  }

  private func validateTaskNames() throws {
    let names = tasks.map(\.name)
    let given = [
      ("task-layers", taskLayers.map(\.task)), ("loss-weights", lossWeights.map(\.task)),
      ("paths", modules.paths.map(\.task)),
      ("main-task", mainTask.map { [$0] } ?? []),
    ]
    for (option, given) in given {
      for name in given where !names.contains(name) {
        throw Failure(
          .usage,
          "--\(option) \(name): there is no such task; the tasks are "
            + names.joined(separator: ", "))
      }
    }
    if let deep = taskLayers.first(where: { $0.number > Double(layers) }) {
      throw Failure(
        .usage,
        "--task-layers \(deep.task)=\(Int(deep.number)): the network has \(layers) layers "
          + "(--layers)")
    }
  }

  private func validateBuiltIn() throws {
    if holdOut > 0 {
      throw Failure(
        .usage, "--hold-out \(holdOut): the built-in corpus has dev sentences of its own")
    }
    if let task = tasks.first(where: \.readsTexts) {
      throw Failure(
        .usage,
        "--tasks \(task.name): the built-in corpus has columns; its task of texts is "
          + "form=comment:form")
    }
    if let task = tasks.first(where: \.readsVectors) {
      throw Failure(.usage, "--tasks \(task.name): the built-in corpus has no feature vectors")
    }
  }

  private func validateFiles(_ needsDev: Bool) throws {
    let needsDev = needsDev && holdOut == 0
    for task in tasks {
      if task.hasOwnFiles {
        guard !task.train.isEmpty, !task.dev.isEmpty || !needsDev else {
          throw Failure(
            .usage,
            "--tasks \(task.name): a task with files of its own needs both 'train' and 'dev' "
              + "(or --hold-out)")
        }
      } else if train.isEmpty {
        throw Failure(
          .usage,
          "--train: missing; task '\(task.name)' has no training files"
            + " (leave out --dev and --test too to use the built-in corpus)")
      } else if dev.isEmpty && needsDev {
        throw Failure(
          .usage,
          "--dev: missing; it chooses the best epoch and round (--hold-out 0.1 draws it from "
            + "training)")
      }
      if holdOut > 0, !devFiles(of: task).isEmpty {
        throw Failure(
          .usage, "--hold-out \(holdOut): task '\(task.name)' has dev files; leave one of them out")
      }
      let others = tasks.filter { trainFiles(of: $0) == trainFiles(of: task) }
      if task.readsTexts, let other = others.first(where: { !$0.readsTexts }) {
        throw Failure(
          .usage,
          "--tasks \(task.name): has no column, so it reads files of texts, but \(other.name) reads "
            + "columns of the same files; give it a column, as in \(task.name)=1")
      }
    }
  }
}

extension Recipe: Codable {
  /// Reads the options that are there over the defaults, so that a record made before an option
  /// existed stays valid.
  ///
  /// - Throws: `Failure` of kind `usage` naming the option and the value.
  public init(from decoder: any Decoder) throws {
    self.init()
    let container = try decoder.container(keyedBy: StringKey.self)
    for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
      guard let option = RecipeOption.named(key.stringValue) else {
        throw Failure(.badData, "'\(key.stringValue)' is no option of a recipe")
      }
      let value = try container.decode(RecipeValue.self, forKey: key)
      try option.set(value, in: &self, at: RecipePlace(name: option.name, folder: "/"))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: StringKey.self)
    for option in RecipeOption.all {
      try container.encode(option.value(in: self), forKey: StringKey(stringValue: option.name))
    }
  }
}
