import Basics
import Foundation
import TestSupport
import Testing

/// Features of tokens, computed elsewhere, as a user meets them.
@Suite(.timeLimit(.minutes(10))) struct TokenFeatureTests {
  private let scratch: Scratch

  /// The first tokens of a corpus, their labels told by their features and by nothing else.
  init() throws {
    scratch = try Scratch()
    var stream = RandomStream(seed: 4, "tokens")
    for (split, count) in [("train", 60), ("dev", 20), ("test", 20)] {
      var lines: [String] = []
      var rows: [[Float]] = []
      for _ in 0..<count {
        lines.append("# a comment")
        for _ in 0..<1 + stream.below(6) {
          let label = stream.below(3)
          lines.append("w\(stream.below(4)) \("ABC".map(String.init)[label])")
          rows.append((0..<4).map { ($0 == label ? 1 : 0) + stream.uniform(within: 0.2) })
        }
        lines.append("")
      }
      try scratch.file("\(split).conll", lines.joined(separator: "\n") + "\n")
      try write("\(split).conll", rows)
    }
  }

  private func write(_ name: String, _ rows: [[Float]]) throws {
    try VectorFile(features: rows).data.write(
      to: URL(fileURLWithPath: scratch.path("\(name).safetensors")))
  }

  private let data = Sample.words(
    "--train train.conll --dev dev.conll --test test.conll --tasks tag=1"
      + " --token-features {file}.safetensors")
  private let alone = ["--word-dim", "0", "--char-filters", "0"]
  private let size = Sample.words(
    "--layers 1 --hidden 8 --optimizer adam --lr 0.03 --dropout 0.1 --batch 8 --warmup-epochs 2"
      + " --rounds 1 --round-epochs 2 --density 0.5 --epochs 6 --sharing sparse,hard --quiet")

  private func run(_ arguments: [String]) throws -> Outcome {
    try tickets(arguments, in: scratch.path)
  }

  private func value(_ run: String) throws -> Double {
    let evaluated = try self.run(["evaluate", run, "--sharing", "hard", "--json"])
    let results = try #require(try evaluated.json()["results"] as? [[String: Any]])
    return try #require(
      results.first { $0["sharing"] as? String == "hard" }?["value"] as? Double)
  }

  @Test func theyTellWhatWordsDoNot() throws {
    let small = ["--word-dim", "4", "--char-filters", "0"]
    for (name, options) in [("alone", data + alone), ("beside", data + small)] {
      let made = try run(["run", "--out", name] + options + size)
      try #require(made.code == 0, "\(made.errors)")
      #expect(try value(name) > 0.95)
    }
    #expect(try run(["run", "--out", "words"] + data.dropLast(2) + small + size).code == 0)
    #expect(try value("words") < 0.6)
    let weights = try SafeTensors(contentsOf: scratch.path("alone/train/hard/weights.safetensors"))
    #expect(weights.entry("words.weight") == nil)
    #expect(weights.entry("lstm.weight_ih_l0")?.shape == [32, 4])

    let predicted = try run(["predict", "alone", "test.conll"])
    let rows = predicted.output.split(separator: "\n").map { $0.split(separator: " ") }
      .filter { $0[0] != "#" }
    #expect(
      rows.allSatisfy { $0.count == 3 } && rows.count { $0[1] == $0[2] } > rows.count * 9 / 10)
    let piped = try run([
      "predict", "alone", "test.conll", "--token-features", "test.conll.safetensors",
    ])
    #expect(piped.output == predicted.output)
    // Another task over the same features, with the run's encoder.
    let adapted = try run(
      Sample.words("adapt alone --task other=1 --examples 20 --draws 1 --json"))
    #expect(adapted.code == 0, "\(adapted.errors)")
    // With words and characters the built-in names of parameters stay.
    #expect(try run(["overlap", "alone"]).code == 0)
  }

  @Test func killedAndContinued() throws {
    let command = ["run", "--checkpoint-seconds", "0"] + data + alone + size
    let start = ContinuousClock.now
    #expect(try run(command + ["--out", "whole"]).code == 0)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try killAgainAndAgain(
      chance: RandomStream(seed: 3, "kill"), within: seconds * 0.3,
      again: { try FileManager.default.removeItem(atPath: scratch.path("run")) },
      { _ in try Running(command + ["--out", "run"], in: scratch.path) })
    #expect(try run(command + ["--out", "run"]).code == 0)
    #expect(try differences(scratch.path("run"), scratch.path("whole")) == [])
    // They are data of the run as the files of tokens are.
    try write("dev.conll", [[1, 2, 3, 4]])
    let changed = try run(["evaluate", "run"])
    #expect(changed.code == 65)
    #expect(changed.errors.contains("dev.conll.safetensors: has changed since the run"))
  }

  @Test func refusals() throws {
    func expect(_ arguments: [String], _ code: Int32, _ message: String) throws {
      let outcome = try run(["run", "--out", "new"] + arguments + size)
      #expect(
        outcome.code == code && outcome.errors == "tickets: \(message)\n", "\(outcome.errors)")
      try? FileManager.default.removeItem(atPath: scratch.path("new"))
    }
    try expect(
      data.dropLast(2) + alone, 64,
      "--word-dim 0: nothing is left to read; give word vectors, characters (--char-filters) or "
        + "--token-features")
    try expect(
      data.dropLast() + ["train.safetensors"], 64,
      "--token-features train.safetensors: must be a path with '{file}' for the file's path or "
        + "'{name}' for its name, as in '{file}.safetensors'")
    try expect(
      ["--token-features", "{file}.x"], 64, "--token-features: the built-in corpus has no files")
    try expect(
      data.dropLast() + ["no/{name}.x"], 66,
      "\(scratch.path("no/dev.conll.x")): cannot be read (No such file or directory)")
    try expect(
      data + ["--word-dim", "0", "--embeddings", "train.conll"], 64,
      "--embeddings: there are no word vectors (--word-dim 0)")
    let path = scratch.path("dev.conll")
    let tokens = try scratch.text("dev.conll").split(separator: "\n").count { $0.first == "w" }
    try write("dev.conll", [[1, 2, 3, 4], [1, 2, 3, 4]])
    try expect(
      data, 65,
      "\(path).safetensors: tensor 'features' has 2 rows for the \(tokens) tokens of \(path)")
    let checked = try run(["data", "check"] + data)
    #expect(checked.code == 65 && checked.output.contains("tensor 'features' has 2 rows"))
    try write("dev.conll", [[Float]](repeating: [1, 2], count: tokens))
    try expect(data, 65, "\(path): 2 features a row, but 4 in training")
    let piped = try run(["predict", "none", "-"])
    #expect(piped.code == 66)
  }
}
