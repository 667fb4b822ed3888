import Basics
import Corpora
import Foundation
import TestSupport
import Testing

@Suite struct VocabularyTests {
  @Test func listsAreOrderedByFrequencyThenBytes() throws {
    let corpus = try columns("The/X cat/Y the/X bat/Y <unk>/Z É/Y")
    let vocabulary = try Vocabulary(training: [corpus], encoding: .bioes)
    #expect(vocabulary.words == ["<unk>", "the", "bat", "cat", "é"])
    #expect(vocabulary.characters.prefix(4) == ["<unk>", "t", "a", "e"])
    #expect(vocabulary.characters.contains("É") && !vocabulary.characters.contains("é"))
    #expect(vocabulary.tasks[0].labels == ["Y", "X", "Z"])
    #expect(vocabulary.id(ofWord: "cat") == 3 && vocabulary.id(ofWord: "dog") == 0)
  }

  @Test(arguments: [
    (SpanEncoding.bioes, ["O", "S-P", "B-P", "E-P", "I-P", "S-Q"]),
    (.bio, ["I-P", "O", "B-P", "B-Q"]),
  ])
  func spansAreTrainedInTheEncodingChosen(encoding: SpanEncoding, labels: [String]) throws {
    let corpus = try columns("a/I-P b/I-P c/I-P d/O e/I-P f/I-Q | g/O h/O i/I-P")
    let task = try Vocabulary(training: [corpus], encoding: encoding).task("x")
    #expect(task.scheme == .iob1 && task.encoding == encoding.scheme)
    #expect(Set(task.labels) == Set(labels))
    let encoded = EncodedCorpus(corpus, try Vocabulary(training: [corpus], encoding: encoding))
    let data = try TaskData(encoded, task: "x")
    #expect(task.fileLabels(data.labels[0..<6]) == ["I-P", "I-P", "I-P", "O", "I-P", "I-Q"])
  }

  @Test func tasksMayComeFromTheirOwnFiles() throws {
    let first = try corpus("a X\nb Y\n", ["pos": 1])
    let second = try corpus("c B-P\n", ["ner": 1])
    let vocabulary = try Vocabulary(training: [first, second], encoding: .bio)
    #expect(vocabulary.words == ["<unk>", "a", "b", "c"])
    #expect(vocabulary.tasks.map(\.name) == ["pos", "ner"])
    #expect(throws: Failure.self) { try vocabulary.task("chunk") }
  }

  @Test func extendingKeepsTheNumbersOfTheKnown() throws {
    let known = try Vocabulary(training: [columns("b/X a/Y a/Y")], encoding: .bioes)
    let own = try Vocabulary(training: [columns("c/P c/P b/Q d/Q D/Q")], encoding: .bioes)
    let both = try own.extending(known)
    #expect(both.words == ["<unk>", "a", "b", "c", "d"])
    #expect(both.characters == ["<unk>", "a", "b", "c", "D", "d"])
    #expect(both.tasks == own.tasks && both.id(ofWord: "d") == 4)
  }

  @Test func survivesJSON() throws {
    let corpus = try columns("The/B-P cat/I-P sat/O \u{e9}/O e\u{301}/O")
    let vocabulary = try Vocabulary(training: [corpus], encoding: .bioes)
    let copy = try Vocabulary(json: [UInt8](JSONEncoder().encode(vocabulary)), named: "v.json")
    #expect(copy.words == vocabulary.words && copy.tasks == vocabulary.tasks)
    #expect(copy.id(ofWord: "\u{e9}") != copy.id(ofWord: "e\u{301}"))
  }

