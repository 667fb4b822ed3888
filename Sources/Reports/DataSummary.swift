import Basics
import Corpora
import Figures
import Recipes
import Runs

/// What `tickets data check` finds in a recipe's files.
public struct DataSummary: Encodable {
  /// One entry for tasks annotated together, one for each task with own files.
  let groups: [DataCheck]

  /// Looks over the files of `recipe`.
  ///
  /// - Throws: `Failure` of kind `usage` if the recipe names no files.
  public static func check(_ recipe: Recipe) throws -> DataSummary {
    guard !recipe.usesBuiltInCorpus else {
      throw Failure(.usage, setting: "train", "missing; name the files to check")
    }
    return DataSummary(
      groups: try RunData(recipe).groups.map { group in
        let (train, dev) = (group.files[.train] ?? [], group.files[.dev] ?? [])
        let test = group.files[.test] ?? []
        switch group.format {
        case .columns(let format):
          return try DataCheck(train: train, dev: dev, test: test, format: format)
        case .texts(let format):
          return try DataCheck(train: train, dev: dev, test: test, texts: format)
        }
      })
  }

  /// How many problems there are.
  public var problemCount: Int { groups.reduce(0) { $0 + $1.problemCount } }

  /// Tables and problems for people.
  public var text: String {
    groups.map { group in
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
      var unseen: [String] = []
      for split in group.splits {
        for task in split.tasks where !task.unseenLabels.isEmpty {
          unseen.append(
            "warning: \(split.split): labels of \(task.task) unseen in training "
              + "(\(task.unseenTokens) \(task.labelCounts == nil ? "tokens" : "texts")): "
              + task.unseenLabels.joined(separator: ", "))
        }
      }
      let problems = group.problems.map(\.description)
      return ([table(rows), "", table(labels)] + group.textSummary + unseen + problems).joined(
        separator: "\n")
    }.joined(separator: "\n\n")
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
