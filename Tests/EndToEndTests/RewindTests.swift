import Basics
import Foundation
import Masks
import TestSupport
import Testing

/// Where tickets start from and what they are of: `--rewind`, `--init-seed`, `--mask-scope`.
@Suite(.timeLimit(.minutes(10))) struct RewindTests {
  private let sample: Sample
  private let scratch: Scratch

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  private func command(
    _ name: String, _ out: String, _ options: String, jobs: Int = 1
  ) -> [String] {
    [name, "--out", scratch.path(out), "--checkpoint-seconds", "0", "--jobs", "\(jobs)", "--quiet"]
      + Sample.size + sample.data + Sample.words(options)
  }

  /// The tensors in a file of the run `out`, by name.
  private func tensors(_ out: String, _ file: String) throws -> [String: [Float]] {
    let file = try SafeTensors(contentsOf: "\(scratch.path(out))/\(file).safetensors")
    return try Dictionary(
      uniqueKeysWithValues: file.tensors.map { ($0.name, try file.floats($0.name)) })
  }

  /// Late rewinding: what a warm-up of exactly so many epochs ends with, if its last is its best.
  @Test(arguments: [1, 2]) func anEpochIsAShorterWarmup(epoch: Int) throws {
    let late = command(
      "run", "late", "--sharing sparse --warmup-epochs 4 --patience 0 --rewind epoch:\(epoch)")
    #expect(try tickets(late).code == 0)
    let short = command("warmup", "short", "--warmup-epochs \(epoch) --patience 0")
    #expect(try tickets(short).code == 0)
    let end = "\(scratch.path("short"))/warmup/weights.safetensors"
    try #require(SafeTensors(contentsOf: end).metadata["epoch"] == "\(epoch)")
    let theta0 = try tensors("late", "theta0")
    #expect(try theta0 == tensors("short", "warmup/weights"))
    #expect(try theta0 != tensors("late", "warmup/weights"))
    let file = try SafeTensors(contentsOf: "\(scratch.path("late"))/theta0.safetensors")
    #expect(file.metadata["rewind"] == "epoch:\(epoch)")
    // Of 4 epochs those that θ⁰ has not had come on top of 3.
    let log = try scratch.text("late/log.txt")
    #expect(log.contains("sparse epoch 1/\(3 + 4 - epoch): "))
    // Its encoder goes to other tasks too.
    let adapted = try tickets(
      Sample.words(
        "adapt late --task form=comment:form --examples 10 --draws 1 --epochs 1 --quiet"),
      in: scratch.path)
    #expect(adapted.code == 0 || !adapted.errors.contains("rewind"), "\(adapted.errors)")
  }

  @Test func killsChangeNothing() throws {
    try expectKillsChangeNothing(in: scratch, chance: "late rewinding") { out, jobs in
      command(
        "run", out, "--sharing sparse --warmup-epochs 6 --patience 0 --rewind epoch:3", jobs: jobs)
    }
    #expect(
      FileManager.default.fileExists(atPath: scratch.path("whole/warmup/epoch-weights.safetensors"))
    )
  }

  @Test func epochsThatAreNotKeptAreRefused() throws {
    let over = try tickets(command("warmup", "a", "--rewind epoch:3"))
    #expect(over.code == 64)
    #expect(
      over.errors == "tickets: --rewind epoch:3: the warm-up has 2 epochs (warmup-epochs)\n")
    for text in ["epoch:0", "epoch:-1", "epoch:", "epoch:1:2", "epoch", "epoch:1.5"] {
      #expect(try tickets(command("warmup", "a", "--rewind \(text)")).code == 64, "\(text)")
    }
    // Decided after the warm-up.
    #expect(try tickets(command("warmup", "a", "")).code == 0)
    let late = try tickets(["prune", scratch.path("a"), "--rewind", "epoch:1", "--quiet"])
    #expect(late.code == 66 && late.errors.contains("--rewind epoch:1: the warm-up of "))
    #expect(!FileManager.default.fileExists(atPath: scratch.path("a/theta0.safetensors")))
    #expect(try tickets(["prune", scratch.path("a"), "--rewind", "init", "--quiet"]).code == 0)
    // Decided in the midst of it.
    let long = command("warmup", "b", "--warmup-epochs 100000 --patience 0")
    let running = try Running(long.filter { $0 != "--quiet" })
    #expect(try running.waits(for: "warm-up epoch 3/100000: "))
    running.send(SIGINT)
    #expect(try running.end().code == 130)
    let gone = try tickets(long + ["--rewind", "epoch:1"])
    #expect(gone.code == 64 && gone.errors.contains("--rewind epoch:1: the warm-up is in epoch "))
  }

  /// Runs of several seeds can start from the same weights, and go different ways from there.
  @Test func initialisationHasASeedOfItsOwn() throws {
    let runs = ["--seed 1", "--seed 1 --init-seed 1", "--seed 2", "--seed 2 --init-seed 1"]
    for (index, options) in runs.enumerated() {
      let command = command("run", "\(index)", "--warmup-epochs 0 --sharing hard " + options)
      #expect(try tickets(command).code == 0)
    }
    let starts = try runs.indices.map { try tensors("\($0)", "warmup/weights") }
    let ends = try runs.indices.map { try tensors("\($0)", "train/hard/weights") }
    #expect(starts[0] == starts[1] && ends[0] == ends[1])
    #expect(starts[0] != starts[2] && starts[0] == starts[3])
    #expect(ends[3] != ends[0] && ends[3] != ends[2])
  }

  /// Word vectors and heads in tickets, from warm-up to report.
  @Test func ticketsOfEverything() throws {
    let scope = "--mask-scope encoder,embeddings,heads"
    try expectKillsChangeNothing(in: scratch, chance: "mask scope") { out, jobs in
      command("run", out, "--sharing sparse,subnet,hard --select last \(scope)", jobs: jobs)
    }
    let run = scratch.path("whole")
    let weights = try tensors("whole", "train/sparse/weights")
    let masks = try Sample.tasks.map {
      try Ticket(contentsOf: "\(run)/tickets/\($0)/ticket.ticket").masks
    }
    for (task, set) in zip(Sample.tasks, masks) {
      let names = set.entries.map(\.name)
      #expect(names.filter { $0.hasPrefix("heads.") } == ["heads.\(task).weight"])
      #expect(names.contains("words.weight") && names.contains("lstm.weight_hh_l0"))
      #expect(set.aliveCount == Int((0.3 * Double(set.prunableCount)).rounded()))
      let head = try #require(set["heads.\(task).weight"])
      let values = try #require(weights["heads.\(task).weight"])
      #expect(values.indices.allSatisfy { head[$0] || values[$0] == 0 })
    }
    let words = masks.map { $0["words.weight"]! }
    let union = words[0] | words[1] | words[2]
    let table = try #require(weights["words.weight"])
    #expect(union.aliveCount < union.count)
    #expect(table.indices.allSatisfy { union[$0] || table[$0] == 0 })
    let overlap = try tickets(["overlap", run])
    #expect(
      overlap.code == 0 && overlap.output.contains("heads.ner") && overlap.output.contains("words"))
    let evaluated = try tickets(["evaluate", run, "--json"]).json()
    let results = try #require(evaluated["results"] as? [[String: Any]])
    let hard = results.first { $0["sharing"] as? String == "hard" }
    #expect(hard?["parameters"] as? Int == (try MaskSet.union(of: masks)).prunableCount)
    let report = try tickets(["report", run])
    #expect(report.code == 0, "\(report.errors)")
    let first = "\(run)/tickets/pos/ticket.ticket"
    #expect(try tickets(["export", first, "--out", scratch.path("m.safetensors")]).code == 0)
    #expect(
      try SafeTensors(contentsOf: scratch.path("m.safetensors")).entry("words.weight")?.count
        == table.count)
    // A new task takes over the alive word vectors too.
    let adapted = try tickets(
      [
        "adapt", run, "--task", "new=1", "--train", "\(sample.folder)/train.conll", "--dev",
        "\(sample.folder)/dev.conll", "--test", "\(sample.folder)/test.conll", "--ticket", "pos",
        "--epochs", "1", "--examples", "20", "--quiet",
      ])
    #expect(adapted.code == 0, "\(adapted.errors)")
  }

  @Test(arguments: [
    ("heads", "a head belongs to one task"), ("embeddings,embeddings", "must be parts out of"),
    ("encoder,biases", "must be parts out of"),
    ("encoder,embeddings --word-dim 0", "there are no word vectors (word-dim 0)"),
  ])
  func scopesWithoutMeaningAreRefused(scope: String, reason: String) throws {
    let options =
      ["recipe"] + ["--mask-scope=" + scope.prefix { $0 != " " }]
      + Sample.words(String(scope.drop { $0 != " " }))
    let outcome = try tickets(options)
    #expect(outcome.code == 64 && outcome.errors.contains(reason), "\(outcome.errors)")
    #expect(outcome.errors.filter(\.isNewline).count == 1)
  }
}
