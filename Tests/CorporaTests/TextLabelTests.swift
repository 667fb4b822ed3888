import Basics
import Batches
import Corpora
import Foundation
import Testing

@Suite struct TextLabelTests {
  private func read(_ text: String) throws -> Corpus {
    let format = try ColumnFormat(
      wordColumn: 0,
      tasks: [
        TaskSource(name: "topic", source: .comment("topic")),
        TaskSource(name: "x", source: .column(1)),
      ])
    return try Corpus(Data(text.utf8), named: "t", format: format)
  }

  private func topics(_ corpus: Corpus) -> [String] {
    corpus.tasks[0].labels.map { corpus.tasks[0].table[$0] }
  }

  /// A comment with a task's key is one even where it has as many fields as the file has columns.
  @Test func commentsOfAsManyFieldsAsColumns() throws {
    let format = try ColumnFormat(
      wordColumn: 0,
      tasks: [
        TaskSource(name: "pos", source: .column(1)),
        TaskSource(name: "topic", source: .comment("topic")),
      ])
    let text = "# topic = x\na DT O O\nb NN O O\n\n# topic = y\n# TAB O O\n"
    let corpus = try Corpus(Data(text.utf8), named: "t", format: format)
    #expect(corpus.words(ofSentence: 0) == ["a", "b"] && corpus.words(ofSentence: 1) == ["#"])
    let column = try corpus.task("topic")
    #expect(column.labels.map { column.table[$0] } == ["x", "y"])
  }

  @Test(arguments: [
    "# id = 7\n# topic = a b\nw\tX\nv\tY\n\n#topic=c\n\n# topic = c\nw\tX\n",
    "-DOCSTART-\tX\n\n#topic =  a b \r\nw\tX\r\nv\tY\r\n\r\n#topic=c\nw\tX",
    "# topic = a b\nw X\nv Y\n\n# topic = c\n# other words of it\nw X\n",
  ])
  func commentsLabelSentences(text: String) throws {
    let corpus = try read(text)
    #expect(topics(corpus) == ["a b", "c"])
    #expect(corpus.tasks.map(\.level) == [.text, .token] && corpus.tasks[1].labels.count == 3)
  }

  @Test(arguments: [
    ("# topic = a\nw\tX\n\nv\tY\n", "t:4: the sentence has no label '# topic = …' before it"),
    ("# topic = a\n\nw\tX\n", "t:3: the sentence has no label '# topic = …' before it"),
    ("w\tX\n# topic = a\nv\tY\n", "t:1: the sentence has no label '# topic = …' before it"),
    ("# topic =\nw\tX\n", "t:2: the sentence has no label '# topic = …' before it"),
    ("# topic = a\n# topic = b\nw\tX\n", "t:2: the sentence has two labels '# topic = …'"),
  ])
  func saysWhatIsWrongAndWhere(text: String, expected: String) {
    #expect(message { _ = try read(text) } == expected)
  }

  @Test func sentencesWithoutLabelsAreLeftOutIfLenient() throws {
    let text = "# topic = a\nw\tX\n\nv\tY\n\n# topic = b\nu\tX\n"
    try withFile(Data(text.utf8)) { path in
      let format = try ColumnFormat(
        wordColumn: 0, tasks: [TaskSource(name: "topic", source: .comment("topic"))])
      let (corpus, problems) = Corpus.lenient(files: [path], format: format)
      #expect(topics(corpus) == ["a", "b"] && corpus.lines == [2, 7])
      #expect(problems.map(\.line) == [4])
    }
  }

  /// Two threads read the halves.
  @Test func largeFilesKeepTheirLabels() throws {
    let sentences = (0..<60_000).map { "# topic = T\($0 % 7)\nword\($0 % 500)\tX\nb\tY\n" }
    let corpus = try read(sentences.joined(separator: "\n"))
    #expect(topics(corpus) == (0..<60_000).map { "T\($0 % 7)" })
  }

