import Basics
import Corpora

/// What `tickets data check` finds in a recipe's files.
public struct DataSummary: Encodable {
  /// One entry for tasks annotated together, one for each task with own files.
  let groups: [DataCheck]

  /// Looks over the files of `recipe`.
  ///
  /// - Throws: `Failure` of kind `usage` if the recipe names no files.
  public init(_ recipe: Recipe) throws {
    guard !recipe.usesBuiltInCorpus else {
      throw Failure(.usage, "--train is missing: name the files to check")
    }
    groups = try RunData(recipe).groups.map { group in
      try DataCheck(
        train: group.files[.train] ?? [], dev: group.files[.dev] ?? [],
        test: group.files[.test] ?? [], format: group.format)
    }
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
