import Basics
import Corpora
import Testing

@Suite struct LabelSchemeTests {
  @Test(arguments: [
    ("a/NN b/VB", LabelScheme.plain),
    ("a/O b/O", .plain),
    ("a/I b/O c/NN", .plain),
    ("a/-LRB- b/O", .plain),
    ("a/B b/O", .plain),
    ("a/B-X b/HYPH", .plain),
    ("a/I-X b/I-X | c/O d/I-Y", .iob1),
    ("a/I-X b/B-X | c/O d/I-Y", .iob1),
    ("a/B-X b/I-X | c/O d/B-Y", .iob2),
    ("a/B-X b/B-X | c/O d/B-X e/I-Y f/B-X", .iob2),
    ("a/B-X b/E-X | c/S-X", .bioes),
    ("a/S-X | c/O", .bioes),
    ("a/B-X b/L-X | c/U-X", .bilou),
    // One label that is none, among several that are.
    ("a/B-X b/I-X c/Q-X", .iob2),
    ("a/B-X b/I-X c/b-X", .iob2),
    ("a/B-X b/B_X | c/I-X d/O", .iob2),
    ("a/B-X b/- c/B-X", .iob2),
    ("a/B-X b/I-X c/NN d/B-", .plain),
    // The scheme that fits best, though one label is foreign to it.
    ("a/B-X b/I-X c/O d/S-X | e/B-X f/I-X", .iob2),
    ("a/I-X b/I-X c/O d/S-X | e/I-X f/I-X", .iob1),
    ("a/B-X b/E-X | c/S-X d/U-X", .bioes),
  ])
  func isDetected(text: String, expected: LabelScheme) throws {
    #expect(try LabelScheme.detect([columns(text)], task: "x") == expected)
  }

  @Test(arguments: [
    (LabelKind.spans, "a/O b/O", LabelScheme.iob2),
    (.spans, "a/NN b/VB c/B-X", .iob2),
    (.spans, "a/S-X", .bioes),
    (.plain, "a/B-X b/I-X", .plain),
  ])
  func mayBeDeclared(kind: LabelKind, text: String, expected: LabelScheme) throws {
    let declared = try columns(text, TaskSource(name: "x", source: .column(1), labels: kind))
    #expect(try LabelScheme.detect([declared], task: "x") == expected)
    #expect(try Vocabulary(training: [declared], encoding: .bio).tasks[0].scheme == expected)
  }

  @Test func onlyColumnsAreDeclaredAsSpans() throws {
    for source in [TaskSource.Source.position, .random(of: 1)] {
      let task = TaskSource(name: "x", source: source, labels: .spans)
      #expect(throws: Failure.self) { try ColumnFormat(wordColumn: 0, tasks: [task]) }
    }
    #expect(TaskSource(name: "ner", source: .column(3), labels: .plain).option == "ner=3:plain")
  }

  /// What is no label of spans would count as outside, in training as in gold labels.
  @Test func labelsThatAreNoneAreRefused() throws {
    let train = try columns("a/B-X b/I-X | c/O d/B-X")
    let vocabulary = try Vocabulary(training: [train], encoding: .bioes)
    func read(_ text: String) -> String {
      message { _ = try TaskData(EncodedCorpus(columns(text), vocabulary), task: "x") }
    }
    for label in ["Q-X", "b-X", "B_X", "-", "X", "B-"] {
      #expect(
        read("a/B-X b/O | c/\(label)")
          == "t:4: x: the label \(label) is not one of the scheme iob2; correct it, or declare the "
          + "task plain if its labels mark no spans")
    }
    // conlleval reads these.
    #expect(read("a/O b/I-X c/S-Y") == "nothing was thrown")
  }

  @Test(arguments: [
    (LabelScheme.iob2, "a/O b/I-X | c/B-X d/I-Y", ["t:2", "t:5"]),
    (.iob1, "a/B-X b/B-X | c/I-X d/B-X", ["t:1"]),
    (.bioes, "a/B-X b/O c/S-X d/E-X | e/B-X f/I-X", ["t:1", "t:4", "t:7"]),
    (.bioes, "a/B-X b/I-X c/E-X d/S-X", []),
    (.bilou, "a/B-X b/L-X c/U-X d/E-X", ["t:4"]),
    (.plain, "a/B-X b/E-X", []),
  ])
  func violationsAreFound(scheme: LabelScheme, text: String, expected: [String]) throws {
    let problems = try scheme.problems(in: columns(text), task: "x")
    #expect(problems.map { "\($0.file):\($0.line)" } == expected)
  }

  @Test func violationsAreExplained() throws {
    let problems = try LabelScheme.iob2.problems(in: columns("a/O b/I-X"), task: "x")
    #expect(problems.map(\.description) == ["t:2: x: I-X after O: in iob2 a span starts with B-"])
  }

  @Test(arguments: [
    ("I-X I-X O I-X", [Span(type: "X", start: 0, end: 2), Span(type: "X", start: 3, end: 4)]),
    ("B-X I-Y", [Span(type: "X", start: 0, end: 1), Span(type: "Y", start: 1, end: 2)]),
    ("B-X E-X I-X", [Span(type: "X", start: 0, end: 2), Span(type: "X", start: 2, end: 3)]),
    ("S-X I-X", [Span(type: "X", start: 0, end: 1), Span(type: "X", start: 1, end: 2)]),
    (
      "U-A-B B-A-B L-A-B",
      [Span(type: "A-B", start: 0, end: 1), Span(type: "A-B", start: 1, end: 3)]
    ),
    ("O NN B- O", []),
  ])
  func spansAreReadByTheRulesOfConlleval(labels: String, expected: [Span]) {
    let labels = labels.split(separator: " ").map(String.init)
    #expect(LabelScheme.spans(of: labels) == expected)
  }

  @Test(arguments: [LabelScheme.iob1, .iob2, .bioes, .bilou])
  func encodedSpansAreReadBack(scheme: LabelScheme) throws {
    var stream = RandomStream(seed: 9, "spans")
    for _ in 0..<300 {
      var spans: [Span] = []
      var length = 0
      for _ in 0..<stream.below(6) {
        length += stream.below(2)
        let end = length + 1 + stream.below(3)
        spans.append(Span(type: ["X", "Y"][stream.below(2)], start: length, end: end))
        length = end
      }
      length += stream.below(2)
      let labels = scheme.encode(spans, length: length)
      #expect(labels.count == length)
      #expect(LabelScheme.spans(of: labels) == spans)
      let written = try corpus(labels.map { "w\t\($0)" }.joined(separator: "\n") + "\nw\tO\n")
      #expect(try scheme.problems(in: written, task: "x").isEmpty)
    }
  }
}
