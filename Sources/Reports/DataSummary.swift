import Basics
import Corpora
import Figures
import Recipes
import Runs

/// What `tickets data check` finds in a recipe's files.
public struct DataSummary: Encodable {
  /// One entry for tasks annotated together, one for each task with own files.
  let groups: [DataCheck]
  /// What the file of word vectors knows of the training words; left out where there is none, or the
  /// training files have problems.
  let embeddings: EmbeddingsCheck?

  /// A file of word vectors.
  struct EmbeddingsCheck: Encodable {
    let file: String
    /// Components of a vector.
    let dimension: Int
    /// How many of the training words it has; null if it cannot be read.
    @OrNull var coverage: Embeddings.Coverage?
    let problems: [Problem]

    /// Looks for the words of the training files of `recipe`.
    init(_ file: String, _ recipe: Recipe) throws {
      (self.file, dimension) = (file, recipe.wordDim)
      do {
        let vocabulary = try Vocabulary(
          training: RunData(recipe).corpora(.train), encoding: recipe.spanEncoding)
        let found = try Embeddings(file: file, dimension: dimension, vocabulary: vocabulary)
        coverage = found.coverage
        problems =
          found.words.isEmpty
          ? [
            Problem(
              file: file, line: 0, kind: "embeddings",
              message: "\(file): has none of the training words")
          ] : []
      } catch let failure as Failure {
        problems = [Problem(file: file, line: 0, kind: "embeddings", message: failure.message)]
      }
    }
  }

  /// Looks over the files of `recipe`.
  ///
  /// - Throws: `Failure` of kind `usage` if the recipe names no files.
  public static func check(_ recipe: Recipe) throws -> DataSummary {
    guard !recipe.usesBuiltInCorpus else {
      throw Failure(.usage, setting: "train", "missing; name the files to check")
    }
    let groups = try RunData(recipe).groups.map { group in
      let (train, dev) = (group.files[.train] ?? [], group.files[.dev] ?? [])
      let test = group.files[.test] ?? []
      switch group.format {
      case .columns(let format):
        return try DataCheck(
          train: train, dev: dev, test: test, format: format,
          features: recipe.tokenFeatures.map { $0.file })
      case .texts(let format):
        return try DataCheck(train: train, dev: dev, test: test, texts: format)
      case .vectors(let format):
        return try DataCheck(train: train, dev: dev, test: test, vectors: format)
      }
    }
    let isSound = groups.allSatisfy { $0.problemCount == 0 }
    return DataSummary(
      groups: groups,
      embeddings: try isSound
        ? recipe.embeddings.map { try EmbeddingsCheck($0, recipe) } : nil)
  }

  /// How many problems there are.
  public var problemCount: Int {
    groups.reduce(0) { $0 + $1.problemCount } + (embeddings?.problems.count ?? 0)
  }

  /// Tables and problems for people.
  public var text: String {
    groups.map { group in
      if group.splits.contains(where: { $0.words == 0 && $0.features != nil }) {
        return ([table(vectors(group)), ""] + group.sharedSummary + remarks(group))
          .joined(separator: "\n")
      }
      var rows = [
        ["split", "sentences", "tokens", "longest", "words", "unknown tokens", "unknown words"]
      ]
      var labels = [["task", "scheme"] + group.splits.flatMap { ["\($0.split) labels", "spans"] }]
      for split in group.splits {
        rows.append([
          split.split, "\(split.sentences)", "\(split.tokens)", "\(split.longestSentence)",
          "\(split.words)", split.unknownTokens.map { percent($0) + " %" } ?? "-",
          split.unknownWords.map { percent($0) + " %" } ?? "-",
        ])
      }
      for (index, scheme) in group.schemes.enumerated() {
        labels.append(
          [scheme.task, scheme.scheme.rawValue]
            + group.splits.flatMap { split in
              ["\(split.tasks[index].labels)", split.tasks[index].spans.map { "\($0)" } ?? "-"]
            })
      }
      return
        ([table(rows), "", table(labels)] + group.textSummary + group.sharedSummary
        + remarks(group)).joined(separator: "\n")
    }.joined(separator: "\n\n") + (embeddings.map { "\n\n" + $0.text } ?? "")
  }

  /// A row a task and split of feature vectors.
  private func vectors(_ group: DataCheck) -> [[String]] {
    [["split", "vectors", "features", "task", "labels", "values", "mean"]]
      + group.splits.flatMap { split in
        split.tasks.map { task in
          [
            split.split, "\(split.sentences)", split.features.map { "\($0)" } ?? "-", task.task,
            task.values == nil ? "\(task.labels)" : "-",
            task.values.map { "\($0.least) to \($0.most)" } ?? "-",
            task.values.map { fixed($0.mean, 4) } ?? "-",
          ]
        }
      }
  }

  /// Labels unseen in training, then problems, a line each.
  private func remarks(_ group: DataCheck) -> [String] {
    var unseen: [String] = []
    for split in group.splits {
      for task in split.tasks where !task.unseenLabels.isEmpty {
        let what = split.features != nil ? "row" : task.labelCounts == nil ? "token" : "text"
        unseen.append(
          "warning: \(split.split): labels of \(task.task) unseen in training "
            + "(\(counted(task.unseenTokens, what))): " + task.unseenLabels.joined(separator: ", "))
      }
    }
    return unseen + group.problems.map(\.description)
  }

  /// Writes the built-in corpus of `seed` as train, dev and test files into `folder`.
  public static func writeBuiltIn(to folder: String, seed: UInt64) throws {
    try Files.makeFolder(folder)
    for split in SyntheticCorpus.Split.allCases {
      try Files.writeAtomically(
        SyntheticCorpus(seed: seed).text(split), to: "\(folder)/\(split.rawValue).conll")
    }
  }
}

extension DataSummary.EmbeddingsCheck {
  /// A line for people, or the problem.
  fileprivate var text: String {
    guard problems.isEmpty, let coverage else {
      return problems.map(\.message).joined(separator: "\n")
    }
    let found = coverage.exact + coverage.lowerCased
    return "embeddings: \(found) of \(found + coverage.missing) training words in \(file), "
      + "\(dimension) values each"
  }
}
