import Basics
import Foundation
import Masks
import TestSupport
import Testing

/// `--execution`: dense and sparse products with pruned weights differ by rounding only.
@Suite(.timeLimit(.minutes(10))) struct ExecutionTests {
  private let sample: Sample
  private let scratch: Scratch

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  /// Whole runs: what no masked product touches is equal, scores nearly so.
  @Test func denseAndSparseRunsReportNearlyTheSame() throws {
    let reports = try ["dense", "sparse"].map { execution in
      let command = sample.command(out: scratch.path(execution), jobs: 2)
      let outcome = try tickets(
        command + ["--execution", execution, "--sharing", "sparse", "--quiet", "--json"])
      #expect(outcome.code == 0, "\(outcome.errors)")
      return try outcome.json()
    }
    #expect(
      reports.map { ($0["recipe"] as? [String: Any])?["execution"] as? String }
        == ["dense", "sparse"])
    for name in ["theta0.safetensors", "warmup/weights.safetensors"] {
      let files = try ["dense", "sparse"].map { try Files.read(scratch.path("\($0)/\(name)")) }
      #expect(files[0] == files[1], "\(name)")
    }
    let rounds = try reports.map { report in
      try #require(report["tickets"] as? [[String: Any]])
        .flatMap { $0["rounds"] as? [[String: Any]] ?? [] }
    }
    #expect(rounds[0].count == 9 && rounds[1].count == 9)
    for (dense, sparse) in zip(rounds[0], rounds[1]) {
      #expect(dense["alive"] as? Int == sparse["alive"] as? Int)
      try expectNear(dense["score"], sparse["score"])
    }
    let results = try reports.map { try #require($0["results"] as? [[String: Any]]) }
    for (dense, sparse) in zip(results[0], results[1]) {
      #expect(dense["task"] as? String == sparse["task"] as? String)
      try expectNear(dense["value"], sparse["value"])
    }
  }

  /// The recorded way is the way of prediction; a record from before the option means `auto`.
  @Test func predictionFollowsTheRecord() throws {
    let copy = try sample.copy(to: scratch)
    let record = try scratch.unsealed("run/run.json")
    let line = String(try #require(record.firstMatch(of: /\s*"execution" ?: ?"auto",?/)).output)
    func logits(_ replacement: String) throws -> Data {
      try scratch.file("run/run.json", record.replacing(line, with: replacement))
      let path = scratch.path("logits")
      let outcome = try tickets(
        ["predict", copy, "\(sample.folder)/test.conll", "--sharing", "sparse", "--logits", path])
      #expect(outcome.code == 0, "\(outcome.errors)")
      return try Files.read(path)
    }
    let auto = try logits(line)
    #expect(try logits("") == auto)
    let forced = try ["dense", "sparse"].map {
      _ = try logits(line.replacing("auto", with: $0))
      return try SafeTensors(contentsOf: scratch.path("logits"))
    }
    for task in Sample.tasks {
      let values = try forced.map { try $0.floats(task) }
      #expect(values[0] != values[1])
      #expect(zip(values[0], values[1]).allSatisfy { abs($0 - $1) < 1e-4 })
    }
  }

  /// Two trainings that differ by rounding may label a token or two differently.
  private func expectNear(_ a: Any?, _ b: Any?) throws {
    let scores = try (#require(a as? Double), #require(b as? Double))
    #expect(abs(scores.0 - scores.1) < 0.05)
  }
}
