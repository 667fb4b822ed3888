import Basics
import Corpora
import Foundation
import Testing

@Suite struct CorpusTests {
  @Test(arguments: [
    "a\tX\nb\tY\n\nc\tX\n",
    "a X\nb Y\n\nc X",
    "a   X \n b\t Y\n  \n\t\nc X\n\n\n",
    "\u{feff}a\tX\r\nb\tY\r\n\r\n\r\nc\tX\r\n",
    "-DOCSTART- O\n\na X\nb Y\n\n-DOCSTART- -X- O\n\nc X\n",
    "a X\nb Y\n-DOCSTART-\nc X\n",
    "# a comment of words\n# \n#\ta\n# text = a b\na\tX\nb\tY\n\n# more\nc\tX\n"
      .replacing("#\ta\n", with: ""),
    "# first comment\na X\nb Y\n\n# some other comment\nc X\n",
  ])
  func readsTheSameSentencesFromEveryDialect(text: String) throws {
    #expect(sentences(try corpus(text)) == [["a/X", "b/Y"], ["c/X"]])
  }

  /// Lines are read in blocks: fields of all lengths end and begin everywhere in them.
  @Test(arguments: [" ", "\t", "   "]) func fieldsMayHaveAnyLength(separator: String) throws {
    var random = RandomStream(seed: 1, separator)
    var expected: [[String]] = []
    var text = ""
    for line in 0..<400 {
      let fields = (0..<3).map { _ in
        String(
          (0..<1 + random.below(line % 7 == 0 ? 150 : 12)).map { _ in
            "abcXYZ-_0é".randomElement(using: &random)!
          })
      }
      expected.append(fields)
      // The last line ends with the text.
      text += (line == 0 ? "" : "\n") + fields.joined(separator: separator)
    }
    let found = try corpus(text, ["x": 1, "y": 2])
    #expect(found.tokens.map { found.forms[$0] } == expected.map { $0[0] })
    for (task, column) in zip(found.tasks, 1...) {
      #expect(task.labels.map { task.table[$0] } == expected.map { $0[column] })
    }
    #expect(found.lines == Array(1...400))
  }

  @Test func fieldsOfTabSeparatedFilesMayHoldBlanks() throws {
    #expect(sentences(try corpus("New York\tLOC\n")) == [["New York/LOC"]])
  }

  @Test func numberSignIsAWordWhereItHasTheColumnsOfOne() throws {
    #expect(sentences(try corpus("a X\n# Y\n\n# Z\nb X\n")) == [["a/X", "#/Y"], ["#/Z", "b/X"]])
    #expect(sentences(try corpus("#\tX\nb\tY\n")) == [["#/X", "b/Y"]])
  }

  @Test func readsUniversalDependencies() throws {
    func line(_ id: String, _ word: String, _ tag: String) -> String {
      ([id, word, "_", "_", tag] + Array(repeating: "_", count: 5)).joined(separator: "\t")
    }
    let lines = [
      "# sent_id = 1", "# text = don't go", line("1-2", "don't", "_"), line("1", "do", "VB"),
      line("2", "n't", "RB"), line("2.1", "x", "_"), line("3", "go", "VB"), "",
    ]
    let corpus = try corpus(lines.joined(separator: "\n"), word: 1, ["x": 4])
    #expect(sentences(corpus) == [["do/VB", "n't/RB", "go/VB"]])
    #expect(corpus.lines == [4, 5, 7])
  }

  @Test func positionIsTheIndexInTheSentence() throws {
    let format = try ColumnFormat(
      wordColumn: 0, tasks: [TaskSource(name: "pp", source: .position)])
    let corpus = try Corpus(Data("a\nb\n\nc\nd\ne\n".utf8), named: "t", format: format)
    #expect(sentences(corpus) == [["a/0", "b/1"], ["c/0", "d/1", "e/2"]])
  }

  @Test func severalFilesMakeOneCorpus() throws {
    try withFile(Data("a X\n".utf8)) { first in
      try withFile(Data("b Y\nc X".utf8)) { second in
        let corpus = try Corpus(files: [first, second], format: format())
        #expect(sentences(corpus) == [["a/X"], ["b/Y", "c/X"]])
        #expect(corpus.files == [first, second])
        #expect(corpus.sentenceFiles == [0, 1])
        #expect(corpus.lines == [1, 1, 2])
      }
    }
  }

