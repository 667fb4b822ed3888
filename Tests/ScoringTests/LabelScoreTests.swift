import Corpora
import Foundation
import Scoring
import Testing

/// Against seqeval and scikit-learn; `Fixtures/make_labels.py` makes the cases.
@Suite struct LabelScoreTests {
  struct Case: Decodable, Sendable {
    struct Pair: Decodable, Hashable {
      let gold: String?, predicted: String?
      let count: Int

      init(_ confusion: Confusion) {
        (gold, predicted, count) = (confusion.gold, confusion.predicted, confusion.count)
      }

      init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        gold = try list.decode(String?.self)
        predicted = try list.decode(String?.self)
        count = try list.decode(Int.self)
      }
    }
    let gold: [[String]]
    let predicted: [[String]]
    /// Precision, recall, F1 and support.
    let labels: [String: [Double]]
    let micro: [Double]
    let macro: [Double]
    let weighted: [Double]
    let confusion: [Pair]
    let spans: [Pair]?

    func data() throws -> TaskData {
      let format = try ColumnFormat(
        wordColumn: 0, tasks: [TaskSource(name: "x", source: .column(1))])
      let text = gold.map { $0.map { "w\t\($0)\n" }.joined() }.joined(separator: "\n")
      let corpus = try Corpus(Data(text.utf8), named: "gold", format: format)
      let vocabulary = try Vocabulary(training: [corpus], encoding: .bioes)
      return try TaskData(EncodedCorpus(corpus, vocabulary), task: "x")
    }
  }

  static let cases: [Case] = {
    let url = Bundle.module.url(forResource: "Fixtures/labels", withExtension: "json")!
    return try! JSONDecoder().decode([Case].self, from: Data(contentsOf: url))
  }()

  private func isNear(_ found: [Double], _ expected: [Double]) -> Bool {
    found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-12 }
  }

  private func numbers(_ average: LabelAverage) -> [Double] {
    [average.precision, average.recall, average.f1]
  }

  @Test(arguments: cases.indices) func labelsAreScoredAsSeqevalAndScikitLearnDo(
    index: Int
  ) throws {
    let test = Self.cases[index]
    let score = try Score(fileLabels: test.predicted.flatMap(\.self), for: test.data())
    let labels = try #require(score.labels)
    #expect(Set(labels.map(\.label)) == Set(test.labels.keys) && labels.count == test.labels.count)
    for label in labels {
      let counts = label.counts
      let found = [counts.precision, counts.recall, counts.f1, Double(counts.gold)]
      #expect(isNear(found, test.labels[label.label]!), "\(label)")
    }
    #expect(zip(labels, labels.dropFirst()).allSatisfy { $0.counts.gold >= $1.counts.gold })
    #expect(isNear(numbers(labels.micro), test.micro))
    #expect(isNear(numbers(labels.macro), test.macro))
    #expect(isNear(numbers(labels.weighted), test.weighted))
    #expect(abs(score.value - test.micro[2]) < 1e-12)
    #expect(abs(try #require(score.labels?.macro.f1) - test.macro[2]) < 1e-12)
  }

  @Test(arguments: cases.indices) func confusionsAreCounted(index: Int) throws {
    let test = Self.cases[index]
    let score = try Score(fileLabels: test.predicted.flatMap(\.self), for: test.data())
    let pairs = try #require(score.confusion)
    #expect(Set(pairs.map(Case.Pair.init)) == Set(test.confusion))
    #expect(pairs.count == test.confusion.count)
    #expect(zip(pairs, pairs.dropFirst()).allSatisfy { $0.count >= $1.count })
    #expect(pairs.filter { !$0.isError }.reduce(0) { $0 + $1.count } == score.accuracy.correct)
    #expect(score.spanConfusion.map { Set($0.map(Case.Pair.init)) } == test.spans.map(Set.init))
  }

  /// A set of 50,000 labels has 2.5 billion pairs, of which few occur.
  @Test func manyLabelsTakeNoSquare() throws {
    let labels = (0..<50_000).map { "l\($0)" }
    let test = Case(
      gold: [labels], predicted: [], labels: [:], micro: [], macro: [], weighted: [],
      confusion: [], spans: nil)
    let data = try test.data()
    let time = try ContinuousClock().measure {
      let score = try Score(fileLabels: Array(labels.dropFirst()) + ["l0"], for: data)
      #expect(score.value == 0 && score.confusion?.count == 50_000 && score.labels?.count == 50_000)
      // Equally frequent ones are ordered by their bytes.
      #expect(score.confusion?.prefix(2).map(\.gold) == ["l0", "l1"])
      #expect(score.labels?.prefix(3).map(\.label) == ["l0", "l1", "l10"])
    }
    #expect(time < .seconds(5), "\(time)")
  }

  /// Labels that Unicode takes for the same are two, as their files' bytes are.
  @Test func labelsAreToldApartByBytes() throws {
    let test = Case(
      gold: [["\u{e9}", "e\u{301}"]], predicted: [], labels: [:], micro: [], macro: [],
      weighted: [], confusion: [], spans: nil)
    let score = try Score(fileLabels: ["\u{e9}", "\u{e9}"], for: test.data())
    let pairs = try #require(score.confusion)
    #expect(pairs.map(\.isError) == [true, false] && score.labels?.count == 2)
  }

  /// A frequent label whose cells are small weighs more than two with one large cell.
  @Test func labelsWeighBySupportAndErrors() {
    let pairs: [Confusion] =
      [("a", "a", 10), ("b", "b", 9), ("c", "a", 6), ("c", "b", 6), (nil, "d", 3), ("d", nil, 1)]
      .map { Confusion(gold: $0, predicted: $1, count: $2) }
    // 10 + 6, 9 + 6, 12, 3 + 1 each.
    #expect(pairs.labelsByWeight == ["a", "b", "c", nil, "d"])
  }
}
