import Basics
import Batches
import Corpora
import Foundation
import Testing

@Suite struct TextCorpusTests {
  private static let task = TaskSource(name: "x", source: .text(column: nil))

  private func read(
    _ text: String, named name: String = "t", kind: TextFormat.Kind = .auto,
    label: String? = nil, text column: String? = nil, tasks: [TaskSource] = [task],
    maxTokens: Int = 0
  ) throws -> Corpus {
    try Corpus(
      texts: Data(text.utf8), named: name,
      format: TextFormat(
        kind: kind, labelColumn: label.map(TextField.init), textColumn: column.map(TextField.init),
        tasks: tasks, maxTokens: maxTokens))
  }

  /// All texts as `label: words`.
  private func texts(_ corpus: Corpus, task: Int = 0) -> [String] {
    (0..<corpus.sentenceCount).map { s in
      let column = corpus.tasks[task]
      return
        "\(column.table[column.labels[s]]): \(corpus.words(ofSentence: s).joined(separator: " "))"
    }
  }

  private static let expected = ["pos: a good book", "neg: not , so good"]

  @Test(arguments: [
    ("t.tsv", "pos\ta good book\nneg\tnot , so good\n"),
    ("t.tsv", "\u{feff}pos \t a  good \u{b}book\r\n\r\nneg\tnot , so good"),
    ("t.csv", "label,text\npos,a good book\nneg,\"not , so good\"\n"),
    ("T.CSV", "id,text,label\r\n1,\"a good\nbook\",pos\r\n\r\n2,\"not , so good\",\"neg\""),
    ("t.txt", "__label__pos a good book\n\n__label__neg not , so good\n"),
  ])
  func everyKindReadsTheSame(name: String, text: String) throws {
    let corpus = try read(text, named: name)
    #expect(texts(corpus) == Self.expected)
    #expect(corpus.tasks[0].level == .text && corpus.sentenceFiles == [0, 0])
  }