  @Test func partsKeepTheirLabels() throws {
    let corpus = try read(
      (0..<40).map { "# topic = T\($0)\nw\tX\(String(repeating: "\nv\tY", count: $0 % 3))\n" }
        .joined(separator: "\n"))
    let first = corpus.sentenceStarts.dropLast().map { Int(corpus.lines[$0]) }
    func labels(_ part: Corpus) -> [String] {
      part.sentenceStarts.dropLast().map { start in
        "T\(first.firstIndex(of: Int(part.lines[start]))!)"
      }
    }
    var stream = RandomStream(seed: 1, "hold out")
    let (kept, held) = try corpus.holdOut(0.13, from: &stream)
    #expect(held.sentenceCount == 5 && kept.sentenceCount == 35)
    #expect(topics(kept) == labels(kept) && topics(held) == labels(held))
    let places = { (part: Corpus) in self.topics(part).map { Int($0.dropFirst())! } }
    #expect(places(kept) == places(kept).sorted() && places(held) == places(held).sorted())
    #expect(Set(topics(kept) + topics(held)) == Set(topics(corpus)))
    let drawn = corpus.drawing(10, from: &stream)
    #expect(topics(drawn) == labels(drawn))
    for share in [0, 1, -0.5, 0.999, .nan] {
      #expect(throws: Failure.self) { try corpus.holdOut(share, from: &stream) }
    }
    #expect(try corpus.holdOut(0.001, from: &stream).heldOut.sentenceCount == 1)

    // T0: 1 token, T1: 2, T2: 3, T3: 1, …: every second token starts a sentence.
    let cut = try corpus.recut(every: 2)
    #expect(topics(cut).prefix(4) == ["T0", "T1", "T2", "T3"])
  }

  @Test func labelsOfTextsAreNoSpans() throws {
    let corpus = try read("# topic = B-X\nw\tB-X\n\n# topic = B-X\nw\tO\n\n# topic = I-X\nw\tB-Y\n")
    let vocabulary = try Vocabulary(training: [corpus], encoding: .bioes)
    let task = try vocabulary.task("topic")
    #expect(task.level == .text && task.scheme == .plain && task.labels == ["B-X", "I-X"])
    #expect(vocabulary.tasks[1].level == .token && vocabulary.tasks[1].isSpans)
    #expect(try TaskData(EncodedCorpus(corpus, vocabulary), task: "topic").labels == [0, 0, 1])
    #expect(task.fileLabels([1, 0]) == ["I-X", "B-X"])
  }

  /// Vocabularies of tasks of tokens are written as they were before there were others.
  @Test func vocabulariesSayWhatLabelsBelongTo() throws {
    let corpus = try read("# topic = a\nw\tX\n")
    let vocabulary = try Vocabulary(training: [corpus], encoding: .bioes)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let json = try encoder.encode(vocabulary)
    #expect(
      String(decoding: json, as: UTF8.self).hasSuffix(
        #""tasks":[{"encoding":"plain","labels":["a"],"level":"text","name":"topic","#
          + #""scheme":"plain"},{"encoding":"plain","labels":["X"],"name":"x","scheme":"plain"}],"#
          + #""words":["<unk>","w"]}"#))
    #expect(try Vocabulary(json: [UInt8](json), named: "v").tasks == vocabulary.tasks)
    for level in ["word", "text"] {
      let bad =
        #"{"words":["<unk>"],"characters":["<unk>"],"tasks":[{"name":"a","level":""#
        + level + #"","scheme":"iob2","encoding":"bioes","labels":[]}]}"#
      #expect(message { _ = try Vocabulary(json: Array(bad.utf8), named: "v") }.hasPrefix("v: "))
    }
  }

  @Test func aTaskHasOneLevel() throws {
    let texts = try read("# topic = a\nw\tX\n")
    let tokens = try corpus("w X\n", ["topic": 1])
    #expect(throws: Failure.self) { try Vocabulary(training: [texts, tokens], encoding: .bioes) }
  }

  @Test(arguments: ["", " a", "a=b"]) func keysOfCommentsAreChecked(key: String) {
    #expect(throws: Failure.self) {
      try ColumnFormat(wordColumn: 0, tasks: [TaskSource(name: "t", source: .comment(key))])
    }
  }
}
