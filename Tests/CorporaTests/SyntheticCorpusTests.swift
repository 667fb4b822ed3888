import Basics
import Corpora
import Foundation
import Testing

@Suite struct SyntheticCorpusTests {
  /// The bytes are promised to be the same on every machine.
  @Test func bytesDependOnTheSeedAlone() {
    let text = SyntheticCorpus(seed: 1).text(.train)
    #expect(text == SyntheticCorpus(seed: 1).text(.train))
    #expect(text != SyntheticCorpus(seed: 2).text(.train))
    #expect(text != SyntheticCorpus(seed: 1).text(.dev))
    #expect(Digest.hex(Digest.sha256(Self.withoutComments(text))).prefix(16) == "895ef1d5e62ecb14")
  }

  private static func withoutComments(_ text: Data) -> Data {
    let lines = text.split(separator: 10, omittingEmptySubsequences: false)
    return Data(lines.filter { $0.first != UInt8(ascii: "#") }.joined(separator: [10]))
  }

  /// The form follows from the words: "because" and others start a subordinate clause, "that" and
  /// "which" a relative clause or an object, and "and" joins clauses.
  @Test func formsFollowFromTheClauses() throws {
    let format = try SyntheticCorpus.format
    let text = SyntheticCorpus(seed: 1).text(.train)
    let corpus = try Corpus(
      text, named: "t",
      format: ColumnFormat(wordColumn: 0, tasks: format.tasks + [SyntheticCorpus.form]))
    let (tags, chunks, forms) = (corpus.tasks[0], corpus.tasks[1], corpus.tasks[3])
    var counts: [String: Int] = [:]
    for sentence in 0..<corpus.sentenceCount {
      let range = corpus.range(ofSentence: sentence)
      let isComplex = range.contains {
        chunks.table[chunks.labels[$0]] == "B-SBAR" || tags.table[tags.labels[$0]] == "WDT"
      }
      let isJoined = range.contains { tags.table[tags.labels[$0]] == "CC" }
      let form = forms.table[forms.labels[sentence]]
      counts[form, default: 0] += 1
      #expect(form == (isComplex ? "complex" : isJoined ? "compound" : "simple"))
    }
    #expect(counts.count == 3 && counts.values.allSatisfy { $0 > 150 })
  }

  @Test(arguments: SyntheticCorpus.Split.allCases)
  func labelsAreWellFormed(split: SyntheticCorpus.Split) throws {
    let corpus = try Corpus(
      SyntheticCorpus(seed: 1).text(split), named: "t", format: SyntheticCorpus.format)
    #expect(corpus.sentenceCount == split.sentenceCount)
    let mean = Double(corpus.tokenCount) / Double(corpus.sentenceCount)
    #expect(mean > 10 && mean < 14)
    for task in ["chunk", "ner"] {
      #expect(try LabelScheme.detect([corpus], task: task) == .iob2)
      #expect(try LabelScheme.iob2.problems(in: corpus, task: task).isEmpty)
    }
  }

  @Test func splitsHoldWordsUnseenInTraining() throws {
    let synthetic = SyntheticCorpus(seed: 1)
    try withFile(synthetic.text(.train)) { train in
      try withFile(synthetic.text(.test)) { test in
        let check = try DataCheck(train: [train], test: [test], format: SyntheticCorpus.format)
        #expect(check.problems.isEmpty)
        let unknown = try #require(check.splits[1].unknownTokens)
        #expect(unknown > 0.04 && unknown < 0.15)
      }
    }
  }
}
