import Basics
import Corpora
import Foundation
import Scoring
import TestSupport
import Testing

/// Scores of values against SciPy; `Fixtures/make_correlations.py` makes the cases.
@Suite struct ValueScoreTests {
  struct Case: Decodable, Sendable {
    let predicted: [Float]
    let gold: [Float]
    let rho: Double
    let mse: Double
  }

  static let cases: [Case] = {
    let url = Bundle.module.url(forResource: "Fixtures/correlations", withExtension: "json")!
    return try! JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
  }()

  private func data(_ values: [Float]) throws -> TaskData {
    let file = VectorFile(
      features: values.map { [$0, 1] }, labels: [("size", .values(values))])
    let corpus = try Corpus(
      vectors: file.data, named: "v",
      format: VectorFormat(tasks: [TaskSource(name: "size", source: .vector(tensor: nil))]))
    let vocabulary = try Vocabulary(training: [corpus], encoding: .bioes)
    return try TaskData(EncodedCorpus(corpus, vocabulary), task: "size")
  }

  @Test(arguments: cases.indices) func scoresAreThoseOfSciPy(index: Int) throws {
    let test = Self.cases[index]
    let score = Score(values: test.predicted, for: try data(test.gold))
    #expect(score.metric == .spearman && abs(score.value - test.rho) < 1e-12)
    #expect(abs(try #require(score.meanSquaredError) - test.mse) < 1e-12)
    #expect(score.labels == nil && score.spans == nil && score.sentences.isEmpty)
    #expect(score.accuracy.total == 0)
  }

  /// The order counts, not the size; ties have no order.
  @Test func orders() {
    #expect(RankCorrelation.spearman([1, 2, 3], [10, 1000, 1001]) == 1)
    #expect(RankCorrelation.spearman([3, 2, 1], [1, 2, 3]) == -1)
    #expect(RankCorrelation.spearman([2, 2, 2], [1, 2, 3]) == 0)
    #expect(RankCorrelation.spearman([], []) == 0)
  }

  /// The mean of training, whatever is scored: no order, and the error of a constant.
  @Test func meanBaseline() throws {
    let (train, test) = (try data([1, 2, 6]), try data([1, 5]))
    let score = try Baseline.meanValue.score(test, training: train)
    #expect(score.value == 0 && score.meanSquaredError == 4)
    #expect(Baseline.serving(test.task) == [.meanValue])
  }
}
