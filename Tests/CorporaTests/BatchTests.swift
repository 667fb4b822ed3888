import Basics
import Batches
import Corpora
import Foundation
import Testing

@Suite struct BatchTests {
  private static func data(seed: UInt64 = 7) throws -> TaskData {
    let synthetic = SyntheticCorpus(seed: seed)
    let format = try SyntheticCorpus.format
    let train = try Corpus(synthetic.text(.train), named: "train", format: format)
    let dev = try Corpus(synthetic.text(.dev), named: "dev", format: format)
    let vocabulary = try Vocabulary(training: [train], encoding: .bioes)
    return try TaskData(EncodedCorpus(dev, vocabulary), task: "ner")
  }

  @Test func packsByTimeStep() throws {
    let corpus = try columns("a/X b/Y | c/X a/Y d/Z e/X | b/X")
    let vocabulary = try Vocabulary(training: [corpus], encoding: .bioes)
    let data = try TaskData(EncodedCorpus(corpus, vocabulary), task: "x")
    let batch = try #require(data.encoded.evaluationBatches(size: 3).first)
    #expect(batch.sentences == [1, 0, 2])
    #expect(batch.packing.stepSizes == [3, 2, 1, 1])
    #expect(
      batch.inputs.words.map { vocabulary.words[Int($0)] } == ["c", "a", "b", "a", "b", "d", "e"])
    var stream = RandomStream(seed: 1, "order")
    let labelled = try #require(data.batches(size: 3, stream: &stream).first)
    #expect(labelled.sentences == batch.sentences)
    #expect(
      labelled.labels.map { data.task.labels[Int($0)] } == ["X", "X", "X", "Y", "Y", "Z", "X"])
    #expect(batch.inputs.forms == [0, 1, 2, 1, 2, 3, 4])
    #expect(batch.inputs.formStarts == [0, 1, 2, 3, 4, 5])
    #expect(
      batch.inputs.characters.map { vocabulary.characters[Int($0)] } == ["c", "a", "b", "d", "e"])
  }

  @Test func everySentenceIsInOneBatchWhole() throws {
    let data = try Self.data()
    let corpus = data.encoded.corpus
    var stream = RandomStream(seed: 1, "order")
    let batches = data.batches(size: 10, stream: &stream)
    #expect(batches.flatMap(\.sentences).sorted() == Array(0..<corpus.sentenceCount))
    var words = [Int32](repeating: -1, count: corpus.tokenCount)
    var labels = words
    for batch in batches {
      let lengths = batch.sentences.map(corpus.length)
      #expect(lengths == lengths.sorted(by: >) && batch.packing.stepSizes.count == lengths[0])
      data.encoded.unpack(batch.inputs.words, of: batch, into: &words)
      data.encoded.unpack(batch.labels, of: batch, into: &labels)
      for (form, word) in zip(batch.inputs.forms, batch.inputs.words) {
        let characters = batch.inputs.characters[
          Int(batch.inputs.formStarts[Int(form)])..<Int(batch.inputs.formStarts[Int(form) + 1])]
        let known = data.encoded.vocabulary.words[Int(word)].unicodeScalars.count
        #expect(word == 0 || characters.count == known)
      }
    }
    #expect(words == corpus.tokens.map { data.encoded.formWords[Int($0)] })
    #expect(labels == data.labels)
  }

  @Test func orderDependsOnTheStreamAlone() throws {
    let data = try Self.data()
    func order(_ name: String) -> [[Int]] {
      var stream = RandomStream(seed: 1, name)
      return data.batches(size: 8, stream: &stream).map(\.sentences)
    }
    #expect(order("epoch 1") == order("epoch 1"))
    #expect(order("epoch 1") != order("epoch 2"))
  }

  @Test func batchesAreOfSimilarLengths() throws {
    let data = try Self.data()
    var stream = RandomStream(seed: 1, "order")
    let batches = data.batches(size: 10, stream: &stream)
    let filled = batches.map { Double($0.tokenCount) / Double($0.packing.stepSizes.count * 10) }
    #expect(filled.reduce(0, +) / Double(filled.count) > 0.9)
  }

  @Test func labelsUnseenInTrainingAreMinusOne() throws {
    let vocabulary = try Vocabulary(training: [columns("a/X b/Y")], encoding: .bioes)
    let data = try TaskData(EncodedCorpus(columns("a/Y c/Z b/X"), vocabulary), task: "x")
    #expect(data.labels == [1, -1, 0])
    #expect((0..<3).map(data.encoded.isUnknown) == [false, true, false])
  }

  @Test func longSentencesWork() throws {
    let text = (0..<10_000).map { "w\($0 % 100)/X" }.joined(separator: " ") + " | a/X"
    let corpus = try columns(text)
    let vocabulary = try Vocabulary(training: [corpus], encoding: .bioes)
    let batch = EncodedCorpus(corpus, vocabulary).evaluationBatches(size: 4)[0]
    #expect(
      batch.packing.stepSizes.count == 10_000 && batch.inputs.formCount == 101
        && batch.labels.isEmpty)
  }
}
