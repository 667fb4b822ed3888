import Basics
import Corpora
import Recipes

extension RunData {
  /// Other labelled `files`, as the test files of the `tasks` of `recipe` (those whose labels the
  /// files have if empty), and what to tell the user about tasks that are left out.
  ///
  /// - Parameter tokenFeatures: where the features of the files' tokens stand, if not where the
  ///   recipe's pattern says.
  /// - Throws: `Failure` of kind `usage` for an option, `missingInput` or `badData` naming a file that
  ///   cannot be read or has labels of no task.
  package static func scoring(
    _ recipe: Recipe, on files: [String], tasks names: [String], tokenFeatures: String?
  ) throws -> (data: RunData, warnings: [String]) {
    var recipe = recipe
    // With training files it is no run of the built-in corpus; they are not read.
    if recipe.usesBuiltInCorpus { recipe.train = files }
    recipe.test = files
    for index in recipe.declaredTasks.indices where recipe.declaredTasks[index].hasOwnFiles {
      recipe.declaredTasks[index].test = files
    }
    if let tokenFeatures {
      guard recipe.tokenFeatures != nil else {
        throw Failure(
          .usage, setting: "token-features", value: tokenFeatures,
          "the run reads no features of tokens")
      }
      recipe.tokenFeatures = TokenFeatures(tokenFeatures)
    }
    if !names.isEmpty {
      let indices = try Set(names.map(recipe.index(ofTask:)))
      let chosen = recipe.tasks.indices.filter(indices.contains).map { recipe.tasks[$0] }
      for task in chosen {
        guard let (file, lack) = try task.lacks(recipe.testFiles(of: task)) else { continue }
        throw Failure(.badData, "\(file): \(lack), where task \(task.name) has its labels")
      }
      return (try RunData(recipe, tasks: chosen), [])
    }
    let tasks = recipe.tasks
    if let other = tasks.first(where: { kind($0) != kind(tasks[0]) }),
      recipe.testFiles(of: other) == recipe.testFiles(of: tasks[0])
    {
      throw Failure(
        .usage, setting: "task",
        "missing; \(tasks[0].name) and \(other.name) read files of different kinds")
    }
    var warnings: [String] = []
    let readable = try tasks.filter { task in
      guard let (file, lack) = try task.lacks(recipe.testFiles(of: task)) else { return true }
      warnings.append("task \(task.name) is not scored: \(file) \(lack)")
      return false
    }
    guard !readable.isEmpty else {
      throw Failure(.badData, "\(files[0]): has labels of no task of the run; \(warnings[0])")
    }
    return (try RunData(recipe, tasks: readable), warnings)
  }

  private static func kind(_ task: RecipeTask) -> [Bool] { [task.readsTexts, task.readsVectors] }
}

extension RecipeTask {
  /// The first file without the task's labels, and what it lacks; nil if every file has them.
  fileprivate func lacks(_ files: [String]) throws -> (file: String, lack: String)? {
    for file in files {
      switch column {
      case .index(let index), .random(of: let index):
        if let count = try ColumnFormat.columnCount(of: file), index >= count {
          return (file, "has no column \(index)")
        }
      case .vector(let tensor):
        let name = tensor ?? name
        if try SafeTensors(contentsOf: file).entry(name) == nil {
          return (file, "has no tensor '\(name)'")
        }
      case .position, .comment, .text: break
      }
    }
    return nil
  }
}

extension Recipe {
  /// The files that networks read when they are evaluated on `split`.
  package func evaluationData(_ split: RunData.Split) -> Set<String> {
    split == .test ? testData : trainingCorpora
  }
}
