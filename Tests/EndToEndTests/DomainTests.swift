import Basics
import Foundation
import TestSupport
import Testing

/// Tasks as problem × domain as a user meets them.
@Suite(.timeLimit(.minutes(10))) struct DomainTests {
  private let scratch: Scratch
  private let sample: Sample

  /// The sample's sentences as two domains.
  init() throws {
    scratch = try Scratch()
    sample = try Sample.shared.get()
    for split in ["train", "dev", "test"] {
      let text = try String(contentsOfFile: "\(sample.folder)/\(split).conll", encoding: .utf8)
      let sentences = text.components(separatedBy: "\n\n").filter { !$0.isEmpty }
      let middle = sentences.count / 3
      for (domain, part) in [("news", sentences[..<middle]), ("bio", sentences[middle...])] {
        try scratch.file("\(domain).\(split)", part.joined(separator: "\n\n") + "\n\n")
      }
    }
    try scratch.file(
      "recipe.yaml",
      """
      train: '{domain}.train'
      dev: '{domain}.dev'
      test: '{domain}.test'
      task-domains: news,bio
      tasks:
        pos: 1
        chunk: {column: 2, domains: bio}
      """)
  }

  private func run(_ arguments: [String]) throws -> Outcome {
    let outcome = try tickets(arguments, in: scratch.path)
    #expect(outcome.code == 0, "\(outcome.errors)")
    return outcome
  }

  private func results(_ arguments: [String]) throws -> [[String: Any]] {
    try #require(
      try run(["evaluate"] + arguments + ["--json"]).json()["results"] as? [[String: Any]])
  }

  /// The tokens of a labelled file.
  private func rows(_ predicted: Outcome) -> [[Substring]] {
    predicted.output.split(separator: "\n").filter { $0.first != "#" }
      .map { $0.split(separator: "\t") }
  }

  private func command(_ out: String, _ arrangement: String) -> [String] {
    ["run", "--recipe", "recipe.yaml", "--out", out, "--domains-as", arrangement, "--quiet"]
      + Sample.size + ["--jobs", "1", "--sharing", "sparse,hard"]
  }

  @Test func separateDomains() throws {
    let tasks = ["pos-news", "pos-bio", "chunk-bio"]
    let checked = try run(["data", "check", "--recipe", "recipe.yaml"])
    #expect(tasks.allSatisfy(checked.output.contains))
    _ = try run(command("run", "separate"))
    let scored = try results(["run"]).filter { $0["sharing"] as? String == "sparse" }
    #expect(scored.map { $0["task"] as? String } == tasks)
    #expect(scored.allSatisfy { $0["domain"] == nil })
    #expect(!(try run(["evaluate", "run", "--csv"]).output.contains("domain")))
    #expect(FileManager.default.fileExists(atPath: scratch.path("run/tickets/chunk-bio")))
    #expect(try run(["prune", "run", "--task", "pos-news", "--dry-run"]).output.contains("alive"))
    let predicted = try run(["predict", "run", "news.test", "--task", "pos-news"])
    #expect(rows(predicted).allSatisfy { $0.count == 5 })
    let before = try products(of: scratch.path("run"))
    _ = try run(command("run", "separate"))
    #expect(try products(of: scratch.path("run")) == before)
    // A domain that the run has not seen.
    for split in ["train", "dev", "test"] {
      try scratch.file("talk.\(split)", scratch.text("news.\(split)"))
    }
    let adapted = try run([
      "adapt", "run", "--task", "pos=1", "--task-domains", "talk", "--examples", "10", "--draws",
      "1", "--epochs", "1", "--quiet",
    ])
    #expect(adapted.output.contains("10"))
    #expect(FileManager.default.fileExists(atPath: scratch.path("run/adapt/pos-talk")))
  }

  /// The scores by domain are those of labels counted by hand.
  @Test func unitedDomainsAreScoredApart() throws {
    _ = try run(command("run", "united"))
    let hard = try results(["run", "--sharing", "hard"])
      .filter { $0["sharing"] as? String == "hard" }
    #expect(hard.map { $0["task"] as? String } == ["pos", "pos", "pos", "chunk", "chunk"])
    #expect(hard.map { $0["domain"] as? String } == [nil, "news", "bio", nil, "bio"])
    #expect(hard[4]["value"] as? Double == hard[3]["value"] as? Double)
    for row in hard[1...2] {
      let domain = try #require(row["domain"] as? String)
      let predicted = try run(
        ["predict", "run", "\(domain).test", "--task", "pos", "--sharing", "hard"])
      let rows = rows(predicted)
      let right = rows.count { $0[1] == $0[4] }
      let value = try #require(row["value"] as? Double)
      #expect(abs(value - Double(right) / Double(rows.count)) < 1e-12)
      #expect(rows.count > 20)
    }
    let text = try run(["evaluate", "run"]).output.split(separator: "\n")
      .map { $0.split(separator: " ").map(String.init) }
    #expect(text[0].prefix(2) == ["sharing", "domain"])
    #expect(
      text.dropFirst().map { Array($0.prefix(2)) } == [
        ["majority", "all"], ["most-frequent-tag", "all"], ["sparse", "all"], ["sparse", "news"],
        ["sparse", "bio"], ["hard", "all"], ["hard", "news"], ["hard", "bio"],
      ])
    // A task without the domain has no score there, and there is no mean.
    #expect(text[4].count == 6 && text[4][3...4] == ["-", "-"])
    let csv = try run(["evaluate", "run", "--csv"]).output
    #expect(csv.hasPrefix("sharing,split,task,domain,metric,"))
    #expect(csv.contains("hard,test,pos,news,accuracy,") && csv.contains("hard,test,pos,all,"))
    let report = try run(["report", "run", "--json"]).json()
    #expect((report["results"] as? [[String: Any]])?.contains { $0["domain"] != nil } == true)
  }
}
