import Basics
import Foundation
import TestSupport
import Testing

/// What `report` shows: in which order, of what is not finished, as which kinds of text, and as a page.
@Suite(.timeLimit(.minutes(10))) struct PageTests {
  private let sample: Sample
  private let scratch: Scratch

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  /// The places of `words` in `text`, which all have to be there, in this order.
  private func expectOrder(_ words: [String], in text: String) {
    var rest = text[...]
    for word in words {
      guard let place = rest.range(of: word) else {
        Issue.record("\(word) does not stand behind those before it")
        return
      }
      rest = rest[place.upperBound...]
    }
  }

  @Test func scoresComeFirstAndSettingsOnRequest() throws {
    let copy = try sample.copy(to: scratch)
    let text = try tickets(["report", copy]).output
    #expect(text.hasPrefix("Scores\n"))
    expectOrder(["most-frequent-tag", "Pruning", "pos: round", "Mask overlap", "Times"], in: text)
    #expect(!text.contains("warmup-epochs"))
    let more = try tickets(["report", copy, "--settings"]).output
    #expect(more.hasPrefix(text.trimmingCharacters(in: .newlines)))
    expectOrder(["Times", "Settings", "warmup-epochs: 2"], in: more)
    // The same scores as `evaluate` has.
    let scores = try tickets(["evaluate", copy]).output.split(separator: "\n")
    #expect(scores.count == 6 && scores.allSatisfy { text.contains($0) })
    let latex = try tickets(["report", copy, "--latex"]).output
    expectOrder(
      ["\\section*{Scores}", "\\begin{tabular}{lrrrrr}", "most-frequent-tag &"], in: latex)
    let markdown = try tickets(["report", copy, "--markdown"]).output
    expectOrder(["# Run run", "## Scores", "| sharing | pos (accuracy) |"], in: markdown)
    let both = try tickets(["report", copy, "--markdown", "--latex"])
    #expect(both.code == 64 && both.errors.contains("--latex excludes --markdown"))
    let csv = try tickets(["report", copy, "--csv"])
    #expect(csv.code == 64 && csv.errors.hasPrefix("tickets: --csv: is for comparisons"))
  }

  @Test func pageHasEverySection() throws {
    let copy = try sample.copy(to: scratch)
    let page = scratch.path("page.html")
    let outcome = try tickets(["report", copy, "--html", page])
    #expect(outcome.code == 0 && outcome.output.hasPrefix("Scores\n"))
    let html = try scratch.text("page.html")
    expectOrder(
      [
        "<h1>Run run</h1>", "<h2>Scores</h2>", "<h2>Scores by label</h2>",
        "<h2>Learning curves</h2>", "best: epoch", "<h2>Pruning</h2>", "kept: round",
        "<h2>Mask overlap</h2>", "<h2>Where architectures disagree</h2>", "<h2>Times</h2>",
        "<h2>Environment</h2>", "<h2>Settings</h2>", "warmup-epochs: 2", "</html>",
      ], in: html)
    for name in ["train", "dev", "test"] {
      let path = "\(sample.folder)/\(name).conll"
      let digest = Digest.hex(Digest.sha256(try Files.read(path)))
      #expect(html.contains("\(path)</th><td>\(digest)</td>"), "\(name)")
    }
    #expect(html.contains(" on 3 data files, seed 1;"))
    // The same again: nothing in it depends on when it is made.
    #expect(try tickets(["report", copy, "--html", page]).code == 0)
    #expect(try scratch.text("page.html") == html)
  }

  /// Of a run that is not finished everything that is finished is shown, and what is missing.
  @Test func unfinishedRunsAreShown() throws {
    let copy = try sample.copy(to: scratch)
    let page = scratch.path("page.html")
    func expectShown(_ missing: String, _ parts: [String], without absent: String) throws {
      let outcome = try tickets(["report", copy, "--html", page])
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.output.hasPrefix("note: not finished yet: \(missing)\n"), "\(outcome.output)")
      for part in parts { #expect(outcome.output.contains(part), "\(part)") }
      #expect(!outcome.output.contains(absent))
      #expect(try scratch.text("page.html").contains("not finished yet: "))
      #expect(try tickets(["report", copy, "--json"]).json()["missing"] is String)
    }
    let files = FileManager.default
    try files.removeItem(atPath: "\(copy)/train/single")
    try expectShown("the training of single", ["sparse", "Mask overlap"], without: "\nsingle")
    try files.removeItem(atPath: "\(copy)/train")
    try files.removeItem(atPath: "\(copy)/tickets/ner/ticket.ticket")
    try files.removeItem(atPath: "\(copy)/tickets/chunk")
    try expectShown(
      "the tickets of chunk, ner (3 of 3 rounds done); the training of sparse, hard, single",
      ["nothing is trained yet", "ner: 3 rounds are done, no ticket is kept yet", "pos: round"],
      without: "chunk: round")
    let json = try tickets(["report", copy, "--json"]).json()
    #expect((json["tickets"] as? [[String: Any]])?.map { $0["task"] as? String } == ["pos"])
    #expect((json["pruning"] as? [[String: Any]])?.map { $0["task"] as? String } == ["ner"])
    for name in ["tickets", "warmup", "theta0.safetensors", "vocabulary.json", "metrics"] {
      try files.removeItem(atPath: "\(copy)/\(name)")
    }
    try expectShown(
      "the warm-up; the tickets of pos, chunk, ner; the training of sparse, hard, single",
      ["nothing is trained yet"], without: "Pruning\n")
  }

  /// A page that cannot be written is refused before anything is computed.
  @Test func unwritablePagesAreRefusedFirst() throws {
    for (page, reason) in [
      ("/nowhere/page.html", "No such file or directory"), (scratch.path, "Is a directory"),
    ] {
      // The folder is no run, which would be found next.
      let outcome = try tickets(["report", scratch.path, "--html", page])
      #expect(outcome.code == 73 && outcome.output == "")
      #expect(outcome.errors == "tickets: \(page): cannot be created (\(reason))\n")
      let compared = try tickets(["compare", "--out", scratch.path("new"), "--html", page])
      #expect(compared.code == 73 && !FileManager.default.fileExists(atPath: scratch.path("new")))
    }
    for page in ["", "-"] {
      let outcome = try tickets(["report", scratch.path, "--html", page])
      #expect(
        outcome.code == 64 && outcome.errors.hasPrefix("tickets: --html '\(page)': is no file"))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [])
    let full = try tickets(["report", sample.copy(to: scratch), "--html", "/dev/full"])
    #expect(
      full.code == 74 && full.output == "" && full.errors.contains("/dev/full: writing broke"))
  }

  /// A comparison is shown as `compare` shows it, and without training what is not finished.
  @Test func comparisonsAreShownWithoutTraining() throws {
    let out = scratch.path("out")
    let page = scratch.path("page.html")
    let whole = try tickets(
      ["compare", "--out", out, "--seeds", "2", "--sharing", "hard,single", "--quiet"]
        + Sample.size + sample.data)
    #expect(whole.code == 0, "\(whole.errors)")
    let report = try tickets(["report", out, "--html", page])
    #expect(report.code == 0 && report.output == whole.output)
    for form in ["--json", "--csv", "--markdown", "--latex"] {
      let outcomes = try [["report", out, form], ["compare", "--out", out, form]].map {
        try tickets($0)
      }
      #expect(outcomes[0].code == 0 && outcomes[0].output == outcomes[1].output, "\(form)")
    }
    expectOrder(
      ["<h1>Comparison out</h1>", "<h2>Scores</h2>", "<h2>Cost</h2>", "<h2>Runs</h2>", "seed-2"],
      in: try scratch.text("page.html"))
    try FileManager.default.removeItem(atPath: "\(out)/seed-2/train/single/ner")
    let partial = try tickets(["report", out])
    #expect(partial.code == 0 && partial.output.contains("note: 1 run is not finished: seed 2."))
    #expect(!FileManager.default.fileExists(atPath: "\(out)/seed-2/train/single/ner"))
    let json = try tickets(["report", out, "--json"]).json()
    #expect(json["unfinished"] as? [String] == ["seed 2"])
    let rows = try #require(json["results"] as? [[String: Any]])
    #expect(!rows.isEmpty && rows.allSatisfy { $0["n"] as? Int == 1 })
    try FileManager.default.removeItem(atPath: "\(out)/seed-1")
    let none = try tickets(["report", out])
    #expect(none.code == 0 && none.output.contains("No run is finished yet."))
    #expect(try tickets(["report", out, "--settings"]).code == 64)
  }
}