  @Test(arguments: [
    ("a b c X\n\nd e f\n", "t:3: expected 4 columns, found 3"),
    ("a b\nc d e\n", "t:2: expected 2 columns, found 3"),
    ("a\tX\n\tY\n", "t:2: column 0 is empty"),
    ("a\tX\nb\t\n", "t:2: column 1 is empty"),
    ("", "t: holds no tokens"),
    ("\n \n-DOCSTART- X\n\n", "t: holds no tokens"),
    ("a\nb\n", "tasks x=1: t has 1 columns (0-0)"),
  ])
  func saysWhatIsWrongAndWhere(text: String, expected: String) throws {
    #expect(message { _ = try corpus(text) } == expected)
  }

  @Test func saysWhichOptionNamesAMissingColumn() throws {
    let five = "a b c d e\n"
    #expect(
      message { _ = try corpus(five, ["ner": 7]) }
        == "tasks ner=7: t has 5 columns (0-4)")
    #expect(
      message { _ = try corpus(five, word: 5) }
        == "word-column 5: t has 5 columns (0-4)")
  }

  @Test func nulBytes() throws {
    let data = Data("a\tX\nb\tY\u{0}\n".utf8)
    let format = try ColumnFormat(
      wordColumn: 0, tasks: [TaskSource(name: "x", source: .column(1))])
    #expect(
      message { _ = try Corpus(data, named: "t", format: format) }
        == "t:2: the line holds a NUL byte; is it a text file?")
  }

  @Test func refusesTextThatIsNotUTF8() throws {
    let data = Data("a X\nb".utf8) + [0xff] + Data(" Y\n".utf8)
    let format = try format()
    #expect(
      message { _ = try Corpus(data, named: "t", format: format) }
        == "t:2: the line is not UTF-8; convert the file")
  }

  @Test func refusesEndlessLines() throws {
    let text = "a X\n" + String(repeating: "b", count: (1 << 20) + 1) + " X\n"
    #expect(message { _ = try corpus(text) } == "t:2: the line is longer than 1048576 bytes")
  }

  @Test func refusesMissingFilesAndFolders() throws {
    let format = try format()
    let folder = NSTemporaryDirectory()
    #expect(throws: Failure.self) { try Corpus(files: ["/no/such/file"], format: format) }
    #expect(message { _ = try Corpus(files: [folder], format: format) }.contains("is a folder"))
  }

  @Test func lenientReadingCollectsEveryProblem() throws {
    try withFile(Data("a X\nb\nc Y Z\n\nd X\n".utf8)) { path in
      let (corpus, problems) = Corpus.lenient(files: [path, "/no/such/file"], format: try format())
      #expect(sentences(corpus) == [["a/X"], ["d/X"]])
      #expect(problems.map(\.line) == [2, 3, 0])
      #expect(problems[0].description == "\(path):2: expected 2 columns, found 1")
      #expect(problems[2].description.hasPrefix("/no/such/file: cannot be read"))
    }
  }

  /// Two threads read the halves; files below 1 MiB are read by one.
  @Test(arguments: ["\n", "\r\n"]) func largeFilesReadAsTheirPiecesDo(end: String) throws {
    var stream = RandomStream(seed: 4, "large")
    let sentences = (0..<30_000).map { _ in
      (0...stream.below(9)).map { _ in "w\(stream.below(5000)) X\(stream.below(20))\(end)" }
    }
    let whole = Data(sentences.map { $0.joined() }.joined(separator: end).utf8)
    #expect(whole.count > 1 << 20)
    let format = try format()
    let corpus = try Corpus(whole, named: "t", format: format)
    #expect(corpus.sentenceCount == sentences.count)
    #expect(
      (0..<sentences.count).allSatisfy { corpus.length(ofSentence: $0) == sentences[$0].count })
    let words = sentences.joined().map { String($0.prefix { $0 != " " }) }
    let table = StringTable(words)
    #expect(corpus.forms.strings == table.strings)
    #expect(corpus.tokens == words.map { table.id(of: $0)! })
    let labels = sentences.joined().map { String($0.drop { $0 != "X" }.filter { !$0.isNewline }) }
    #expect(corpus.tasks[0].table.strings == StringTable(labels).strings)
    #expect(
      labels.indices.allSatisfy {
        corpus.tasks[0].table[corpus.tasks[0].labels[$0]] == labels[$0]
      })
    let lines = sentences.indices.flatMap { s in
      sentences[s].indices.map { Int32(corpus.sentenceStarts[s] + s + $0 + 1) }
    }
    #expect(corpus.lines == lines)
    #expect(corpus.sentenceFiles == Array(repeating: 0, count: sentences.count))
  }

  @Test func problemsOfLargeFilesAreTheFirstAndInOrder() throws {
    var lines = Array(repeating: "word LABEL", count: 200_000)
    for line in stride(from: 9, to: lines.count, by: 10) { lines[line] = "" }
    let format = try format()
    func read() throws { _ = try Corpus(Data(text().utf8), named: "t", format: format) }
    func text() -> String { lines.joined(separator: "\n") }
    lines[190_000] = "a b c"
    #expect(message(read) == "t:190001: expected 2 columns, found 3")
    lines[180_000] = "a"
    #expect(message(read) == "t:180001: expected 2 columns, found 1")
    lines[3] = "a b c d"
    #expect(message(read) == "t:4: expected 2 columns, found 4")
    try withFile(Data(text().utf8)) { path in
      let (corpus, problems) = Corpus.lenient(files: [path], format: format)
      #expect(problems.map(\.line) == [4, 180_001, 190_001])
      #expect(corpus.tokenCount == 180_000 - 3)
    }
  }

  @Test(arguments: ["", "a b", "ä", "a=1", "a/b"])
  func refusesBadTaskNames(name: String) throws {
    #expect(throws: Failure.self) {
      try ColumnFormat(wordColumn: 0, tasks: [TaskSource(name: name, source: .position)])
    }
  }

  @Test func refusesRepeatedTasks() throws {
    let task = TaskSource(name: "ner", source: .column(1))
    #expect(throws: Failure.self) { try ColumnFormat(wordColumn: 0, tasks: [task, task]) }
  }

  /// Cutting or changing bytes of a file must give sentences or a `Failure`, nothing else.
  @Test func survivesDamagedFiles() throws {
    let good = SyntheticCorpus(seed: 3).text(.dev).prefix(4000)
    let format = try SyntheticCorpus.format
    var stream = RandomStream(seed: 1, "damage")
    for _ in 0..<300 {
      var bytes = Array(good[..<stream.below(good.count)])
      for _ in 0..<stream.below(4) where !bytes.isEmpty {
        bytes[stream.below(bytes.count)] = [0, 9, 10, 13, 32, 35, 0xc3, 0xff][stream.below(8)]
      }
      do {
        let corpus = try Corpus(Data(bytes), named: "t", format: format)
        #expect(corpus.sentenceStarts.last == corpus.tokenCount && corpus.tokenCount > 0)
      } catch {
        #expect(error is Failure)
      }
    }
  }
}

@Suite struct StringTableTests {
  /// Against a dictionary, with strings of all lengths around the eight bytes of a word.
  @Test func numbersDistinctStringsInOrder() {
    var stream = RandomStream(seed: 5, "strings")
    var table = StringTable()
    var model: [String: Int32] = [:]
    for _ in 0..<5000 {
      let length = stream.below(20)
      let string = String(
        (0..<length).map { _ in ["a", "b", "é"][stream.below(length < 5 ? 3 : 2)] })
      let expected = model[string] ?? Int32(model.count)
      model[string] = expected
      #expect(table.intern(string) == expected)
    }
    #expect(table.count == model.count)
    #expect(model.allSatisfy { table[$0.value] == $0.key && table.id(of: $0.key) == $0.value })
    #expect(table.id(of: "zzz") == nil)
  }

  @Test func tellsEquivalentUnicodeApart() {
    #expect(StringTable(["\u{e9}", "e\u{301}"]).count == 2)
  }
}
