import Basics
import Corpora
import Foundation
import TestSupport
import Testing

/// Sentences that two splits share, counted by hand.
@Suite struct SharedSentencesTests {
  private let columns = try! ColumnFormat(
    wordColumn: 0, tasks: [TaskSource(name: "x", source: .column(1))])

  /// Sentences of one-letter words with labels of one letter, as in `abc/XYZ`.
  private func corpus(_ sentences: String...) throws -> Corpus {
    let text = sentences.map { sentence in
      let halves = sentence.split(separator: "/")
      return zip(halves[0], halves[1]).map { "\($0)\t\($1)\n" }.joined()
    }
    return try Corpus(Data(text.joined(separator: "\n").utf8), named: "text", format: columns)
  }

  private func shared(_ own: Corpus, with other: Corpus) -> [Int] {
    let shared = SharedSentences([own], with: [other], of: "train")
    return [shared.counted, shared.shared, shared.sameLabels]
  }

  @Test func countsWhatStandsInBoth() throws {
    let train = try corpus("abcde/XXXXX", "vwxyz/XYXYX", "abcde/XXXXX", "ab/XX")
    let dev = try corpus(
      "abcde/XXXXX", "abcde/XXXXY", "abcde/XXXXX", "abced/XXXXX", "ABCDE/XXXXX", "abcdef/XXXXXX")
    #expect(shared(dev, with: train) == [6, 3, 2])
    #expect(shared(train, with: dev) == [3, 2, 2])
    #expect(shared(dev, with: try corpus("vwxyz/XXXXX")) == [6, 0, 0])
  }

  @Test func shortSentencesDoNotCount() throws {
    let short = try corpus("abcd/XXXX", "abcde/XXXXX")
    #expect(shared(short, with: short) == [1, 1, 1])
  }

  @Test func sayWhatIsSharedInOneLine() throws {
    let train = try corpus("abcde/XXXXX", "vwxyz/XXXXX")
    let note = { (own: Corpus) in
      SharedSentences([own], with: [train], of: "train").note(of: "dev")
    }
    #expect(note(try corpus("fghij/XXXXX")) == nil)
    #expect(
      note(try corpus("abcde/XXXXX", "fghij/XXXXX"))
        == "1 of 2 dev sentences are in train too, with the same labels")
    #expect(
      note(try corpus("abcde/XXXXX", "vwxyz/YYYYY"))
        == "2 of 2 dev sentences are in train too, 1 of them with the same labels")
    #expect(
      note(try corpus("vwxyz/YYYYY"))
        == "1 of 1 dev sentences are in train too, with other labels")
    let two = SharedSentences(
      [try corpus("abcde/XXXXX"), train], with: [train, try corpus("abcde/XXXXX")], of: "train")
    #expect(two.counted == 3 && two.shared == 2 && two.sameLabels == 2)
  }

  @Test func vectorsAreComparedByTheirNumbers() throws {
    let format = try VectorFormat(
      tasks: [
        TaskSource(name: "digit", source: .vector(tensor: nil)),
        TaskSource(name: "size", source: .vector(tensor: nil)),
      ])
    let read = { (features: [[Float]], digits: [Int], sizes: [Float]) in
      try Corpus(
        vectors: VectorFile(
          features: features, labels: [("digit", .classes(digits)), ("size", .values(sizes))]
        ).data, named: "vectors", format: format)
    }
    let train = try read([[1, 2], [3, 4], [5, 6]], [0, 1, 2], [0.5, 0.5, 0.5])
    let dev = try read([[1, 2], [3, 4], [5, 6], [2, 1]], [0, 7, 2, 0], [0.5, 0.5, 0.25, 0.5])
    let shared = SharedSentences([dev], with: [train], of: "train")
    #expect(
      shared.note(of: "dev")
        == "3 of 4 dev vectors are in train too, 1 of them with the same labels")
  }

  @Test func dataCheckCountsEveryPair() throws {
    let scratch = try Scratch()
    let line = { (label: String, text: String) in "\(label)\t\(text)\n" }
    let train = try scratch.file(
      "train.tsv", line("good", "one two three four five") + line("bad", "short one"))
    let dev = try scratch.file(
      "dev.tsv", line("bad", "one two three four five") + line("bad", "short one"))
    let test = try scratch.file("test.tsv", line("bad", "one  two three four five"))
    let check = try DataCheck(
      train: [train], dev: [dev], test: [test],
      texts: TextFormat(tasks: [TaskSource(name: "x", source: .text(column: nil))]))
    #expect(
      check.sharedSummary == [
        "dev: 1 of 1 texts of 5 tokens or more also in train, 0 with the same labels",
        "test: 1 of 1 texts of 5 tokens or more also in train, 0 with the same labels",
        "test: 1 of 1 texts of 5 tokens or more also in dev, 1 with the same labels",
      ])
  }
}
