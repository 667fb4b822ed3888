import Basics
import Batches
import Corpora
import Foundation
import TestSupport
import Testing

/// Features of tokens from files of their own.
@Suite struct FeatureRowTests {
  private let scratch: Scratch
  private let format: ColumnFormat

  init() throws {
    scratch = try Scratch()
    format = try ColumnFormat(
      wordColumn: 0, tasks: [TaskSource(name: "pos", source: .column(1))])
    try scratch.file("a", "a X\nb X\n\n# a comment\nc Y\n\n")
    try scratch.file("b", "-DOCSTART- X\n\nd X\n\ne Y\nf X\ng X\n")
  }

  private func write(_ name: String, _ rows: [[Float]]) throws -> String {
    try VectorFile(features: rows).data.write(to: URL(fileURLWithPath: scratch.path(name)))
    return scratch.path(name)
  }

  private func corpus() throws -> Corpus {
    try Corpus(files: [scratch.path("a"), scratch.path("b")], format: format)
  }

  /// Every token keeps its row: through two files, parts of a corpus, and batches by time step.
  @Test func rowsFollowTokens() throws {
    var corpus = try corpus()
    let words = ["a", "b", "c", "d", "e", "f", "g"]
    func rows(_ range: Range<Int>) -> [[Float]] { range.map { [Float($0), Float($0 * $0)] } }
    try corpus.readFeatures(from: [write("af", rows(0..<3)), write("bf", rows(3..<7))])
    var stream = RandomStream(seed: 1, "rows")
    let (kept, heldOut) = try corpus.holdOut(0.5, from: &stream)
    for part in [corpus, kept, heldOut, try corpus.holdOut(0.3, from: &stream).kept] {
      let vocabulary = try Vocabulary(training: [part], encoding: .bioes)
      #expect(vocabulary.featureDimension == 2 && vocabulary.words.count > 1)
      let data = try TaskData(EncodedCorpus(part, vocabulary), task: "pos")
      var seen = 0
      for batch in data.batches(size: 3, stream: &stream) {
        let expected = batch.inputs.words.flatMap { id -> [Float] in
          let place = words.firstIndex(of: vocabulary.words[Int(id)])!
          return [Float(place), Float(place * place)]
        }
        #expect(batch.inputs.features == expected)
        seen += batch.tokenCount
      }
      #expect(seen == part.tokenCount)
    }
  }

  @Test func refusals() throws {
    func message(_ a: [[Float]], _ b: [[Float]]) throws -> String? {
      let paths = try [write("af", a), write("bf", b)]
      var corpus = try corpus()
      defer { #expect(corpus.features == nil) }
      return failure { try corpus.readFeatures(from: paths) }?.message
    }
    func rows(_ count: Int, _ width: Int = 1) -> [[Float]] {
      [[Float]](repeating: [Float](repeating: 1, count: width), count: count)
    }
    let (a, b) = (scratch.path("af"), scratch.path("bf"))
    #expect(
      try message(rows(3), rows(5))
        == "\(b): tensor 'features' has 5 rows for the 4 tokens of \(scratch.path("b"))")
    #expect(
      try message(rows(7), rows(4))
        == "\(a): tensor 'features' has 7 rows for the 3 tokens of \(scratch.path("a"))")
    #expect(
      try message(rows(3), rows(4, 2))
        == "\(b): tensor 'features' has 2 numbers a row, but 1 in \(a)")
    #expect(
      try message(rows(3), rows(3) + [[.infinity]])
        == "\(b): tensor 'features' holds inf in row 3 (from 0)")
  }
}
