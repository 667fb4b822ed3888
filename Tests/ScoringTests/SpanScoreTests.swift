import Corpora
import Foundation
import Scoring
import Testing

@Suite struct SpanScoreTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    struct Counts: Decodable, Sendable {
      let gold: Int
      let predicted: Int
      let correct: Int
    }
    struct Conlleval: Decodable, Sendable {
      let overall: Counts
      let types: [String: Counts]
      let precision: Double
      let recall: Double
      let f1: Double
      let tokens: Int
      let correctTokens: Int
    }
    struct Seqeval: Decodable, Sendable {
      let precision: Double
      let recall: Double
      let f1: Double
    }
    let scheme: LabelScheme
    let style: String
    let gold: [[String]]
    let predicted: [[String]]
    let conlleval: Conlleval
    let seqeval: Seqeval?

    var testDescription: String { "\(scheme) \(style)" }
  }

  static let cases: [Case] = {
    let url = Bundle.module.url(forResource: "Fixtures/scores", withExtension: "json")!
    return try! JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
  }()

  private func matches(_ counts: SpanCounts, _ expected: Case.Counts) -> Bool {
    counts.gold == expected.gold && counts.predicted == expected.predicted
      && counts.correct == expected.correct
  }

  @Test(arguments: cases)
  func agreesWithConllevalAndSeqeval(test: Case) {
    var score = SpanScore()
    for (gold, predicted) in zip(test.gold, test.predicted) {
      score.add(gold: LabelScheme.spans(of: gold), predicted: LabelScheme.spans(of: predicted))
    }
    #expect(matches(score.overall, test.conlleval.overall))
    #expect(Set(score.types.keys) == Set(test.conlleval.types.keys))
    for (type, expected) in test.conlleval.types {
      #expect(matches(score.types[type]!, expected))
    }
    for expected in [(test.conlleval.precision, test.conlleval.recall, test.conlleval.f1)]
      + (test.seqeval.map { [($0.precision, $0.recall, $0.f1)] } ?? [])
    {
      #expect(abs(score.overall.precision - expected.0) < 1e-12)
      #expect(abs(score.overall.recall - expected.1) < 1e-12)
      #expect(abs(score.overall.f1 - expected.2) < 1e-12)
    }
  }

  /// What `predict` would write has the spans that were predicted, in the scheme of the file.
  @Test(arguments: cases.filter { $0.style != "empty" }, [SpanEncoding.bioes, .bio])
  func predictionsKeepTheirSpansInTheFilesScheme(test: Case, encoding: SpanEncoding) throws {
    func text(_ sentences: [[String]]) -> Data {
      Data(sentences.map { $0.map { "w\t\($0)\n" }.joined() }.joined(separator: "\n").utf8)
    }
    let format = try ColumnFormat(
      wordColumn: 0, tasks: [TaskSource(name: "x", source: .column(1))])
    let gold = try Corpus(text(test.gold), named: "gold", format: format)
    // Trained on both, so that every label has an id.
    let both = try Corpus(text(test.gold + test.predicted), named: "both", format: format)
    let vocabulary = try Vocabulary(training: [both], encoding: encoding)
    let predicted = try Corpus(text(test.predicted), named: "predicted", format: format)
    let labels = try TaskData(EncodedCorpus(predicted, vocabulary), task: "x").labels
    let data = try TaskData(EncodedCorpus(gold, vocabulary), task: "x")

    let score = try Score(predicted: labels, for: data)
    #expect(score.metric == .f1 && abs(score.value - test.conlleval.f1) < 1e-12)
    #expect(matches(try #require(score.spans).overall, test.conlleval.overall))
    #expect(score.sentences.count == gold.sentenceCount)
    #expect(score.sentences.reduce(0) { $0 + $1.gold } == test.conlleval.overall.gold)
    #expect(score.sentences.reduce(0) { $0 + $1.predicted } == test.conlleval.overall.predicted)
    #expect(score.sentences.reduce(0) { $0 + $1.correct } == test.conlleval.overall.correct)
    for sentence in 0..<predicted.sentenceCount {
      let written = data.task.fileLabels(labels[predicted.range(ofSentence: sentence)])
      #expect(LabelScheme.spans(of: written) == LabelScheme.spans(of: test.predicted[sentence]))
    }
    if test.style == "well-formed" {
      #expect(score.accuracy.correct == test.conlleval.correctTokens)
      #expect(score.accuracy.total == test.conlleval.tokens)
    }
  }
}