  @Test(arguments: [
    "", "{", "[]", #"{"words":["<unk>"],"characters":["<unk>"]}"#,
    #"{"words":["<unk>",1],"characters":["<unk>"],"tasks":[]}"#,
    #"{"words":["<unk>"],"characters":["<unk>"],"tasks":[{"name":"a"}]}"#,
    #"{"words":["<unk>"],"characters":["<unk>"],"tasks":[]}}"#,
    #"{"words":["a"],"characters":["<unk>"],"tasks":[]}"#,
  ]) func refusesOtherJSON(text: String) {
    let refused = #expect(throws: Failure.self) {
      try Vocabulary(json: Array(text.utf8), named: "v.json")
    }
    #expect(refused?.kind == .badData && refused!.message.hasPrefix("v.json: "))
  }

  @Test func refusesListsThatCannotBe() {
    #expect(throws: Failure.self) {
      try Vocabulary(words: ["a"], characters: ["<unk>"], tasks: [])
    }
    #expect(throws: Failure.self) {
      try Vocabulary(words: ["<unk>", "a", "a"], characters: ["<unk>"], tasks: [])
    }
  }

  /// Labels are written into files of lines and columns.
  @Test func refusesLabelsThatBreakFiles() throws {
    func text(_ label: String) -> String {
      """
      {"words":["<unk>"],"characters":["<unk>"],"tasks":[{"name":"a","scheme":"plain",
      "encoding":"plain","labels":["O","\(label)"]}]}
      """
    }
    #expect(try Vocabulary(json: Array(text("B x").utf8), named: "v").tasks[0].labels.count == 2)
    for label in ["", "a\\nb", "\\t", "a\\r", "\\u001b[1m", "\u{7f}"] {
      let bad = failure { try Vocabulary(json: Array(text(label).utf8), named: "v") }
      #expect(bad?.kind == .badData && bad!.message.contains("is no label of a file"), "\(label)")
    }
  }
}

@Suite struct EmbeddingsTests {
  private func vocabulary() throws -> Vocabulary {
    try Vocabulary(training: [columns("the/X the/X cat/X paris/X zzz/X")], encoding: .bioes)
  }

  @Test(arguments: [
    "The 9 9\nthe 1 2\ndog 7 7\nParis 3 -4.5e-1\nPARIS 8 8\ncat 5 6\ncat 0 0\n",
    "6 2\nThe 9 9 \nthe 1 2 \nParis 3 -.45 \n. . . 1 1\n\ncat 5 6",
  ])
  func keepsTheRowsOfKnownWords(text: String) throws {
    try withFile(Data(text.utf8)) { path in
      let vocabulary = try vocabulary()
      let embeddings = try Embeddings(file: path, dimension: 2, vocabulary: vocabulary)
      var table = [Float](repeating: 0.5, count: vocabulary.words.count * 2)
      embeddings.copy(into: &table)
      #expect(vocabulary.words == ["<unk>", "the", "cat", "paris", "zzz"])
      #expect(table == [0.5, 0.5, 1, 2, 5, 6, 3, -0.45, 0.5, 0.5])
      let coverage = embeddings.coverage
      #expect(coverage.exact == 2 && coverage.lowerCased == 1 && coverage.missing == 1)
    }
  }

  @Test(arguments: [
    ("the 1 2 3\n", ":1: the vectors have 3 values, not the 2 of word-dim"),
    ("4 300\n", ":1: the vectors have 300 values, not the 2 of word-dim"),
    ("dog 1 2\nthe 1\n", ":2: expected a word and 2 values, found 1"),
    ("the 1 x\n", ":1: value 2 is not a finite number"),
    ("the nan 2\n", ":1: value 1 is not a finite number"),
    ("the 1e99 2\n", ":1: value 1 is not a finite number"),
    ("\n", ": holds no vectors"),
  ])
  func saysWhatIsWrongAndWhere(text: String, expected: String) throws {
    try withFile(Data(text.utf8)) { path in
      let vocabulary = try vocabulary()
      let found = message {
        _ = try Embeddings(file: path, dimension: 2, vocabulary: vocabulary)
      }
      #expect(found == path + expected)
    }
  }

  /// As word2vec writes them with `-binary 1`, with and without line ends.
  private func binary(
    _ rows: [(String, [Float])], count: Int? = nil, dimension: Int = 2, ending: String = "\n"
  ) -> Data {
    var data = Data("\(count ?? rows.count) \(dimension)\n".utf8)
    for (word, values) in rows {
      data += Data("\(word) ".utf8)
      for value in values {
        data += withUnsafeBytes(of: value.bitPattern.littleEndian) { Data($0) }
      }
      data += Data(ending.utf8)
    }
    return data
  }

