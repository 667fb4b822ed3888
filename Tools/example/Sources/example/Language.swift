import Basics
import Corpora
import Foundation
import Training

/// An invented language in which a word's ending tells its gender and number.
enum Language {
  /// A word, its gender, its number, and whether it is a name; a task each.
  static let tasks = ["gender", "number", "name"]

  /// `count` sentences as a column file.
  static func text(_ count: Int, _ random: inout RandomStream) -> String {
    (0..<count).map { _ in
      (0..<3 + random.below(6)).map { _ in word(&random) + "\n" }.joined() + "\n"
    }.joined()
  }

  private static func word(_ random: inout RandomStream) -> String {
    let stem = (0..<1 + random.below(2)).map { _ in
      String("bdfgklmnprstv".randomElement(using: &random)!)
        + String("aeiou".randomElement(using: &random)!)
    }.joined()
    let (isFeminine, isPlural) = (random.below(2) == 1, random.below(2) == 1)
    let isName = random.below(4) == 0
    let word = stem + (isFeminine ? "na" : "no") + (isPlural ? "s" : "")
    return [
      isName ? word.capitalized : word, isFeminine ? "feminine" : "masculine",
      isPlural ? "plural" : "singular", isName ? "name" : "other",
    ].joined(separator: "\t")
  }

  /// What the tasks learn from and what epochs are chosen on.
  static func splits() throws -> (vocabulary: Vocabulary, splits: [TaskSplits]) {
    let format = try ColumnFormat(
      wordColumn: 0,
      tasks: tasks.enumerated().map { TaskSource(name: $1, source: .column($0 + 1)) })
    var random = RandomStream(seed: 1, "language")
    let train = try Corpus(Data(text(300, &random).utf8), named: "train", format: format)
    let dev = try Corpus(Data(text(100, &random).utf8), named: "dev", format: format)
    let vocabulary = try Vocabulary(training: [train], encoding: .bioes)
    let (seen, unseen) = (EncodedCorpus(train, vocabulary), EncodedCorpus(dev, vocabulary))
    let splits = try tasks.map {
      TaskSplits(train: try TaskData(seen, task: $0), dev: try TaskData(unseen, task: $0))
    }
    return (vocabulary, splits)
  }
}