  @Test func columnsMayBeChosen() throws {
    let tsv = "a good book\t1\tpos\nnot , so good\t2\tneg\n"
    #expect(try texts(read(tsv, label: "2", text: "0")) == Self.expected)
    #expect(try texts(read("a good book\tpos\nnot , so good\tneg\n", text: "0")) == Self.expected)
    let named = "text\tnumber\tlabel\n" + tsv
    #expect(try texts(read(named, label: "label", text: "text")) == Self.expected)
    #expect(
      try texts(
        read(
          "w,v\npos,a good book\nneg,\"not , so good\"", named: "t.csv",
          label: "w", text: "1")) == Self.expected)
  }

  @Test func severalTasksMayLabelOneText() throws {
    let tasks = [
      TaskSource(name: "x", source: .text(column: nil)),
      TaskSource(name: "genre", source: .text(column: "2")),
    ]
    #expect(tasks.map(\.option) == ["x", "genre=text:2"])
    let corpus = try read("pos\ta good book\tnovel\nneg\tnot , so good\tnews\n", tasks: tasks)
    #expect(texts(corpus) == Self.expected)
    #expect(texts(corpus, task: 1)[1] == "news: not , so good")
  }

  @Test func tokensKnowTheirLines() throws {
    let corpus = try read("text,label\n\"a\n\nb \"\"c\"\"\",pos\nd,neg\n", named: "t.csv")
    #expect(texts(corpus) == ["pos: a b \"c\"", "neg: d"])
    #expect(corpus.lines == [2, 4, 4, 5])
  }

  @Test func longTextsAreCutIfAsked() throws {
    let text = "pos\ta b c d\nneg\ta b c\nneg\ta\n"
    #expect(try read(text).cutTexts == 0)
    let cut = try read(text, maxTokens: 3)
    #expect(texts(cut) == ["pos: a b c", "neg: a b c", "neg: a"] && cut.cutTexts == 1)
  }

  @Test(arguments: [
    ("pos\ta\nneg b\n", "t:2: there is no tab, which stands between label and text"),
    ("pos\ta\n\tb\n", "t:2: the label is empty"),
    ("pos\ta\nneg\t \n", "t:2: the text is empty"),
    ("pos\ta\nneg\tb\tc\n", "t:2: expected 2 fields, found 3; a text cannot hold tabs"),
    ("pos\ta\u{0}b\n", "t:1: the text holds a NUL byte; is it a text file?"),
    (
      "\(String(repeating: "a", count: 257))\tb\n",
      "t:1: the label is longer than 256 bytes; is it the text?"
    ),
    ("\n\n", "t: holds no texts"),
    ("__label__a x\n__label__a __label__b y\n", "t:2: the text has 2 labels; one is needed"),
    ("__label__a x\ny\n", "t:2: the line does not start with a label (__label__…)"),
    ("__label__ x\n", "t:1: the label is empty"),
    ("__label__a\n", "t:1: the text is empty"),
  ])
  func saysWhatIsWrongAndWhere(text: String, expected: String) {
    #expect(message { _ = try read(text) } == expected)
  }

  @Test(arguments: [
    ("label,text\npos,\"a\nb\nc,d\n", "t.csv:2: the quote that opens in this line is not closed"),
    (
      "label,text\npos,a\nneg,\"a \"b\" c\"\n",
      "t.csv:3: text follows a closing quote; quotes in quotes are doubled"
    ),
    ("label,text\npos\n", "t.csv:2: expected 2 fields, found 1"),
    ("label,text\n\"a\nb\",x\n", "t.csv:2: the label holds a line break or a control character"),
    ("a,b\npos,x\n", "label-column label: t.csv has no such column, but a, b"),
    (
      "text,text,label\nx,y,z\n",
      "text-column text: t.csv has 2 such columns, but text, text, label"
    ),
    ("label,text\n", "t.csv: holds no texts"),
  ])
  func saysWhatIsWrongWithCSV(text: String, expected: String) {
    #expect(message { _ = try read(text, named: "t.csv") } == expected)
  }

  @Test func saysWhichSettingNamesAMissingColumn() throws {
    let text = "pos\ta\n"
    #expect(
      message { _ = try read(text, label: "2") }
        == "label-column 2: t has 2 columns (0-1)")
    #expect(
      message { _ = try read(text, tasks: [TaskSource(name: "y", source: .text(column: "7"))]) }
        == "tasks y=text:7: t has 2 columns (0-1)")
    #expect(
      message { _ = try read("__label__a x", label: "0") }
        == "label-column 0: t has no columns: it is fastText")
    #expect(message { _ = try read(text, label: "1", text: "1") }.contains("holds the texts"))
    #expect(message { _ = try read(text, maxTokens: -1) }.hasPrefix("max-tokens -1"))
    #expect(
      message { _ = try read(text, tasks: [TaskSource(name: "y", source: .column(1))]) }
        == "tasks y=1: files of texts have no such labels")
  }

  @Test func refusesTextThatIsNotUTF8() throws {
    let data = Data("pos\ta\nneg\tb".utf8) + [0xff] + Data("\n".utf8)
    let format = try TextFormat(tasks: [Self.task])
    #expect(
      message { _ = try Corpus(texts: data, named: "t", format: format) }
        == "t:2: the text is not UTF-8; convert the file")
  }

  /// A text of 1 MiB is read, one of 2 MiB refused, in every kind; so is one of too many tokens,
  /// unless it is to be cut.
  @Test(arguments: [("t", "pos\t"), ("t", "__label__pos "), ("t.csv", "label,text\npos,\"")])
  func largeTextsAreReadOrRefused(name: String, head: String) throws {
    let end = name == "t" ? "\n" : "\"\n"
    let word = String(repeating: "ab", count: 16) + " "
    let large = head + String(repeating: word, count: (1 << 20) / 33) + end
    #expect(try read(large, named: name).tokenCount == (1 << 20) / 33)
    let larger = head + String(repeating: word, count: (1 << 21) / 33) + end
    let line = name == "t" ? 1 : 2
    #expect(message { _ = try read(larger, named: name) }.hasPrefix("\(name):\(line): the "))
    let many = Data((head + String(repeating: "a ", count: 1 << 16) + "b" + end).utf8)
    func count(keeping maxTokens: Int) throws -> Int {
      let format = try TextFormat(tasks: [Self.task], maxTokens: maxTokens)
      return try Corpus(texts: many, named: name, format: format).tokenCount
    }
    #expect(
      message { _ = try count(keeping: 0) }.contains(
        "\(name):\(line): the text has more than 65536"))
    #expect(try count(keeping: 7) == 7)
  }

  @Test func lenientReadingCollectsEveryProblem() throws {
    let text = "label,text\npos,a\nneg,\nneg,\"b\n,c\npos,d\n"
    try withFile(Data(text.utf8)) { path in
      let (corpus, problems) = Corpus.lenient(
        texts: [path, "/no/such/file"], format: try TextFormat(kind: .csv, tasks: [Self.task]))
      #expect(texts(corpus) == ["pos: a", "pos: d"])
      #expect(problems.map(\.line) == [3, 4, 5, 0])
      #expect(problems[3].description.hasPrefix("/no/such/file: cannot be read"))
    }
  }

  /// Cutting or changing bytes must give texts or a `Failure`, nothing else.
  @Test(arguments: ["t", "t.csv"]) func survivesDamagedFiles(name: String) throws {
    let good = Data("label,text\npos,\"a\tb \"\"c\"\"\nd\"\nneg,e f\n__label__x\tpos\tg\r\n".utf8)
    let format = try TextFormat(tasks: [Self.task])
    var stream = RandomStream(seed: 1, "damage")
    for _ in 0..<2000 {
      var bytes = Array(good[..<stream.below(good.count + 1)])
      for _ in 0..<stream.below(5) where !bytes.isEmpty {
        bytes[stream.below(bytes.count)] = [0, 9, 10, 13, 34, 44, 0xff, 95][stream.below(8)]
      }
      do {
        let corpus = try Corpus(texts: Data(bytes), named: name, format: format)
        #expect(corpus.tasks[0].labels.count == corpus.sentenceCount && corpus.tokenCount > 0)
      } catch {
        #expect(error is Failure)
      }
    }
  }

  @Test func tokensAreNotTakenForTexts() throws {
    let tokens = Data("# genre = news\nthe\tDT\nman\tNN\n\na\tDT\n".utf8)
    let tasks = [TaskSource(name: "x", source: .text(column: nil))]
    func read(_ kind: TextFormat.Kind, _ tasks: [TaskSource]) -> String {
      message {
        _ = try Corpus(texts: tokens, named: "t", format: TextFormat(kind: kind, tasks: tasks))
      }
    }
    #expect(
      read(.auto, tasks)
        == "t: looks like tokens in columns, not like texts, one a line; give the task its column "
        + "(if these are texts: text-format tsv)")
    #expect(read(.auto, []).hasSuffix("these tasks label texts"))
    #expect(read(.tsv, tasks) == "t:1: there is no tab, which stands between label and text")
    let short = Data("x\ta b\ny\tc d\n\nx\te\n".utf8)
    _ = try Corpus(texts: short, named: "t", format: TextFormat(tasks: tasks))
  }

  @Test func textsAreNotTakenForTokens() throws {
    let texts = "pos\ta very good book\nneg\tnot a good book at all\n"
    let hint =
      "t: looks like texts with labels, one a line, not like tokens; give the task without a column"
    #expect(message { _ = try corpus(texts) } == hint)
    #expect(message { _ = try corpus(String(repeating: texts, count: 200)) } == hint)
    #expect(
      message {
        _ = try Corpus(Data(texts.utf8), named: "t", format: ColumnFormat(wordColumn: 0, tasks: []))
      }
        == "t: looks like texts with labels, one a line, not like tokens; these tasks label tokens")
    #expect(message { _ = try corpus("New York City\tLOC\n") } == "nothing was thrown")
    #expect(message { _ = try corpus("a b c d e\tX\n\nb\tY\n") } == "nothing was thrown")
  }
}
