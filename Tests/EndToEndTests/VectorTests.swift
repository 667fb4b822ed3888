import Basics
import Foundation
import TestSupport
import Testing

/// Tasks over feature vectors as a user meets them.
@Suite(.timeLimit(.minutes(10))) struct VectorTests {
  private let scratch: Scratch

  /// Points of the plane: which quarter they lie in, whether x and y differ in sign, how far up
  /// they are.
  init() throws {
    scratch = try Scratch()
    var stream = RandomStream(seed: 4, "points")
    for (split, count) in [("train", 160), ("dev", 40), ("test", 40)] {
      let points = (0..<count).map { _ in [stream.uniform(within: 1), stream.uniform(within: 1)] }
      try write(
        split,
        VectorFile(
          features: points,
          labels: [
            ("quarter", .classes(points.map { ($0[0] > 0 ? 1 : 0) + ($0[1] > 0 ? 2 : 0) })),
            ("differ", .classes(points.map { $0[0] * $0[1] < 0 ? 1 : 0 })),
            ("up", .values(points.map { 3 * $0[1] + 1 })),
          ]))
    }
  }

  private func write(_ name: String, _ file: VectorFile) throws {
    try file.data.write(to: URL(fileURLWithPath: scratch.path("\(name).safetensors")))
  }

  private let data = Sample.words(
    "--train train.safetensors --dev dev.safetensors --test test.safetensors"
      + " --tasks quarter=vector,odd=vector:differ,up=vector")
  private let size = Sample.words(
    "--hidden 16 --optimizer adam --lr 0.02 --dropout 0 --batch 8 --warmup-epochs 4 --rounds 2"
      + " --round-epochs 4 --density 0.4 --epochs 8 --patience 0 --quiet"
      + " --sharing sparse,hard,single,cross-stitch")

  private func run(_ arguments: [String]) throws -> Outcome {
    try tickets(arguments, in: scratch.path)
  }

  @Test func fromFilesToScoresAndValues() throws {
    let made = try run(["run", "--out", "run", "--jobs", "1"] + data + size)
    try #require(made.code == 0, "\(made.errors)")
    #expect(made.output.contains("up (spearman)") && made.output.contains("up (mse)"))
    #expect(made.output.contains("mean-value") && !made.output.contains("nan"))
    let evaluated = try run(["evaluate", "run", "--json"])
    let results = try #require(try evaluated.json()["results"] as? [[String: Any]])
    for sharing in ["sparse", "hard", "single", "cross-stitch"] {
      let own = results.filter { $0["sharing"] as? String == sharing }
      #expect(own.map { $0["metric"] as? String } == ["accuracy", "accuracy", "spearman"])
      #expect(own.allSatisfy { $0["value"] as! Double > 0.8 }, "\(sharing): \(own)")
      let error = try #require(own[2]["mse"] as? Double)
      #expect(error < 0.5 && own[2]["accuracy"] == nil && own[0]["mse"] == nil)
    }
    let csv = try run(["evaluate", "run", "--csv"]).output.split(separator: "\n")
    #expect(csv.contains { $0.hasPrefix("hard,test,up,mse,0.") })
    #expect(csv.contains { $0.hasPrefix("mean-value,test,up,spearman,0.0,") })
    let metrics = try scratch.text("run/metrics/train/hard.jsonl")
    #expect(metrics.contains("\"dev.up.mse\":"))

    let predicted = try run([
      "predict", "run", "test.safetensors", "--sharing", "hard", "--logits", "logits",
    ])
    let rows = predicted.output.split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(rows.count == 40 && rows.allSatisfy { $0.count == 3 })
    #expect(rows.allSatisfy { Int($0[0]) != nil && Int($0[1]) != nil && Float($0[2]) != nil })
    let logits = try SafeTensors(contentsOf: scratch.path("logits"))
    #expect(logits.entry("quarter")?.shape == [40, 4] && logits.entry("up")?.shape == [40, 1])
    #expect(try logits.floats("up") == rows.map { Float($0[2])! })

    let overlap = try run(["overlap", "run"])
    #expect(overlap.code == 0 && overlap.output.contains("mlp.1"))
    let weights = try SafeTensors(contentsOf: scratch.path("run/train/hard/weights.safetensors"))
    #expect(
      weights.tensors.map(\.name).sorted().prefix(2) == [
        "heads.odd.bias", "heads.odd.weight",
      ])
    #expect(
      weights.entry("mlp.0.weight")?.shape == [16, 2] && weights.entry("words.weight") == nil)
    // The encoder serves a task that it has not seen; there are no words to list.
    let adapted = try run(
      Sample.words("adapt run --task far=vector:up --examples 20,40 --draws 2 --json"))
    #expect(adapted.code == 0, "\(adapted.errors)")
    #expect((try adapted.json()["results"] as? [Any])?.count == 5)
    let words = try run(["words", "run"])
    #expect(words.code == 64 && words.errors.contains("its tasks read vectors"))
  }

  /// Tasks of values can be related too: each network's ρ on the other's values.
  @Test func relatedValues() throws {
    let made = try run(
      ["run", "--out", "values"] + data.dropLast(1) + ["up=vector,again=vector:up"]
        + size.map { $0.hasPrefix("sparse") ? "hard" : $0 }
        + Sample.words("--communicate listwise --passing-weights measured"))
    try #require(made.code == 0, "\(made.errors)")
    let shown = try run(["relatedness", "values", "--json"]).json()
    let scores = try #require(shown["scores"] as? [[Double]])
    #expect(scores.allSatisfy { $0.allSatisfy { $0 > 0.8 } })
  }

  /// Killed again and again, the run ends with the same bytes.
  @Test func killedAndContinued() throws {
    let command = ["run", "--checkpoint-seconds", "0"] + data + size
    let start = ContinuousClock.now
    #expect(try run(command + ["--out", "whole", "--jobs", "1"]).code == 0)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try killAgainAndAgain(
      chance: RandomStream(seed: 3, "kill"), within: seconds * 0.3,
      again: { try FileManager.default.removeItem(atPath: scratch.path("run")) },
      { kills in
        try Running(command + ["--out", "run", "--jobs", "\(1 + kills % 2)"], in: scratch.path)
      })
    #expect(try run(command + ["--out", "run"]).code == 0)
    #expect(try differences(scratch.path("run"), scratch.path("whole")) == [])
  }

  @Test func aComparisonShowsBothMeasures() throws {
    let compared = try run(
      ["compare", "--out", "all", "--seeds", "2", "--baseline", "hard", "--json"] + data
        + size.map { $0.hasPrefix("sparse") ? "hard,single" : $0 })
    try #require(compared.code == 0, "\(compared.errors)")
    let results = try #require(try compared.json()["results"] as? [[String: Any]])
    let up = results.filter { $0["task"] as? String == "up" }
    #expect(up.map { $0["metric"] as? String } == ["spearman", "spearman", "mse", "mse"])
    let single = try #require(
      up.first { $0["metric"] as? String == "spearman" && $0["sharing"] as? String == "single" })
    // ρ is no sum over sentences: there is a difference and a t test, but no bootstrap.
    #expect(single["delta"] is Double && single["p"] is NSNull && single["p_t"] is Double)
    #expect(up.filter { $0["metric"] as? String == "mse" }.allSatisfy { $0["delta"] is NSNull })
    let overall = results.filter { $0["task"] as? String == "all" }
    #expect(overall.allSatisfy { $0["metric"] as? String == "mean" } && overall.count == 2)
    // A variant has both measures under its own name.
    let variant = try run(
      [
        "compare", "--out", "slow", "--seeds", "1", "--json", "--variant",
        "SLOW=sharing:hard;lr:0.001",
      ]
        + data + size.dropLast(2))
    let rows = try #require(try variant.json()["results"] as? [[String: Any]])
    let own = rows.filter { $0["task"] as? String == "up" }
    #expect(own.map { $0["metric"] as? String } == ["spearman", "mse"])
    #expect(own.allSatisfy { $0["sharing"] as? String == "SLOW" })
  }

  /// A split drawn from training, files by task, and what `data check` says.
  @Test func filesByTask() throws {
    for task in ["quarter", "up"] {
      for split in ["train", "test"] {
        let bytes = try Files.read(scratch.path("\(split).safetensors"))
        try bytes.write(to: URL(fileURLWithPath: scratch.path("\(task).\(split)")))
      }
    }
    let files = Sample.words(
      "--train {task}.train --test {task}.test --tasks quarter=vector,up=vector --hold-out 0.2")
    let made = try run(["run", "--out", "run"] + files + size)
    #expect(made.code == 0, "\(made.errors)")
    let checked = try run(["data", "check"] + files)
    #expect(checked.code == 0 && checked.output.contains("160         2  quarter"))
    #expect(checked.output.contains("-1.9") && checked.output.contains(" to "))
  }

  @Test func refusals() throws {
    func expect(_ arguments: [String], _ code: Int32, _ message: String) throws {
      let outcome = try run(["run", "--out", "new", "--quiet"] + arguments)
      #expect(outcome.code == code, "\(outcome.errors)")
      #expect(outcome.errors == "tickets: \(message)\n")
      #expect(!FileManager.default.fileExists(atPath: scratch.path("new/train")))
      try? FileManager.default.removeItem(atPath: scratch.path("new"))
    }
    let files = Sample.words("--train train.safetensors --dev dev.safetensors")
    try expect(
      files + ["--tasks", "quarter=vector,pos=1"], 64,
      "--tasks: quarter and pos read files of different kinds; a network reads feature vectors for "
        + "all its tasks or for none")
    try expect(
      files + ["--tasks", "quarter=vector,up=vector", "--sharing", "sluice"], 64,
      "--subspaces 2: fully connected layers have no subspaces; over feature vectors there are "
        + "cross-stitch, and sluice with subspaces 1")
    try expect(
      ["--tasks", "quarter=vector"], 64,
      "--tasks quarter: the built-in corpus has no feature vectors")
    try expect(
      files + ["--tasks", "quarter=vector:features"], 64,
      "--tasks quarter=vector:features: the tensor holds the vectors")
    let path = scratch.path("dev.safetensors")
    try expect(
      files + ["--tasks", "sector=vector"], 65,
      "\(scratch.path("train.safetensors")): tensor 'sector' is missing; there are 'features', "
        + "'quarter', 'differ', 'up'")
    try write(
      "dev", VectorFile(features: [[1], [2]], labels: [("quarter", .classes([1, 2]))]))
    try expect(
      files + ["--tasks", "quarter=vector"], 65, "\(path): 1 features a row, but 2 in training")
    let checked = try run(["data", "check"] + files + ["--tasks", "quarter=vector"])
    #expect(checked.code == 65)
    #expect(checked.output.contains("\(path): 1 features a row, but 2 in training"))
    let bench = try run(
      ["bench", "--train", "train.safetensors", "--tasks", "quarter=vector,up=vector"]
        + ["--sentence-length", "5"])
    #expect(bench.code == 64)
    #expect(bench.errors.contains("--sentence-length 5: feature vectors make no sentences"))
    try write(
      "dev", VectorFile(features: [[1, 2]], labels: [("quarter", .values([1]))]))
    try expect(
      files + ["--tasks", "quarter=vector"], 65,
      "\(path): task quarter is one of regression here, of classification in training; I64 tensors "
        + "are classes, F32 tensors values")
  }

  /// A class that training never saw counts as an error, with a warning.
  @Test func unseenClass() throws {
    try write(
      "dev", VectorFile(features: [[1, 2], [0, 1]], labels: [("quarter", .classes([3, 77]))]))
    let made = try run(
      ["run", "--out", "run", "--train", "train.safetensors", "--dev", "dev.safetensors"]
        + ["--tasks", "quarter=vector"] + size.filter { $0 != "--quiet" }.dropLast(2)
        + ["--sharing", "hard"])
    #expect(made.code == 0)
    #expect(made.errors.contains("1 dev vector with labels unseen in training (77)"))
  }
}
