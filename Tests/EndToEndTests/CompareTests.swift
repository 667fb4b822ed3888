import Basics
import Corpora
import Foundation
import TestSupport
import Testing

/// `tickets compare` on a tiny network and the first sentences of the built-in corpus.
@Suite(.serialized, .timeLimit(.minutes(10))) struct CompareTests {
  private let sample: Sample
  private let scratch: Scratch

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  private func command(_ out: String, _ more: String) -> [String] {
    ["compare", "--out", scratch.path(out), "--checkpoint-seconds", "0"] + Sample.size
      + Sample.words(more)
  }

  /// The report without what is measured in time.
  private func results(_ outcome: Outcome) throws -> NSDictionary {
    var json = try outcome.json()
    #expect((json.removeValue(forKey: "cost") as? [Any])?.isEmpty == false)
    return json as NSDictionary
  }

  @Test func interruptedItEndsTheSame() throws {
    let options = "--sharing hard,single --seeds 2 --json"
    let whole = try tickets(command("whole", options + " --jobs 2 --quiet") + sample.data)
    #expect(whole.code == 0, "\(whole.errors)")
    let running = try Running(command("out", options + " --jobs 1") + sample.data)
    #expect(try running.waits(for: "seed 1: hard epoch 2/3: "))
    running.send(SIGINT)
    let stopped = try running.end()
    #expect(stopped.code == 130 && stopped.output == "")
    let grid = try tickets(["compare", "--out", scratch.path("out"), "--dry-run"])
    #expect(grid.output.contains("0 of 2 runs done"))
    // What was asked for is known.
    let resumed = try tickets(["compare", "--out", scratch.path("out"), "--json"])
    #expect(resumed.code == 0 && resumed.errors.contains("seed 1: hard: goes on after epoch"))
    #expect(try results(resumed) == results(whole))
    for seed in 1...2 {
      #expect(
        try differences(scratch.path("out/seed-\(seed)"), scratch.path("whole/seed-\(seed)"))
          == [])
    }
    // Another time nothing is trained.
    let again = try tickets(["compare", "--out", scratch.path("out"), "--json"])
    #expect(again.output == resumed.output && again.errors == "")
    try expectKeptOutcome(again)
  }

  /// What the comparison in `out` came to is kept, and computed anew where that does not fit.
  private func expectKeptOutcome(_ expected: Outcome) throws {
    let path = scratch.path("out/results/comparison.json")
    func compare() throws -> Outcome {
      try tickets(["compare", "--out", scratch.path("out"), "--json"])
    }
    func forge(_ change: (inout [String: Any]) -> Void) throws {
      let body = try Files.read(path).dropFirst(65)
      var record = try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
      var content = try #require(record["content"] as? [String: Any])
      change(&content)
      record["content"] = content
      let forged = try JSONSerialization.data(withJSONObject: record)
      let head = Data((Digest.hex(Digest.sha256(forged)) + "\n").utf8)
      try Files.writeAtomically(head + forged, to: path)
    }
    func changing(_ list: String, _ key: String, _ value: Any?) -> (inout [String: Any]) -> Void {
      { content in
        var items = content[list] as! [[String: Any]]
        items[0][key] = value
        content[list] = items
      }
    }
    // It is what is shown.
    try forge { $0["warnings"] = ["kept"] }
    #expect(try compare().errors == "tickets: warning: kept\n")
    try forge { $0["warnings"] = [String]() }
    #expect(try compare().output == expected.output)
    let poisons = [
      changing("rows", "variation", 7), changing("rows", "variation", -1),
      changing("rows", "sharing", "none"), changing("rows", "values", [1e300, 1]),
      changing("rows", "values", [1]), changing("rows", "metric", nil),
      changing("efforts", "variation", 7), changing("efforts", "parameters", -1),
      changing("efforts", "parameters", Int.max), changing("efforts", "train", 1e300),
      { $0["split"] = "dev" }, { $0["split"] = "x" },
    ]
    for (index, poison) in poisons.enumerated() {
      try forge(poison)
      let outcome = try compare()
      #expect(outcome.output == expected.output && outcome.errors == "", "poison \(index)")
    }
    // A run of it that changes is measured anew.
    let metrics = scratch.path("out/seed-1/metrics/train/hard.jsonl")
    let lines = try Files.read(metrics)
    try Files.writeAtomically(Data(), to: metrics)
    #expect(try compare().output != expected.output)
    try Files.writeAtomically(lines, to: metrics)
    #expect(try compare().output == expected.output)
    try FileManager.default.removeItem(atPath: scratch.path("out/results"))
    #expect(try compare().output == expected.output)
  }

  @Test func domainsAreScoredOnOneAnother() throws {
    var options = ["--sharing", "hard,single", "--seeds", "1", "--tasks", "chunk=2,pos=1"]
    for (name, seed) in [("news", UInt64(1)), ("talk", 9)] {
      let files = try SyntheticCorpus.Split.allCases.map { split in
        let text = String(decoding: SyntheticCorpus(seed: seed).text(split), as: UTF8.self)
        let sentences = text.components(separatedBy: "\n\n").prefix(split == .train ? 40 : 20)
        return try scratch.file(
          "\(name).\(split.rawValue)", sentences.joined(separator: "\n\n") + "\n\n")
      }
      options += ["--domain", "\(name)=\(files.joined(separator: ","))"]
    }
    let outcome = try tickets(command("out", "--quiet --json") + options)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let rows = try #require(try outcome.json()["results"] as? [[String: Any]])
    func value(_ sharing: String, _ domain: String, _ source: String) throws -> Double {
      let row = rows.first {
        $0["sharing"] as? String == sharing && $0["task"] as? String == "chunk"
          && $0["domain"] as? String == domain && $0["source"] as? String == source
      }
      return try #require(row?["mean"] as? Double)
    }
    for sharing in ["hard", "single"] {
      // With two domains there is one other source.
      let out = try value(sharing, "news", "talk")
      #expect(try value(sharing, "news", "out-of-domain") == out)
      let own = try ["news", "talk"].map { try value(sharing, $0, $0) }
      let average = try value(sharing, "all", "in-domain")
      #expect(abs(average - (own[0] + own[1]) / 2) < 1e-12)
      #expect(own[0] > out)
    }
    // What a run itself says of its own test files.
    let run = try tickets(["evaluate", scratch.path("out/news/seed-1"), "--json"])
    let scores = try #require(try run.json()["results"] as? [[String: Any]])
    let hard = scores.first {
      $0["sharing"] as? String == "hard" && $0["task"] as? String == "chunk"
    }
    #expect(try hard?["value"] as? Double == value("hard", "news", "news"))
    // A file that changes is noticed.
    try scratch.file("talk.test", "other\tN\tB-NP\tO\n\n")
    let changed = try tickets(["compare", "--out", scratch.path("out")])
    #expect(changed.code == 65 && changed.errors.contains("talk.test: has changed"))
  }

  @Test func optionsVary() throws {
    let svg = scratch.path("density.svg")
    let options =
      "--sharing sparse,hard --seeds 1 --vary density=0.5;0.2 --quiet --csv --svg \(svg)"
    let outcome = try tickets(command("out", options) + sample.data)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let rows = outcome.output.split(separator: "\n").map { $0.split(separator: ",") }
    #expect(rows[0].prefix(3) == ["density", "sharing", "task"])
    #expect(Set(rows.dropFirst().map { $0[0] }) == ["0.5", "0.2"])
    #expect(rows.count { $0.contains("overlap") } == 2)
    // As the run itself has it, beside the ratio.
    let json = try tickets(["overlap", scratch.path("out/density=0.2/seed-1"), "--json"]).json()
    let whole = try #require(json["overlap"] as? [String: Any])
    let z = try #require((whole["expected"] as? [String: Any])?["z"] as? Double)
    let row = rows.first { $0[0] == "0.2" && $0.contains("overlap_z") }
    #expect(try abs(#require(row.flatMap { Double($0[4]) }) - z) < 1e-9 * abs(z))
    #expect(rows.contains { $0.contains("prune_seconds") })
    #expect(String(decoding: try Files.read(svg), as: UTF8.self).hasPrefix("<"))
    // What is not pruned is the same at every density, and trained once.
    #expect(
      FileManager.default.fileExists(atPath: scratch.path("out/density=0.5/seed-1/train/hard")))
    #expect(
      !FileManager.default.fileExists(atPath: scratch.path("out/density=0.2/seed-1/train/hard")))
    let hard = rows.filter { $0[1] == "hard" && $0[2] == "ner" }.map { $0.dropFirst() }
    #expect(hard.count == 2 && hard[0] == hard[1])
    let table = try tickets(["compare", "--out", scratch.path("out"), "--markdown"])
    #expect(table.output.contains("| density | task | metric | sharing | mean |"))
    let conflict = try tickets(["compare", "--out", scratch.path("out"), "--epochs", "9"])
    #expect(conflict.code == 64 && conflict.errors.contains("--epochs 9: the comparison "))
  }

  @Test func variantsAreRows() throws {
    let options =
      "--sharing hard --seeds 2 --baseline FR --variant FR=sharing:hard"
      + " --variant S=sharing:single;lr:0.01 --quiet --json"
    let outcome = try tickets(command("out", options) + sample.data)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let rows = try #require(try outcome.json()["results"] as? [[String: Any]])
      .filter { $0["task"] as? String == "pos" }
    #expect(rows.map { $0["sharing"] as? String } == ["hard", "FR", "S"])
    let values = rows.map { $0["values"] as? [Double] }
    #expect(values[0]?.count == 2 && values[0] == values[1] && values[1] != values[2])
    #expect(rows.map { $0["delta"] is Double } == [true, false, true])
    #expect(rows.map { $0["p"] is Double } == [true, false, true])
    let cost = try #require(try outcome.json()["cost"] as? [[String: Any]])
    #expect(cost.map { $0["sharing"] as? String } == ["hard", "FR", "S"])
    #expect(cost[1]["relative_cost"] as? Double == 1)
    // What is the same training is done once, and a variant's run is an ordinary one.
    let trained = ["seed-1", "variant=FR/seed-1", "variant=S/seed-1"].map {
      FileManager.default.fileExists(atPath: scratch.path("out/\($0)/run.json"))
    }
    #expect(trained == [true, false, true])
    let run = try tickets(["evaluate", scratch.path("out/variant=S/seed-1"), "--json"])
    let scores = try #require(try run.json()["results"] as? [[String: Any]])
    let single = scores.first {
      $0["sharing"] as? String == "single" && $0["task"] as? String == "pos"
    }
    #expect(single?["value"] as? Double == values[2]?[0])
    // Another one is added later; those there are stay.
    let more = [
      "compare", "--out", scratch.path("out"), "--variant", "FR=sharing:hard", "--variant",
      "S=sharing:single;lr:0.01", "--variant", "FAST=sharing:hard;lr:0.1",
    ]
    let grid = try tickets(more + ["--dry-run"])
    #expect(grid.output.contains("6 of 8 runs done; hard, FR, S, FAST are compared with FR"))
    let changed = try tickets(more.dropLast(4) + ["--dry-run"])
    #expect(changed.code == 64 && changed.errors.contains("--variant FR: the comparison "))
  }

  @Test(arguments: [
    ("--variant FR=sharing:hard;hold-out:0.1", 64, "--variant FR hold-out: cannot differ"),
    ("--variant FR=sharing:hard --baseline hrd", 64, "--baseline hrd: must be among"),
    ("--variant FR=sharing:hard --variant fr=lr:1", 64, "--variant fr: names two variants"),
    ("--vary density=0.5;3", 64, "--vary density 3: must be a number above 0"),
    ("--vary tasks=pos=1;pos=9", 64, "train.conll has 4 columns"),
    ("--train /nowhere.conll", 66, "/nowhere.conll: cannot be read"),
    ("--svg x.svg", 64, "--svg: draws scores over a number"),
    ("--json --markdown", 64, "--markdown excludes"),
  ])
  func whatIsWrongIsFoundBeforeTraining(options: String, code: Int32, message: String) throws {
    let outcome = try tickets(command("out", "") + sample.data + Sample.words(options))
    #expect(outcome.code == code && outcome.errors.contains(message), "\(outcome.errors)")
    #expect(outcome.errors.split(separator: "\n").count == 1)
    #expect(!FileManager.default.fileExists(atPath: scratch.path("out/seed-1")))
  }

  @Test func sluicesNeedsStitchUnits() throws {
    let outcome = try tickets(["sluices", sample.run, "--sharing", "hard"])
    #expect(outcome.code == 64 && outcome.errors.contains("--sharing hard: has no α"))
    #expect(try tickets(["sluices", sample.run]).errors.contains("no trained architecture has α"))
  }
}
