import Basics
import Foundation
import TestSupport
import Testing

/// Every way of finding tickets, killed and continued, from the command line.
@Suite(.serialized, .timeLimit(.minutes(10))) struct CriterionTests {
  private let sample: Sample
  private let scratch: Scratch

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  private func command(_ out: String, _ options: String, jobs: Int) -> [String] {
    [
      "run", "--out", scratch.path(out), "--checkpoint-seconds", "0", "--jobs", "\(jobs)",
      "--quiet",
      "--sharing", "sparse",
    ] + Sample.size
      + Sample.words(
        "--train \(sample.folder)/train.conll --dev \(sample.folder)/dev.conll --tasks pos=1,ner=3"
          + " --warmup-epochs 1 --epochs 1 --round-epochs 3 " + options)
  }

  /// What stands in the folder of the tickets of `task` of the finished run `out`.
  private func expectTidy(_ out: String, _ rounds: Int) throws {
    for task in ["pos", "ner"] {
      let names = try FileManager.default.contentsOfDirectory(
        atPath: scratch.path("\(out)/tickets/\(task)"))
      let tickets = (0...rounds).map { String(format: "round-%02d.ticket", $0) }
      #expect(names.sorted() == tickets + ["rounds.json", "ticket.ticket"])
    }
  }

  @Test(arguments: [
    "--criterion change", "--criterion movement", "--criterion random",
    "--criterion snip --score-batches 2", "--criterion grasp --score-batches 2",
    "--criterion scores --scope layer",
    "--schedule gradual", "--schedule gradual --criterion scores",
    "--schedule gradual --criterion movement", "--schedule one-shot --criterion scores",
    "--after fine-tune", "--after lr-rewind --criterion change",
    "--combine agree", "--combine agree --criterion scores --schedule gradual",
    "--combine agree --criterion movement --after fine-tune --scope layer",
    "--combine exclude --select last", "--combine exclude --schedule gradual --criterion scores",
    "--union-density 0.4 --select last",
    "--union-density 0.4 --select last --criterion snip --score-batches 0",
    "--union-density 0.4 --schedule gradual --scope layer",
  ])
  func killedAndContinued(options: String) throws {
    try expectKillsChangeNothing(in: scratch, chance: options) {
      command($0, options, jobs: $1)
    }
    for out in ["whole", "killed"] { try expectTidy(out, options.contains("one-shot") ? 1 : 2) }
  }

  /// SynFlow, which needs no data, of layers over vectors.
  @Test func synflowKilledAndContinued() throws {
    var stream = RandomStream(seed: 4, "points")
    for (split, count) in [("train", 120), ("dev", 30)] {
      let points = (0..<count).map { _ in [stream.uniform(within: 1), stream.uniform(within: 1)] }
      let file = VectorFile(
        features: points,
        labels: [
          ("pos", .classes(points.map { $0[0] > 0 ? 1 : 0 })),
          ("ner", .classes(points.map { $0[0] * $0[1] < 0 ? 1 : 0 })),
        ])
      try file.data.write(to: URL(fileURLWithPath: scratch.path("\(split).safetensors")))
    }
    try expectKillsChangeNothing(in: scratch, chance: "synflow") { out, jobs in
      [
        "run", "--out", scratch.path(out), "--checkpoint-seconds", "0", "--jobs", "\(jobs)",
        "--quiet", "--train", scratch.path("train.safetensors"), "--dev",
        scratch.path("dev.safetensors"),
      ]
        + Sample.words(
          "--tasks pos=vector,ner=vector --hidden 16 --batch 8 --warmup-epochs 4 --rounds 20"
            + " --density 0.2 --epochs 8 --criterion synflow --sharing sparse,single")
    }
    for out in ["whole", "killed"] { try expectTidy(out, 20) }
  }
}
