import Basics
import Foundation
import Masks
import TestSupport
import Testing

/// Files of a run, and files of data, that a stranger made to do harm: each is refused with one line.
@Suite(.timeLimit(.minutes(10))) struct HostileFileTests {
  private let sample: Sample, scratch: Scratch

  init() throws {
    (sample, scratch, _) = try Sample.beside()
    try sample.copyData(to: scratch)
  }

  private func expect(
    _ arguments: [String], _ code: Int32, _ message: String,
    _ place: SourceLocation = #_sourceLocation
  ) throws {
    let outcome = try tickets(arguments, in: scratch.path, input: "")
    #expect(
      outcome.code == code && !outcome.isKilled, "\(arguments)\n\(outcome.errors)",
      sourceLocation: place)
    #expect(
      outcome.errors.contains(message) && outcome.errors.filter(\.isNewline).count == 1,
      "\(arguments)\n\(outcome.errors)", sourceLocation: place)
  }

  /// Replaces what matches in a file of the copied run, without the digest that would tell it.
  private func change(_ file: String, _ pattern: some RegexComponent, _ text: String) throws {
    let isSealed = file.hasSuffix(".json")
    let old = try isSealed ? scratch.unsealed("run/" + file) : scratch.text("run/" + file)
    let new = old.replacing(pattern, with: text, maxReplacements: 1)
    try #require(new != old)
    try scratch.file("run/" + file, new)
  }

  @Test(arguments: [
    (#""labels":\["[^"]*","#, #""labels":["#, "tensor heads."),
    (#""labels":\["[^"]*","#, #""labels":["XX","#, "is not in the vocabulary"),
    (#""labels":\["([^"]*)","#, #""labels":["B-NP","B-NP","#, "hold an entry twice"),
    (#""labels":\[[^\]]*\]"#, #""labels":[]"#, "vocabulary.json: is damaged"),
    (#""words":\["<unk>","[^"]*","#, #""words":["<unk>","#, "tensor words.weight"),
    (#""words":\["<unk>","#, #""words":["<unk>","zzzz","#, "tensor words.weight"),
    (#""characters":\["<unk>","#, #""characters":["<unk>","ᛟ","#, "tensor characters.weight"),
    (#""name":"pos""#, #""name":"sop""#, "vocabulary.json: has the tasks"),
    (#""words":"#, #""features":7,"words":"#, "0 features a row, but 7 in training"),
  ])
  func vocabulariesOfOthers(pattern: String, text: String, message: String) throws {
    let copy = try sample.copy(to: scratch)
    try change("vocabulary.json", Regex(pattern), text)
    try FileManager.default.removeItem(atPath: copy + "/train/hard")
    try expect(
      ["train", copy, "--sharing", "hard", "--quiet", "--jobs", "1"], 65, message)
  }

  @Test func labelsThatTrainingWouldNotKnow() throws {
    let copy = try sample.copy(to: scratch)
    try change("vocabulary.json", Regex(#""labels":\["[^"]*","#), #""labels":["#)
    // Trained from its initialisation it would fit the vocabulary.
    try FileManager.default.removeItem(atPath: copy + "/train/single")
    try expect(
      ["train", copy, "--sharing", "single", "--quiet", "--jobs", "1"], 65,
      "is not in the vocabulary; is vocabulary.json damaged?")
  }

  @Test(arguments: [
    "overlap", "bench --run", "report", "evaluate", "status", "paths", "predict", "train", "words",
  ])
  func runsWithoutTasks(command: String) throws {
    let copy = try sample.copy(to: scratch)
    let record = try JSONSerialization.jsonObject(
      with: Data(scratch.unsealed("run/run.json").utf8))
    var fields = try #require(record as? [String: Any])
    var recipe = try #require(fields["recipe"] as? [String: Any])
    recipe["tasks"] = [Any]()
    fields["recipe"] = recipe
    let data = try JSONSerialization.data(withJSONObject: fields)
    try Files.writeAtomically(data, to: copy + "/run.json")
    let rest = command == "predict" ? ["test.conll"] : []
    try expect(Sample.words(command) + [copy] + rest, 65, "run.json: the run has no tasks")
  }

  @Test(arguments: ["null", "1e400", "-1e300"])
  func metricsThatNobodyMeasured(value: String) throws {
    let copy = try sample.copy(to: scratch)
    try? FileManager.default.removeItem(atPath: copy + "/results")
    for name in ["warmup", "prune/pos", "train/sparse"] {
      let text = try scratch.text("run/metrics/\(name).jsonl")
      try scratch.file(
        "run/metrics/\(name).jsonl",
        text.replacing(/"(seconds|tokens|loss\.pos|dev\.pos|mean)":[^,}]*/) {
          "\"\($0.1)\":\(value)"
        })
    }
    for arguments in [
      ["report", copy], ["report", copy, "--json"], ["status", copy], ["status", copy, "--json"],
      ["report", copy, "--html", scratch.path("page.html")],
    ] {
      let outcome = try tickets(arguments)
      #expect(outcome.code == 0 || value == "1e400" && outcome.code == 65, "\(outcome.errors)")
      let words = outcome.output.split { !$0.isLetter }
      #expect(!words.contains("nan") && !words.contains("inf"), "\(outcome.output)")
    }
  }

  @Test func tensorsThatSafetensorsCannotHold() throws {
    let masks = MaskSet([
      .init(name: "__metadata__", shape: [2, 2], mask: BitMask(repeating: true, count: 4))
    ])
    try ticket(masks).write(to: scratch.path("a.ticket"))
    try expect(
      ["export", "a.ticket", "--out", "a.safetensors"], 65, "no tensor called __metadata__")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("a.safetensors")))
  }

  /// A few hundred bytes would be written as 320 MB.
  @Test func ticketsThatStandForGigabytes() throws {
    let count = 320 << 20
    let masks = MaskSet([
      .init(name: "w", shape: [1 << 10, count >> 10], mask: BitMask(repeating: true, count: count))
    ])
    try ticket(masks).write(to: scratch.path("a.ticket"))
    #expect(try Files.read(scratch.path("a.ticket")).count < 10_000)
    try expect(
      ["export", "a.ticket", "--out", "a.safetensors"], 64,
      "--out a.safetensors: the masks would take 320 MB; give --yes to write them all the same")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("a.safetensors")))
    let outcome = try tickets(
      ["export", "a.ticket", "--out", "/dev/null", "--yes"], in: scratch.path)
    #expect(outcome.code == 0, "\(outcome.errors)")
  }

  private func ticket(_ masks: MaskSet) -> Ticket {
    Ticket(
      task: "x", round: 1, criterion: "magnitude", scope: "global",
      origin: [UInt8](repeating: 1, count: 32), masks: masks)
  }

  @Test func ticketsOfOtherNetworksAreNamed() throws {
    let path = sample.run + "/tickets/ner/ticket.ticket"
    try expect(
      ["bench", "--ticket", path, "--seconds", "0.01", "--repeats", "1", "--quiet"], 65,
      "tickets: \(path): its tensor ")
  }

  /// What a terminal would obey is shown, not sent.
  @Test func terminalsAreToldNothing() throws {
    let escape = "\u{1b}]0;x\u{7}\u{9b}31m\u{202e}"
    try scratch.file("recipe.yaml", "\"\\e[31mred\\u009b\": 1\n")
    let recipe = try tickets(["recipe", "--recipe", "recipe.yaml"], in: scratch.path)
    try SafeTensors.write(
      [.init("a\(escape)", shape: [1], floats: [1])], metadata: ["k\(escape)": "v\(escape)"],
      to: scratch.path("a.safetensors"))
    let text = try tickets(["inspect", "a.safetensors"], in: scratch.path)
    let json = try tickets(["inspect", "a.safetensors", "--json"], in: scratch.path)
    let path = try tickets(["report", "a\(escape)"], in: scratch.path)
    for outcome in [recipe, text, json, path] {
      let all = outcome.output + outcome.errors
      #expect(
        !all.unicodeScalars.contains {
          $0 != "\n" && ($0.value < 32 || (0x7f..<0xa0).contains($0.value) || $0 == "\u{202e}")
        }, "\(all)")
    }
    #expect(recipe.code == 65 || recipe.code == 64, "\(recipe.errors)")
    #expect(text.output.contains(#"\u{1b}]0;x\u{7}\u{9b}31m\u{202e}"#), "\(text.output)")
    let metadata = try #require(try json.json()["metadata"] as? [String: String])
    #expect(metadata == ["k\(escape)": "v\(escape)"])
  }

  @Test(arguments: [
    ("a X\rb X\r\rc X\r", "lines end with a line feed (LF), or with CR and LF; convert the file"),
    ("a X\nb\rc X\n", ":2: a carriage return stands in the line; "),
    ("a X\r\nb X\r\r\n", ":2: a carriage return stands in the line; "),
    ("a X\n\n\u{FEFF}b X\n", ":3: the line starts with a byte order mark"),
    ("a X\nb\0 X\n", ":2: the line holds a NUL byte"),
    (String(repeating: "x", count: 3 << 20), ":1: the line is longer than 1048576 bytes"),
  ])
  func oddTexts(text: String, message: String) throws {
    try scratch.file("odd", text)
    try expect(
      ["run", "--out", "new", "--train", "odd", "--dev", "odd", "--tasks", "x=1"], 65, message)
    #expect(!FileManager.default.fileExists(atPath: scratch.path("new")))
  }

  @Test func oddFilesOfTexts() throws {
    try scratch.file("odd.tsv", "a\tone two\rb\tthree four\r")
    try expect(
      ["run", "--out", "new", "--train", "odd.tsv", "--dev", "odd.tsv", "--tasks", "x"], 65,
      "convert the file")
    try scratch.file("joined.tsv", "a\tone two\n\u{FEFF}b\tthree four\n")
    try expect(
      ["run", "--out", "new", "--train", "joined.tsv", "--dev", "joined.tsv", "--tasks", "x"], 65,
      ":2: the text starts with a byte order mark")
  }

  /// The sizes of each would end the process without a word.
  @Test(arguments: [
    "--hidden 4096 --layers 2 --max-memory 2G",
    "--hidden 4096 --layers 8 --max-memory 16G",
  ])
  func memoryThatIsNotThere(options: String) throws {
    try expect(
      Sample.words(
        "run --out new --train train.conll --dev dev.conll --tasks pos=1,ner=3 " + options),
      64, "training needs about ")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("new")))
  }

  @Test func labelsAndSentencesThatNeedTooMuch() throws {
    let labels = (0..<50_000).map { "w L\($0)\n" + ($0 % 10 == 9 ? "\n" : "") }.joined()
    try scratch.file("labels", labels)
    let run = [
      "run", "--out", "new", "--jobs", "1", "--dev", "dev.conll", "--tasks", "x=1", "--train",
    ]
    try expect(run + ["labels", "--head", "crf"], 64, "training needs about ")
    try scratch.file("long", String(repeating: "w L\n", count: 1_000_000))
    try expect(
      run + ["long", "--max-memory", "8G"], 64, "sentences of up to 1000000 tokens")
    try expect(
      run + ["train.conll", "--max-memory", "x"], 64,
      "--max-memory x: must be a size such as 500M or 8G")
  }
}
