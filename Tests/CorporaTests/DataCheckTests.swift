import Basics
import Corpora
import Foundation
import Testing

@Suite struct DataCheckTests {
  @Test func countsAndFindsProblems() throws {
    try withFile(Data("the B-P\ncat I-P\nsat O\n\nThe B-P\n".utf8)) { train in
      try withFile(Data("the O\ndog I-Q\nx\n".utf8)) { dev in
        let check = try DataCheck(train: [train], dev: [dev], format: format())
        #expect(check.splits.map(\.split) == ["train", "dev"])
        #expect(check.splits.map(\.tokens) == [4, 2])
        #expect(check.splits[0].sentences == 2 && check.splits[0].longestSentence == 3)
        #expect(check.splits[0].words == 3 && check.splits[0].unknownTokens == nil)
        #expect(check.splits[1].unknownTokens == 0.5 && check.splits[1].unknownWords == 0.5)
        #expect(check.schemes.map(\.scheme) == [.iob2])
        #expect(check.splits[0].tasks[0].spans == 2)
        #expect(check.splits[1].tasks[0].unseenLabels == ["I-Q"])
        #expect(check.splits[1].tasks[0].unseenTokens == 1)
        #expect(
          check.problems.map(\.description) == [
            "\(dev):3: expected 2 columns, found 1",
            "\(dev):2: x: I-Q after O: in iob2 a span starts with B-",
          ])
      }
    }
  }

  private static func check(train: String, dev: String) throws -> (DataCheck, [String]) {
    let names = (train: "train-\(UUID().uuidString)", dev: "dev-\(UUID().uuidString)")
    let folder = NSTemporaryDirectory()
    for (name, text) in [(names.train, train), (names.dev, dev)] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder + name))
    }
    defer {
      for name in [names.train, names.dev] {
        try? FileManager.default.removeItem(atPath: folder + name)
      }
    }
    let check = try DataCheck(
      train: [folder + names.train], dev: [folder + names.dev], format: format())
    return (
      check,
      check.problems.map {
        $0.description.replacing(folder + names.train, with: "train")
          .replacing(folder + names.dev, with: "dev")
      }
    )
  }

  private static let clean = String(repeating: "a B-P\nb I-P\nc O\n\n", count: 50)

  @Test(arguments: ["Q-PER", "b-PER", "B_PER", "-", "X"])
  func aMisspeltLabelIsAProblemOfItsOwn(label: String) throws {
    let (check, problems) = try Self.check(
      train: Self.clean + "a \(label)\n", dev: Self.clean)
    #expect(check.schemes.map(\.scheme) == [.iob2])
    #expect(problems == ["train:201: x: the label \(label) is not one of the scheme iob2"])
  }

  @Test func aForeignLetterDoesNotChangeTheScheme() throws {
    let (_, problems) = try Self.check(train: Self.clean + "a S-P\n", dev: Self.clean)
    #expect(problems == ["train:201: x: the label S-P is not one of the scheme iob2"])
  }

  @Test(arguments: [
    ("a I-P\nb I-P\nc O\n\n", "the labels seem to be iob1", "convert the file"),
    ("a B-P\nb E-P\nc O\nd S-P\n\n", "the labels seem to be bioes", "convert the file"),
    ("a NN\nb VB\n\n", "the labels seem to mark no spans", "is it the right column?"),
  ])
  func aFileInAnotherSchemeIsOneProblem(text: String, seems: String, advice: String) throws {
    let (check, problems) = try Self.check(
      train: Self.clean, dev: String(repeating: text, count: 100))
    #expect(problems == ["dev: x: \(seems), those of training are iob2; \(advice)"])
    #expect(check.problemCount == 1)
  }

  @Test func manyProblemsOfAKindAreCutShort() throws {
    let bad = String(repeating: "a B-P\nb I-P\nc O\nd I-P\n\n", count: 30)
    let (check, problems) = try Self.check(train: Self.clean, dev: bad + "a\n")
    #expect(check.problemCount == 31 && problems.count == 22)
    #expect(problems[0] == "dev:151: expected 2 columns, found 1")
    #expect(problems[20] == "dev:99: x: I-P after O: in iob2 a span starts with B-")
    #expect(problems[21] == "dev: 10 more problems of this kind (labels of x)")
  }

  /// In BIOES the two tokens of a longer SBAR would both be unseen.
  @Test func unseenLabelsAreThoseOfTheFile() throws {
    let train = try columns("a/B-SBAR b/O | c/B-NP d/I-NP")
    let dev = try columns("a/B-SBAR b/I-SBAR c/O | a/B-SBAR b/I-SBAR | c/B-NP")
    let vocabulary = try Vocabulary(training: [train], encoding: .bioes)
    let (known, new) = (
      try TaskData(EncodedCorpus(train, vocabulary), task: "x"),
      try TaskData(EncodedCorpus(dev, vocabulary), task: "x")
    )
    #expect(new.labels.count { $0 < 0 } == 5)
    let unseen = try UnseenLabels(new, training: known)
    #expect(unseen.count == 2 && unseen.labels == ["I-SBAR"])
    #expect(
      unseen.warning(split: "dev", domain: "news")
        == "task x: 2 dev tokens of news with labels unseen in training (I-SBAR), which count as "
        + "errors")
    #expect(try UnseenLabels(known, training: known).warning(split: "dev") == nil)
  }

  /// Labels of another scheme are read in that of training, in which they may be known.
  @Test func labelsOfAnotherSchemeAreReadInThatOfTraining() throws {
    let train = try columns("a/B-SBAR b/I-SBAR c/O | c/B-NP d/I-NP d/I-NP")
    let dev = try columns("a/B-SBAR b/E-SBAR | c/S-NP | b/S-VP c/O | a/B-NP d/I-NP b/E-NP")
    let vocabulary = try Vocabulary(training: [train], encoding: .bio)
    let (known, new) = (
      try TaskData(EncodedCorpus(train, vocabulary), task: "x"),
      try TaskData(EncodedCorpus(dev, vocabulary), task: "x")
    )
    let unseen = try UnseenLabels(new, training: known)
    #expect(unseen.count == 1 && unseen.labels == ["S-VP"])
    #expect(unseen.count == new.labels.count { $0 < 0 })
  }

  @Test func textsAreCountedAndCompared() throws {
    try withFile(Data("pos\ta b c\nneg\ta  b c\npos\ta\npos\td\n".utf8)) { train in
      try withFile(Data("neg\ta b c\nodd\tA b c\npos\te f\nneg\n".utf8)) { dev in
        let task = TaskSource(name: "x", source: .text(column: nil))
        let check = try DataCheck(
          train: [train], dev: [dev], texts: TextFormat(tasks: [task], maxTokens: 2))
        let (first, second) = (check.splits[0], check.splits[1])
        #expect(first.sentences == 4 && first.tokens == 8 && first.longestSentence == 3)
        let texts = try [first, second].map { try #require($0.texts) }
        #expect(texts.map(\.mean) == [2, 8.0 / 3] && texts.map(\.median) == [2, 3])
        #expect(texts.map(\.cut) == [2, 2] && texts.map(\.repeated) == [1, 0])
        #expect(first.shared.isEmpty && second.shared.map(\.split) == ["train"])
        // They are too short to count.
        #expect(second.shared.map(\.counted) == [0])
        #expect(first.tasks[0].labelCounts?.map(\.label) == ["pos", "neg"])
        #expect(first.tasks[0].labelCounts?.map(\.texts) == [3, 1])
        #expect(
          check.textSummary == [
            "train: 4 texts, 2.0 tokens on average, median 2.0, longest 3; 2 would be cut; 1 repeated",
            "train: labels of x: pos (3), neg (1)",
            "dev: 3 texts, 2.7 tokens on average, median 3.0, longest 3; 2 would be cut",
            "dev: labels of x: neg (1), odd (1), pos (1)",
          ])
        #expect(second.tasks[0].unseenLabels == ["odd"] && second.tasks[0].unseenTokens == 1)
        #expect(
          check.problems.map(\.description)
            == ["\(dev):4: there is no tab, which stands between label and text"])
      }
    }
  }
}
