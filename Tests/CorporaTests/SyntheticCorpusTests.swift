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
