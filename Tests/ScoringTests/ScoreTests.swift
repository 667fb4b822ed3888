import Corpora
import Foundation
import Scoring
import Testing

@Suite struct ScoreTests {
  private static func corpus(_ text: String) throws -> Corpus {
    let lines = text.split(separator: " ").map {
      $0 == "|" ? "" : $0.replacing("/", with: "\t")
    }
    let format = try ColumnFormat(
      wordColumn: 0, tasks: [TaskSource(name: "x", source: .column(1))])
    return try Corpus(Data(lines.joined(separator: "\n").utf8), named: "t", format: format)
  }

  private static func data(
    train: String, test: String, encoding: SpanEncoding = .bioes
  ) throws -> (TaskData, TaskData) {
    let training = try corpus(train)
    let vocabulary = try Vocabulary(training: [training], encoding: encoding)
    return (
      try TaskData(EncodedCorpus(training, vocabulary), task: "x"),
      try TaskData(EncodedCorpus(corpus(test), vocabulary), task: "x")
    )
  }

  @Test func knownAndUnknownWordsAreCountedApart() throws {
    let (_, test) = try Self.data(train: "a/X A/X b/Y", test: "a/X B/X c/Y d/X")
    #expect(test.task.labels == ["X", "Y"])
    let score = try Score(predicted: [0, 1, 1, 1], for: test)
    #expect(score.metric == .accuracy && score.value == 0.5 && score.spans == nil)
    #expect(score.known.correct == 1 && score.known.total == 2)
    #expect(score.unknown.correct == 1 && score.unknown.total == 2)
  }

  @Test func aGoldLabelUnseenInTrainingIsAnError() throws {
    let (_, plain) = try Self.data(train: "a/X b/Y", test: "a/X b/Z")
    #expect(try Score(predicted: [0, 0], for: plain).value == 0.5)
    let (_, spans) = try Self.data(train: "a/B-P b/O", test: "a/B-P b/O c/B-Q")
    let ids = ["S-P", "O", "O"].map { Int32(spans.task.labels.firstIndex(of: $0)!) }
    let counts = try #require(try Score(predicted: ids, for: spans).spans)
    #expect(counts.overall.gold == 2 && counts.overall.correct == 1)
    #expect(counts.types["Q"]?.recall == 0)
  }

  @Test func nothingToFindAndNothingFoundIsZero() throws {
    let (_, test) = try Self.data(train: "a/B-P b/O", test: "b/O")
    let outside = Int32(test.task.labels.firstIndex(of: "O")!)
    let score = try Score(predicted: [outside], for: test)
    #expect(score.value == 0 && score.accuracy.value == 1)
  }

  @Test func sentencesAddUpToTheValue() throws {
    func value(_ score: Score) -> Double {
      let sums = score.sentences.reduce(into: (all: 0, correct: 0)) {
        $0 = ($0.all + $1.gold + $1.predicted, $0.correct + $1.correct)
      }
      return 2 * Double(sums.correct) / Double(sums.all)
    }
    let (_, tags) = try Self.data(train: "a/X b/Y", test: "a/X b/X a/Y | b/Y b/Y | a/Y")
    let accuracy = try Score(predicted: [0, 0, 1, 1, 0, 0], for: tags)
    #expect(
      accuracy.sentences == [
        SentenceCounts(gold: 3, predicted: 3, correct: 3),
        SentenceCounts(gold: 2, predicted: 2, correct: 1),
        SentenceCounts(gold: 1, predicted: 1, correct: 0),
      ])
    #expect(accuracy.value == value(accuracy))

    let (_, spans) = try Self.data(
      train: "a/B-P b/O", test: "a/B-P b/O a/B-P | b/O | a/B-P b/B-P c/O")
    let ids = ["S-P", "S-P", "O", "O", "S-P", "S-P", "O"].map {
      Int32(spans.task.labels.firstIndex(of: $0)!)
    }
    let f1 = try Score(predicted: ids, for: spans)
    #expect(
      f1.sentences == [
        SentenceCounts(gold: 2, predicted: 2, correct: 1),
        SentenceCounts(gold: 0, predicted: 0, correct: 0),
        SentenceCounts(gold: 2, predicted: 2, correct: 2),
      ])
    #expect(f1.value == value(f1))
  }

  @Test func baselinesCountTrainingLabels() throws {
    let (train, test) = try Self.data(
      train: "a/X A/X a/Y b/Y b/X c/X", test: "a/X b/X new/Y C/X")
    #expect(try Baseline.majority.predict(test, training: train) == ["X", "X", "X", "X"])
    // b is X as often as Y, and X is the more frequent of the two.
    #expect(try Baseline.mostFrequentTag.predict(test, training: train) == ["X", "X", "X", "X"])
    let (other, unseen) = try Self.data(train: "a/X a/X b/Y c/Z c/Z", test: "b/Y c/Z q/Y")
    #expect(try Baseline.mostFrequentTag.predict(unseen, training: other) == ["Y", "Z", "X"])
    #expect(try Baseline.mostFrequentTag.score(unseen, training: other).accuracy.correct == 2)
  }

  /// In the encoding of training "b" would be I, S and E once each, a tie.
  @Test(arguments: [SpanEncoding.bioes, .bio])
  func baselinesCountTheLabelsOfTheFile(encoding: SpanEncoding) throws {
    let (train, test) = try Self.data(
      train: "a/B-P b/I-P b/I-P | b/B-P c/O | a/B-P c/I-P c/O c/O", test: "a/B-P b/I-P c/O | b/I-P",
      encoding: encoding)
    let predicted = try Baseline.mostFrequentTag.predict(test, training: train)
    #expect(predicted == ["B-P", "I-P", "O", "I-P"])
    let score = try Baseline.mostFrequentTag.score(test, training: train)
    #expect(score.value == 1 && score.accuracy.correct == 4)
  }

  /// Nobody should mistake the built-in corpus for an easy win.
  @Test(arguments: [UInt64(1), 2])
  func theSyntheticCorpusIsAChallenge(seed: UInt64) throws {
    let synthetic = SyntheticCorpus(seed: seed)
    let format = try SyntheticCorpus.format
    let train = try Corpus(synthetic.text(.train), named: "train", format: format)
    let test = try Corpus(synthetic.text(.test), named: "test", format: format)
    let vocabulary = try Vocabulary(training: [train], encoding: .bioes)
    func score(_ baseline: Baseline, _ task: String) throws -> Double {
      try baseline.score(
        TaskData(EncodedCorpus(test, vocabulary), task: task),
        training: TaskData(EncodedCorpus(train, vocabulary), task: task)
      ).value
    }
    let pos = try score(.mostFrequentTag, "pos")
    #expect(pos > 0.8 && pos < 0.92)
    #expect(try score(.mostFrequentTag, "chunk") < 0.8)
    #expect(try score(.mostFrequentTag, "ner") < 0.6)
    #expect(try score(.majority, "ner") == 0)
  }
}
