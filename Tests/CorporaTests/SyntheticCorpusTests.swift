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
    #expect(Digest.hex(Digest.sha256(text)).prefix(16) == "895ef1d5e62ecb14")
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
}
