import Batches
import Corpora
import Foundation
import Scoring
import Testing

/// Against scikit-learn; `Fixtures/make_texts.py` makes the cases.
@Suite struct TextScoreTests {
  struct Case: Decodable, Sendable {
    /// Label and text.
    let train: [[String]]
    let test: [[String]]
    let predicted: [String]
    let accuracy: Double
    let macroF1: Double
    let bayes: [String]

    /// The test and training data.
    func data() throws -> (test: TaskData, training: TaskData) {
      let format = try TextFormat(
        kind: .tsv, tasks: [TaskSource(name: "x", source: .text(column: nil))])
      func corpus(_ texts: [[String]]) throws -> Corpus {
        let lines = texts.map { $0.joined(separator: "\t") }.joined(separator: "\n")
        return try Corpus(texts: Data(lines.utf8), named: "t", format: format)
      }
      let training = try corpus(train)
      let vocabulary = try Vocabulary(training: [training], encoding: .bioes)
      return (
        try TaskData(EncodedCorpus(corpus(test), vocabulary), task: "x"),
        try TaskData(EncodedCorpus(training, vocabulary), task: "x")
      )
    }
  }

  static let cases: [Case] = {
    let url = Bundle.module.url(forResource: "Fixtures/texts", withExtension: "json")!
    return try! JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
  }()

  @Test(arguments: cases.indices) func scoresAreThoseOfScikitLearn(index: Int) throws {
    let test = Self.cases[index]
    let (data, _) = try test.data()
    let ids = test.predicted.map { Int32(data.task.labels.firstIndex(of: $0)!) }
    let score = try Score(predicted: ids, for: data)
    #expect(score == (try Score(fileLabels: test.predicted, for: data)))
    #expect(score.metric == .accuracy && abs(score.value - test.accuracy) < 1e-12)
    #expect(abs(try #require(score.labels?.macro.f1) - test.macroF1) < 1e-12)
    #expect(score.accuracy.total == test.test.count && score.spans == nil)
    #expect(score.known.total == 0 && score.unknown.total == 0)
    let right = zip(test.predicted, test.test).map { $0 == $1[0] ? 1 : 0 }
    #expect(score.sentences == right.map { SentenceCounts(gold: 1, predicted: 1, correct: $0) })
  }

  @Test(arguments: cases.indices) func naiveBayesIsThatOfScikitLearn(index: Int) throws {
    let (data, training) = try Self.cases[index].data()
    #expect(try Baseline.naiveBayes.predict(data, training: training) == Self.cases[index].bayes)
  }

  /// gold a a b c, predicted a b b b: F1 of a 2/3, of b 1/2, of c 0.
  @Test func macroF1IsTheMeanOverLabels() throws {
    let test = Case(
      train: [["a", "w"], ["b", "w"], ["d", "w"]],
      test: [["a", "w"], ["a", "w"], ["b", "w"], ["c", "w"]], predicted: [], accuracy: 0,
      macroF1: 0, bayes: [])
    let score = try Score(fileLabels: ["a", "b", "b", "b"], for: test.data().test)
    #expect(abs(score.labels!.macro.f1 - (2.0 / 3 + 0.5) / 3) < 1e-15)
    #expect(score.value == 0.5)
  }

  @Test func tokensAndTextsHaveTheirOwnBaselines() throws {
    func serving(_ level: LabelLevel) -> [Baseline] {
      Baseline.serving(
        TaskVocabulary(
          name: "x", scheme: .plain, encoding: .plain, labels: ["a"], level: level))
    }
    #expect(serving(.token) == [.majority, .mostFrequentTag])
    #expect(serving(.text) == [.majority, .naiveBayes])
    #expect(serving(.vector) == [.majority])
    let test = Case(
      train: [["b", "w"], ["a", "v"], ["b", "w w"]], test: [["a", "v"], ["b", "u"]], predicted: [],
      accuracy: 0, macroF1: 0, bayes: [])
    let (data, training) = try test.data()
    let majority = try Baseline.majority.score(data, training: training)
    #expect(majority.value == 0.5 && majority.sentences.count == 2)
  }
}
