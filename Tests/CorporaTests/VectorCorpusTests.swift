import Basics
import Batches
import Corpora
import Foundation
import TestSupport
import Testing

/// Files of feature vectors, from bytes to batches, and what may be wrong with them.
@Suite struct VectorCorpusTests {
  private let features: [[Float]] = (0..<7).map { [Float($0), 0.5, -Float($0)] }
  private let digits = [3, -1, 3, 300, 3, 3, -1]
  private let sizes: [Float] = [0.25, 1, -2, 3, 4, 5, 6]

  private func format(_ tasks: String...) throws -> VectorFormat {
    try VectorFormat(tasks: tasks.map { TaskSource(name: $0, source: .vector(tensor: nil)) })
  }

  private func corpus() throws -> Corpus {
    let file = VectorFile(
      features: features, labels: [("digit", .classes(digits)), ("size", .values(sizes))])
    return try Corpus(vectors: file.data, named: "v", format: format("digit", "size"))
  }

  @Test func classesAndValues() throws {
    let corpus = try corpus()
    #expect(corpus.sentenceCount == 7 && corpus.tokenCount == 7 && !corpus.hasWords)
    let (digit, size) = (try corpus.task("digit"), try corpus.task("size"))
    #expect(digit.kind == .classification && digit.level == .vector)
    #expect(digit.labels.map { digit.table[$0] } == digits.map(String.init))
    #expect(size.kind == .regression && size.values == sizes && size.labels.isEmpty)
    #expect(corpus.features?.dimension == 3)
    let vocabulary = try Vocabulary(training: [corpus], encoding: .bioes)
    #expect(vocabulary.words == ["<unk>"] && vocabulary.characters == ["<unk>"])
    #expect(vocabulary.featureDimension == 3)
    #expect(try vocabulary.task("digit").labels == ["3", "-1", "300"])
    #expect(try vocabulary.task("size").classes == 1)
    let read = try Vocabulary(json: [UInt8](JSONEncoder().encode(vocabulary)), named: "v.json")
    #expect(read.tasks == vocabulary.tasks && read.featureDimension == 3)
  }

  @Test func otherTensorsAndTypes() throws {
    let file = VectorFile([
      VectorFile.floats("features", [2, 1], [1, 2]),
      .init(name: "a", type: "U8", shape: [2], bytes: Data([255, 0])),
      .init(name: "b", type: "I32", shape: [2], bytes: Data([254, 255, 255, 255, 1, 0, 0, 0])),
      .init(name: "c", type: "BOOL", shape: [2], bytes: Data([1, 0])),
    ])
    for (tensor, labels) in [("a", ["255", "0"]), ("b", ["-2", "1"]), ("c", ["1", "0"])] {
      let corpus = try Corpus(
        vectors: file.data, named: "v",
        format: VectorFormat(tasks: [TaskSource(name: "x", source: .vector(tensor: tensor))]))
      let column = try corpus.task("x")
      #expect(column.labels.map { column.table[$0] } == labels)
    }
  }

  /// Vectors, labels and values stay together: in parts of a corpus, and in batches.
  @Test(arguments: [1, 3, 7, 10]) func rowsStayTogether(size: Int) throws {
    var stream = RandomStream(seed: 1, "rows")
    let corpus = try corpus()
    let (kept, heldOut) = try corpus.holdOut(0.4, from: &stream)
    #expect(kept.sentenceCount == 4 && heldOut.sentenceCount == 3)
    for part in [corpus, kept, heldOut, corpus.drawing(5, from: &stream)] {
      let vocabulary = try Vocabulary(training: [part], encoding: .bioes)
      let encoded = EncodedCorpus(part, vocabulary)
      let (digit, value) = (
        try TaskData(encoded, task: "digit"), try TaskData(encoded, task: "size")
      )
      #expect(digit.count == part.sentenceCount && value.count == part.sentenceCount)
      for batch in digit.batches(size: size, stream: &stream) {
        let rows = (0..<batch.sentenceCount).map { Int(batch.inputs.features[3 * $0]) }
        #expect(batch.inputs.features == rows.flatMap { features[$0] })
        #expect(batch.labels.map { digit.task.labels[Int($0)] } == rows.map { "\(digits[$0])" })
        #expect(batch.values.isEmpty && batch.inputs.words.isEmpty)
      }
      var seen: [Int] = []
      for batch in value.batches(size: size, stream: &stream) {
        let rows = (0..<batch.sentenceCount).map { Int(batch.inputs.features[3 * $0]) }
        #expect(batch.values == rows.map { sizes[$0] } && batch.labels.isEmpty)
        seen += rows
      }
      #expect(Set(seen).count == part.sentenceCount)
    }
  }

