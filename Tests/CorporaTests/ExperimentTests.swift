import Basics
import Corpora
import Foundation
import Testing

/// Parts of corpora and labels in random order.
@Suite struct ExperimentTests {
  /// 40 sentences of 1 to 6 tokens, words and labels partly their own.
  private let sentences: [[String]] = (0..<40).map { s in
    (0...(s * 7 % 6)).map { t in "w\(s % 9)-\(t)\tX\(s % 5)\tB-Y\(t)\n" }
  }

  private func corpus(_ chosen: some Sequence<Int>, _ sources: TaskSource...) throws -> Corpus {
    let text = chosen.map { sentences[$0].joined() + "\n" }.joined()
    let sources = sources.isEmpty ? [TaskSource(name: "x", source: .column(1))] : sources
    return try Corpus(
      Data(text.utf8), named: "t", format: ColumnFormat(wordColumn: 0, tasks: sources))
  }

  private func stream(_ seed: UInt64 = 1) -> RandomStream { RandomStream(seed: seed, "drawing") }

  private func draw(_ count: Int, of corpus: Corpus, seed: UInt64 = 1) -> Corpus {
    var stream = stream(seed)
    return corpus.drawing(count, from: &stream)
  }

  /// Where the sentences of a part start in the whole, by their first line.
  private func numbers(_ part: Corpus, in whole: Corpus) -> [Int] {
    (0..<part.sentenceCount).map { s in
      let line = part.lines[part.sentenceStarts[s]]
      return whole.sentenceStarts.firstIndex { $0 < whole.tokenCount && whole.lines[$0] == line }!
    }
  }

  @Test(arguments: [1, 2, 39]) func aPartReadsAsAFileOfItsSentences(count: Int) throws {
    let whole = try corpus(0..<40)
    let part = draw(count, of: whole)
    let chosen = numbers(part, in: whole)
    #expect(chosen.count == count && chosen == Set(chosen).sorted())
    let expected = try corpus(chosen)
    #expect(part.tokens == expected.tokens && part.forms.strings == expected.forms.strings)
    #expect(part.sentenceStarts == expected.sentenceStarts)
    #expect(part.sentenceFiles == expected.sentenceFiles && part.files == expected.files)
    #expect(part.tasks[0].labels == expected.tasks[0].labels)
    #expect(part.tasks[0].table.strings == expected.tasks[0].table.strings)
    let vocabularies = try [part, expected].map { try Vocabulary(training: [$0], encoding: .bioes) }
    #expect(vocabularies[0].words == vocabularies[1].words)
    #expect(vocabularies[0].characters == vocabularies[1].characters)
    #expect(vocabularies[0].tasks == vocabularies[1].tasks)
  }

  @Test(arguments: [40, 41, Int.max]) func aPartOfAllIsAll(count: Int) throws {
    let whole = try corpus(0..<40)
    let part = draw(count, of: whole)
    #expect(part.lines == whole.lines && part.sentenceStarts == whole.sentenceStarts)
  }

  @Test func smallerPartsAreInGreaterOnes() throws {
    let whole = try corpus(0..<40)
    let parts = [5, 10, 20].map { Set(numbers(draw($0, of: whole), in: whole)) }
    #expect(parts[0].isSubset(of: parts[1]) && parts[1].isSubset(of: parts[2]))
    #expect(Set(numbers(draw(20, of: whole, seed: 2), in: whole)) != parts[2])
  }

  /// Every sentence is drawn as often as any other.
  @Test func drawingIsFair() throws {
    let whole = try corpus(0..<40)
    var counts = [Int](repeating: 0, count: 40)
    for seed in 0..<2000 as Range<UInt64> {
      for s in numbers(draw(10, of: whole, seed: seed), in: whole) { counts[s] += 1 }
    }
    // 500 expected, with a deviation of 19.
    #expect(counts.allSatisfy { abs($0 - 500) < 80 })
  }

  @Test func permutedLabelsKeepTheirDistribution() throws {
    var corpus = try corpus(
      0..<40, TaskSource(name: "main", source: .column(1)),
      TaskSource(name: "copy", source: .column(1)), TaskSource(name: "aux", source: .random(of: 1)))
    // Two tasks, and a random one, may read the same column.
    #expect(corpus.tasks.map(\.isRandom) == [false, false, true])
    #expect(corpus.tasks[0].labels == corpus.tasks[1].labels)
    #expect(corpus.tasks[0].labels == corpus.tasks[2].labels)
    let labels = corpus.tasks[0].labels
    var first = stream()
    try corpus.permuteLabels(ofTask: "aux", from: &first)
    #expect(corpus.tasks[2].labels != labels)
    #expect(corpus.tasks[2].labels.sorted() == labels.sorted())
    #expect(corpus.tasks[0].labels == labels && corpus.tasks[1].labels == labels)
    #expect(throws: Failure.self) { try corpus.permuteLabels(ofTask: "none", from: &first) }
  }

  /// What looks like spans is none where labels are random.
  @Test func randomLabelsAreNoSpans() throws {
    let corpus = try corpus(
      0..<40, TaskSource(name: "ner", source: .column(2)),
      TaskSource(name: "aux", source: .random(of: 2)))
    let vocabulary = try Vocabulary(training: [corpus], encoding: .bioes)
    #expect(vocabulary.tasks.map(\.isSpans) == [true, false])
    #expect(vocabulary.tasks[1].labels.sorted() == (0..<6).map { "B-Y\($0)" })
    #expect(vocabulary.tasks[1].fileLabels([0, 1]) == Array(vocabulary.tasks[1].labels[0...1]))
  }

  @Test func sourcesOfRandomLabelsAreChecked() throws {
    let source = TaskSource(name: "aux", source: .random(of: 99))
    #expect(source.option == "aux=random:99")
    #expect(
      message { _ = try corpus([0], source) }
        == "tasks aux=random:99: t has 3 columns (0-2)")
    let below = TaskSource(name: "aux", source: .random(of: -1))
    #expect(
      message { _ = try corpus([0], below) }
        == "tasks aux=random:-1: columns are counted from 0")
    #expect(
      message { _ = try corpus([0], TaskSource(name: "a", source: .random(of: 1))) }
        == "nothing was thrown")
    #expect(
      message {
        _ = try Corpus(
          Data("a \tX\tY\nb\t\tY\n".utf8), named: "t",
          format: ColumnFormat(
            wordColumn: 0, tasks: [TaskSource(name: "a", source: .random(of: 1))]))
      } == "t:2: column 1 is empty")
  }
}
