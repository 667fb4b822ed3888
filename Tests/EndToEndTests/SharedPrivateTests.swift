import Basics
import Foundation
import Runs
import TestSupport
import Testing

/// Tickets of a network with shared and private encoders, and losses on their states, as a user
/// meets them.
@Suite(.timeLimit(.minutes(10))) struct SharedPrivateTests {
  private let sample: Sample
  private let scratch: Scratch

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  private func command(_ out: String, _ options: String) -> [String] {
    ["run", "--out", scratch.path(out), "--checkpoint-seconds", "0", "--quiet"] + Sample.size
      + sample.data + Sample.words(options)
  }

  private static let writing =
    "--base shared-private --sharing sparse,subnet,shared-private,single --adversary 0.1"
    + " --orthogonal-states 0.01"

  /// From warm-up to report: what is shared is pruned, and every weight is counted.
  @Test func fromWarmupToReport() throws {
    let made = try tickets(command("run", Self.writing))
    try #require(made.code == 0, "\(made.errors)")
    let run = scratch.path("run")
    let ticket = try tickets(["inspect", "\(run)/tickets/ner/ticket.ticket", "--json"]).json()
    let names = try #require(ticket["tensors"] as? [[String: Any]]).map { $0["name"] as! String }
    #expect(names.contains("lstm.weight_ih_l0") && names.contains("conv.weight"))
    #expect(!names.contains { $0.hasPrefix("lstm.ner") })
    // Both directions of 8 units over 12 inputs; 4 filters of width 3 over 4 numbers.
    let (encoder, filters) = (2 * 4 * 8 * (12 + 8), 4 * 3 * 4)
    #expect(ticket["prunable"] as? Int == encoder + filters)
    let overlap = try tickets(["overlap", run, "--json"])
    #expect(overlap.code == 0 && !overlap.output.contains("lstm.ner"))
    let evaluated = try tickets(["evaluate", run, "--json"])
    let results = try #require(try evaluated.json()["results"] as? [[String: Any]])
    func parameters(_ sharing: String, _ key: String) -> Int? {
      results.first {
        $0["sharing"] as? String == sharing && $0["task"] as? String == "ner"
      }?[key] as? Int
    }
    #expect(parameters("shared-private", "parameters") == 4 * encoder + filters)
    #expect(parameters("shared-private", "task_parameters") == 2 * encoder + filters)
    let alive = try #require(ticket["alive"] as? Int)
    for sharing in ["sparse", "subnet"] {
      #expect(parameters(sharing, "task_parameters") == alive + encoder)
      let all = try #require(parameters(sharing, "parameters"))
      #expect(all > alive + 3 * encoder && all <= 3 * (2 * encoder + filters))
    }
    #expect(try tickets(["report", run]).code == 0)
    try checkMetrics(run)
    // An adversary is where tasks are together only.
    for (file, isThere) in [
      ("warmup", true), ("train/sparse", true), ("train/shared-private", true),
      ("train/subnet/ner", false), ("train/single/ner", false),
    ] {
      let weights = try SafeTensors(contentsOf: "\(run)/\(file)/weights.safetensors")
      #expect((weights.entry("adversary.weight") != nil) == isThere, "\(file)")
    }
  }

  private func checkMetrics(_ run: String) throws {
    for line in try MetricsLog.read("\(run)/metrics") {
      let isTogether = ["warmup", "train/sparse", "train/shared-private"].contains(line.stage)
      for task in Sample.tasks {
        let accuracy = line.values["adversary_accuracy.\(task)"]
        #expect(accuracy.map { (0...1).contains($0) } ?? !isTogether)
        #expect((line.values["loss.\(task).adversary"] != nil) == isTogether)
        #expect((line.values["loss.\(task).orthogonal-states"] != nil) == isTogether)
      }
    }
    let log = try String(contentsOfFile: "\(run)/log.txt", encoding: .utf8)
    #expect(log.contains(" adversary_accuracy 0."))
  }

  /// Killed again and again it ends with the bytes of a run that never stopped.
  @Test func killedEndsTheSame() throws {
    let start = ContinuousClock.now
    #expect(try tickets(command("whole", Self.writing)).code == 0)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try killAgainAndAgain(
      chance: RandomStream(seed: 1, "kill"), within: seconds * 0.15,
      again: { try FileManager.default.removeItem(atPath: scratch.path("killed")) },
      { _ in try Running(command("killed", Self.writing)) })
    #expect(try tickets(command("killed", Self.writing)).code == 0)
    #expect(try differences(scratch.path("killed"), scratch.path("whole")) == [])
  }

  /// Weights of 0 leave everything as it is; other weights do not.
  @Test func zeroIsNoOption() throws {
    func run(_ out: String, _ options: String) throws {
      let made = try tickets(command(out, "--sharing stacked,hard " + options))
      #expect(made.code == 0, "\(made.errors)")
    }
    try run("none", "")
    try run("zero", "--adversary 0 --orthogonal-states 0")
    try run("some", "--adversary 0.5")
    #expect(try differences(scratch.path("zero"), scratch.path("none")) == [])
    #expect(
      try differences(scratch.path("some"), scratch.path("none")).contains(
        "train/stacked/weights.safetensors"))
  }

  @Test(arguments: [
    ("--sharing sluice --adversary 0.1", "tickets: --adversary 0.1: sluice has no states that"),
    ("--sharing hard --orthogonal-states 1", "tickets: --orthogonal-states 1.0: hard has no priv"),
    ("--sharing single --adversary 2", "tickets: --adversary 2.0: single has no states that"),
    ("--adversary 1001", "tickets: --adversary 1001: must be a number from 0 to 1000"),
    ("--tasks ner=3 --sharing hard --adversary 1", "needs two tasks or more to be told apart"),
  ])
  func refused(options: String, message: String) throws {
    let outcome = try tickets(command("run", options))
    #expect(outcome.code == 64 && outcome.output == "")
    #expect(outcome.errors.contains(message) && outcome.errors.filter(\.isNewline).count == 1)
    #expect(!FileManager.default.fileExists(atPath: scratch.path("run/warmup")))
  }
}