  /// What cannot be used is named with file, tensor and row.
  @Test func refusals() throws {
    func message(_ tensors: [VectorFile.Tensor]) throws -> String? {
      failure {
        try Corpus(vectors: VectorFile(tensors).data, named: "v", format: format("x"))
      }?.message
    }
    let good = VectorFile.floats("features", [2, 2], [1, 2, 3, 4])
    let labels = VectorFile.floats("x", [2], [1, 2])
    #expect(try message([good, labels]) == nil)
    #expect(try message([labels]) == "v: tensor 'features' is missing; there are 'x'")
    #expect(try message([]) == "v: tensor 'features' is missing; there is none")
    #expect(try message([good]) == "v: tensor 'x' is missing; there are 'features'")
    #expect(
      try message([VectorFile.floats("features", [4], [1, 2, 3, 4]), labels])
        == "v: tensor 'features' has the shape [4]; one vector a row is needed")
    #expect(
      try message([good, VectorFile.floats("x", [2, 1], [1, 2])])
        == "v: tensor 'x' has the shape [2, 1]; one number a row is needed")
    #expect(
      try message([good, VectorFile.floats("x", [3], [1, 2, 3])])
        == "v: tensor 'x' has 3 labels for 2 rows of 'features'")
    #expect(
      try message([VectorFile.floats("features", [2, 2], [1, 2, .nan, 4]), labels])
        == "v: tensor 'features' holds nan in row 1 (from 0)")
    #expect(
      try message([good, VectorFile.floats("x", [2], [-.infinity, 2])])
        == "v: tensor 'x' holds -inf in row 0 (from 0)")
    #expect(
      try message([VectorFile.floats("features", [0, 2], []), VectorFile.floats("x", [0], [])])
        == "v: tensor 'features' is empty: [0, 2]")
    #expect(
      try message([good, .init(name: "x", type: "F64", shape: [2], bytes: Data(count: 16))])
        == "v: tensor 'x' is F64; classes are I64, I32, U8 or BOOL, values F32")
    #expect(
      try message([
        .init(name: "features", type: "F16", shape: [2, 2], bytes: Data(count: 8)), labels,
      ]) == "v: tensor 'features' is F16, F32 is needed")
    let wide = [Float](repeating: 0, count: 1 << 16 + 1)
    #expect(
      try message([
        VectorFile.floats("features", [1, wide.count], wide), VectorFile.floats("x", [1], [1]),
      ])?.hasPrefix("v: tensor 'features' is too large: [1, 65537]") == true)
    #expect(
      failure { try Corpus(vectors: Data("no".utf8), named: "v", format: format("x")) }?.kind
        == .badData)
    #expect(failure { try format("features") }?.setting == "tasks")
  }

  /// Files of one split agree in the length of vectors and the kind of labels; splits do too.
  @Test func filesAgree() throws {
    let scratch = try Scratch()
    func file(_ name: String, _ width: Int, _ labels: VectorFile.Labels) throws -> String {
      let rows = [[Float]](repeating: [Float](repeating: 1, count: width), count: 2)
      try VectorFile(features: rows, labels: [("x", labels)]).data.write(
        to: URL(fileURLWithPath: scratch.path(name)))
      return scratch.path(name)
    }
    let a = try file("a", 2, .classes([1, 2]))
    let b = try file("b", 3, .classes([1, 2]))
    let c = try file("c", 2, .values([1, 2]))
    let whole = try Corpus(vectors: [a, a], format: format("x"))
    #expect(whole.sentenceCount == 4 && whole.features?.dimension == 2)
    #expect(try whole.task("x").labels == [0, 1, 0, 1])
    let wide = failure { try Corpus(vectors: [a, b], format: format("x")) }
    #expect(
      wide?.message == "\(b): tensor 'features' has 3 numbers a row, but 2 in \(a)")
    let valued = failure { try Corpus(vectors: [a, c], format: format("x")) }
    #expect(
      valued?.message == "\(c): tensor 'x' is one of regression, but of classification in \(a)")
    let vocabulary = try Vocabulary(training: [whole], encoding: .bioes)
    for other in [b, c] {
      let corpus = try Corpus(vectors: [other], format: format("x"))
      let failure = failure { try TaskData(EncodedCorpus(corpus, vocabulary), task: "x") }
      #expect(failure?.kind == .badData && failure?.message.hasPrefix(other) == true)
    }
    let (found, problems) = Corpus.lenient(vectors: [b, c, "/none", a], format: try format("x"))
    #expect(found.sentenceCount == 2 && problems.map(\.file) == [c, "/none", a])
  }
}
