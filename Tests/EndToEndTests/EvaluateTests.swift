import Basics
import Foundation
import TestSupport
import Testing

/// `tickets evaluate`: scores by label, other files, and what is kept of it.
@Suite(.timeLimit(.minutes(10))) struct EvaluateTests {
  private let sample: Sample, scratch: Scratch, run: String

  init() throws {
    (sample, scratch, run) = try Sample.beside()
    _ = try sample.copy(to: scratch)
  }

  private func results(_ arguments: [String]) throws -> [[String: Any]] {
    let outcome = try tickets(["evaluate", run, "--json"] + arguments)
    #expect(outcome.code == 0, "\(outcome.errors)")
    return try #require(try outcome.json()["results"] as? [[String: Any]])
  }

  @Test func labelsAreScoredOnRequest() throws {
    let plain = try tickets(["evaluate", run]).output
    let text = try tickets(["evaluate", run, "--by-label"]).output
    #expect(text.hasPrefix(plain) && text.contains("\nner, sparse\nlabel"))
    #expect(text.contains("macro average") && !text.lowercased().contains("nan"))
    for result in try results([]) {
      let labels = try #require(result["labels"] as? [[String: Any]])
      let confusion = try #require(result["confusion"] as? [[String: Any]])
      let supports = labels.map { $0["support"] as! Int }
      #expect(supports == supports.sorted(by: >) && !labels.isEmpty)
      let averages = try #require(result["averages"] as? [String: [String: Double]])
      #expect(abs(averages["micro"]!["f1"]! - (result["value"] as! Double)) < 1e-9)
      #expect((result["span_confusion"] == nil) == (result["metric"] as? String == "accuracy"))
      let right = confusion.filter { $0["gold"] as? String == $0["predicted"] as? String }
      let counts = [right, confusion].map { $0.reduce(0) { $0 + ($1["count"] as! Int) } }
      #expect(abs(Double(counts[0]) / Double(counts[1]) - (result["accuracy"] as! Double)) < 1e-9)
    }
    let csv = try tickets(["evaluate", run, "--csv"]).output
    let rows = try tickets(["evaluate", run, "--csv", "--by-label"]).output
      // The tag of commas is quoted.
      .replacing("\",\"", with: "comma")
      .split(whereSeparator: \.isNewline).map {
        $0.split(separator: ",", omittingEmptySubsequences: false)
      }
    #expect(rows.allSatisfy { $0.count == rows[0].count } && rows[0][3] == "label")
    #expect(!csv.contains("label") && rows.contains { $0[3] != "" && $0[4] == "support" })
    // Without the column, the rows of tasks are those that there have always been.
    let tasks = rows.filter { $0[3] == "" || $0[3] == "label" }
      .map { ($0[..<3] + $0[4...]).joined(separator: ",") }
    #expect(tasks.joined(separator: "\n") + "\n" == csv)
  }

  @Test func otherFilesAreScoredAndNothingIsRecorded() throws {
    let test = "\(sample.folder)/test.conll"
    let copy = try scratch.file("copy.conll", String(contentsOfFile: test, encoding: .utf8))
    let before = try contents()
    let on = try results(["--on", copy])
    #expect(try contents() == before)
    #expect(on.allSatisfy { $0["split"] as? String == "on" })
    let own = try results([])
    func values(_ results: [[String: Any]]) -> [String] {
      results.map { "\($0["sharing"]!) \($0["task"]!) \($0["value"]!)" }
    }
    #expect(values(on) == values(own))
    let some = try results(["--on", copy, "--task", "ner", "--sharing", "hard"])
    #expect(
      some.map { "\($0["sharing"]!) \($0["task"]!)" }
        == ["majority ner", "most-frequent-tag ner", "hard ner"])
    #expect(values(own).contains(values(some)[2]))
    // Two files are one corpus.
    let twice = try results(["--on", copy, "--on", test, "--sharing", "hard"])
    #expect(values(twice).suffix(3) == values(own).filter { $0.hasPrefix("hard") })
  }

  @Test func filesMayHaveSomeOfTheTasks() throws {
    let narrow = try scratch.file("narrow.conll", "the\tDT\nman\tNN\n\nxyzzy\tNEW\n")
    let outcome = try tickets(["evaluate", run, "--on", narrow, "--sharing", "hard", "--json"])
    #expect(outcome.code == 0)
    let tasks = try #require(try outcome.json()["results"] as? [[String: Any]])
    #expect(Set(tasks.map { $0["task"] as? String }) == ["pos"])
    #expect(outcome.errors.contains("task ner is not scored: \(narrow) has no column 3"))
    #expect(outcome.errors.contains("1 given token with labels unseen in training (NEW)"))
  }

  @Test func wrongFilesAndOptionsAreRefused() throws {
    func refused(_ arguments: [String]) throws -> String {
      let outcome = try tickets(["evaluate", run] + arguments)
      #expect(outcome.errors.split(separator: "\n").count == 1 && outcome.output.isEmpty)
      return "\(outcome.code) \(outcome.errors)"
    }
    let gone = scratch.path("gone.conll")
    #expect(try refused(["--on", gone]).hasPrefix("66 tickets: \(gone)"))
    let bad = try scratch.file("bad.conll", "the\tDT\tO\tO\nman\tNN\n")
    #expect(try refused(["--on", bad]).hasPrefix("65 tickets: \(bad):2:"))
    let words = try scratch.file("words.conll", "the\nman\n")
    #expect(try refused(["--on", words]).hasPrefix("65 tickets: \(words): has labels of no task"))
    #expect(try refused(["--on", words, "--task", "pos"]).hasPrefix("65 tickets: \(words)"))
    #expect(try refused(["--on", bad, "--task", "x"]).hasPrefix("64 tickets: "))
    #expect(try refused(["--on", bad, "--split", "dev"]).contains("--on and --split exclude"))
    #expect(try refused(["--on", bad, "--test", bad]).contains("--on and --test exclude"))
    #expect(try refused(["--task", "pos"]).contains("--task goes with --on"))
    #expect(
      try refused(["--on", bad, "--token-features", "f"]).contains("reads no features of tokens"))
  }

  /// Every file of the run and its bytes.
  private func contents() throws -> [String: Data] {
    var files: [String: Data] = [:]
    for case let name as String in FileManager.default.enumerator(atPath: run)!
    where name != "lock" {
      files[name] = FileManager.default.contents(atPath: "\(run)/\(name)")
    }
    return files
  }

  /// Changes what is kept in the file `name`, its digest included, as somebody might who wants to.
  private func forge(_ name: String, _ change: (inout [String: Any]) throws -> Void) throws {
    let path = "\(run)/results/\(name)"
    let body = try Files.read(path).dropFirst(65)
    var record = try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
    var content = try #require(record["content"] as? [String: Any])
    try change(&content)
    record["content"] = content
    let forged = try JSONSerialization.data(withJSONObject: record)
    let head = Data((Digest.hex(Digest.sha256(forged)) + "\n").utf8)
    try Files.writeAtomically(head + forged, to: path)
  }

  private func forgeFirstPart(_ change: @escaping (inout [String: Any]) -> Void) throws {
    try forge("test-hard.json") { content in
      var parts = try #require(content["parts"] as? [[String: Any]])
      change(&parts[0])
      content["parts"] = parts
    }
  }

  @Test func whatIsKeptIsUsedAndNothingElse() throws {
    func evaluate() throws -> String {
      let outcome = try tickets(["evaluate", run, "--json"])
      #expect(outcome.code == 0, "\(outcome.errors)")
      return outcome.output + outcome.errors
    }
    func evaluateWithoutScores() throws -> String {
      unlink("\(run)/results/test-scores.json")
      return try evaluate()
    }
    let first = try evaluate()
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(run)/results").sorted()
    #expect(
      names == ["baselines", "hard", "scores", "single", "sparse"].map { "test-\($0).json" })
    #expect(try evaluate() == first)
    // Scores are used as they are kept, unless they cannot be those of this run.
    try forge("test-scores.json") { $0["warnings"] = ["kept"] }
    #expect(try evaluate().contains("tickets: warning: kept\n"))
    let changes: [(String, Any)] = [
      ("sharing", "none"), ("task", "none"), ("split", "dev"), ("value", 1e300),
    ]
    for (key, value) in changes {
      try forge("test-scores.json") { content in
        var results = try #require(content["results"] as? [[String: Any]])
        results[0][key] = value
        content["results"] = results
        content["warnings"] = ["kept"]
      }
      #expect(try evaluate() == first, "\(key)")
    }
    // It is used: other labels give other scores.
    try forgeFirstPart { $0["names"] = ($0["names"] as! [String]).map { "\($0)?" } }
    #expect(try evaluateWithoutScores() != first)
    let poisons: [(inout [String: Any]) -> Void] = [
      { $0["ids"] = Data(repeating: 255, count: 8).base64EncodedString() },
      { part in
        var ids = Data(base64Encoded: part["ids"] as! String)!
        ids.replaceSubrange(0..<4, with: [255, 255, 255, 255])
        part["ids"] = ids.base64EncodedString()
      },
      { part in
        var ids = Data(base64Encoded: part["ids"] as! String)!
        ids.replaceSubrange(0..<4, with: [0, 0, 0, 64])
        part["ids"] = ids.base64EncodedString()
      },
      { $0["ids"] = String(($0["ids"] as! String).dropLast(4)) }, { $0["ids"] = "" },
      { $0["names"] = [String]() }, { $0["names"] = nil }, { $0["values"] = "AAAA" },
      { part in
        part["names"] = nil
        part["values"] = part["ids"]
        part["ids"] = nil
      },
      { $0["task"] = "chunk" }, { $0["domain"] = "x" }, { $0["sharing"] = "sparse" },
      { $0["parameters"] = "many" }, { $0["parameters"] = 1e300 },
    ]
    for (index, poison) in poisons.enumerated() {
      try forgeFirstPart(poison)
      #expect(try evaluateWithoutScores() == first, "poison \(index)")
    }
    try forge("test-hard.json") { $0["parts"] = [Any]() }
    #expect(try evaluateWithoutScores() == first)
    for damage in ["", "{}", "x\n{}"] {
      try Files.writeAtomically(Data(damage.utf8), to: "\(run)/results/test-sparse.json")
      #expect(try evaluateWithoutScores() == first)
    }
    try FileManager.default.removeItem(atPath: "\(run)/results")
    #expect(try evaluate() == first)
  }

  @Test func changedInputsAreSeen() throws {
    func hard() throws -> Outcome { try tickets(["evaluate", run, "--sharing", "hard"]) }
    let first = try hard()
    let weights = "\(run)/train/hard/weights.safetensors"
    let bytes = try Files.read(weights)
    let other = try SafeTensors(contentsOf: weights)
    // All numbers of the head of one task: what it predicts changes.
    let name = try #require(other.tensors.first { $0.name.contains("pos") && $0.count > 20 }).name
    let tensors = try other.tensors.map { entry in
      let values = try other.floats(entry.name)
      return SafeTensors.Tensor(
        entry.name, shape: entry.shape, floats: entry.name == name ? values.map { -$0 } : values)
    }
    try SafeTensors.write(tensors, metadata: other.metadata, to: weights)
    let changed = try hard()
    #expect(changed.code == 0 && changed.output != first.output)
    try Files.writeAtomically(bytes, to: weights)
    #expect(try hard().output == first.output)
    // A file of the data that has changed is refused, as it is without results.
    let moved = try scratch.file(
      "test.conll", String(contentsOfFile: "\(sample.folder)/test.conll", encoding: .utf8))
    for name in ["run.json", "test-data.json"] {
      let record = String(
        decoding: try SealedJSON.read("\(run)/\(name)", limit: 1 << 24), as: UTF8.self
      )
      .replacing("\(sample.folder)/test.conll", with: moved)
      try Files.writeAtomically(Data(record.utf8), to: "\(run)/\(name)")
    }
    #expect(try hard().output == first.output)
    try scratch.file("test.conll", "the\tDT\tO\tO\n")
    let refused = try hard()
    #expect(refused.code == 65 && refused.errors.contains("has changed since the run"))
    unlink(moved)
    #expect(try hard().code == 66)
  }
}