  @Test(arguments: ["", "\n"]) func binaryVectors(ending: String) throws {
    // A blank and a line feed among the bytes of values are no ends.
    let odd = Float(bitPattern: 0x0A20_0A20)
    var rows: [(String, [Float])] = [
      ("The", [9, 9]), ("the", [1, 2]), ("Paris", [3, odd]), ("cat", [5, 6]), ("cat", [0, 0]),
    ]
    rows += (0..<100_000).map { ("w\($0)", [1, .nan]) }
    try withFile(binary(rows, ending: ending)) { path in
      #expect(try Embeddings.dimension(of: path) == 2)
      let embeddings = try Embeddings(file: path, dimension: 2, vocabulary: vocabulary())
      #expect(embeddings.words == [1, 2, 3] && embeddings.vectors == [1, 2, 5, 6, 3, odd])
    }
  }

  @Test func binaryVectorsThatAreDamaged() throws {
    let whole = binary([("the", [1, 2]), ("cat", [3, .infinity])])
    let cases: [(Data, String)] = [
      (whole, ": vector 2: value 2 is not a finite number"),
      (whole.dropLast(4), ": vector 2 of 2: the file is cut short"),
      (binary([("the", [1, 2])], count: 3), ": vector 2 of 3: the file is cut short"),
      (
        binary([("the", [1, 2]), (String(repeating: "x", count: 70_000), [1, 2])]),
        ": vector 2 of 2: its word has no end"
      ),
      (
        binary([("the", [1, 2, 3])], dimension: 3),
        ":1: the vectors have 3 values, not the 2 of word-dim"
      ),
    ]
    for (data, expected) in cases {
      try withFile(data) { path in
        let found = message {
          _ = try Embeddings(file: path, dimension: 2, vocabulary: vocabulary())
        }
        #expect(found == path + expected)
      }
    }
  }

  @Test(arguments: [("the 1 2 3\nx 1", 3), ("7 300\nthe 1", 300), ("the\t1\t2 \r\n", 2)])
  func dimensionsAreInTheFirstLine(text: String, expected: Int) throws {
    for mark in ["", "\u{feff}"] {
      try withFile(Data((mark + text).utf8)) { path in
        let found = try Embeddings.dimension(of: path)
        #expect(found == expected)
      }
    }
  }

  /// What stands behind the first word of a text row of few values may be the next row's word.
  @Test func fewValuesAreNotBinary() throws {
    let text = "\u{feff}4 2\ncafé 1.5 2\nthe 1 2\nété 3 4\ncat 5 6\n"
    try withFile(Data(text.utf8)) { path in
      let embeddings = try Embeddings(file: path, dimension: 2, vocabulary: vocabulary())
      #expect(embeddings.words == [1, 2] && embeddings.vectors == [1, 2, 5, 6])
    }
  }

  @Test(arguments: ["<!DOCTYPE html>\n<p>x</p>", "word 1\n", "word\n"])
  func whatHoldsNoVectors(text: String) throws {
    try withFile(Data(text.utf8)) { path in
      #expect(
        message { _ = try Embeddings.dimension(of: path) }.contains(":1: expected a word and its"))
    }
  }

  @Test func linesMayCrossTheBorderOfPieces() throws {
    var text = ""
    for i in 0..<300_000 { text += "w\(i) 1 2\n" }
    text += "cat 5 6"
    try withFile(Data(text.utf8)) { path in
      let embeddings = try Embeddings(file: path, dimension: 2, vocabulary: vocabulary())
      #expect(embeddings.words == [2] && embeddings.vectors == [5, 6])
    }
  }

  @Test func refusesEndlessLines() throws {
    let text = "dog 1 2\n" + String(repeating: "1 ", count: 1 << 20)
    try withFile(Data(text.utf8)) { path in
      let found = message {
        _ = try Embeddings(file: path, dimension: 2, vocabulary: vocabulary())
      }
      #expect(found == "\(path):2: the line is longer than 1048576 bytes")
    }
  }
}
