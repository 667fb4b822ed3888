import Basics
import Foundation
import Masks
import Runs
import TestSupport
import Testing

/// Schedules, continuations and combinations of tickets as a user meets them.
@Suite(.timeLimit(.minutes(10))) struct MaskOptionTests {
  private let sample: Sample
  private let scratch: Scratch
  /// Weights of the character CNN and both directions of the layer: 8 units over 12 inputs.
  private let prunable = 4 * 3 * 4 + 2 * 4 * 8 * (12 + 8)

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  private func command(_ stage: String, _ out: String, _ options: String) -> [String] {
    [stage, "--out", scratch.path(out), "--jobs", "1"] + Sample.size + sample.data
      + Sample.words("--warmup-epochs 1 --epochs 1 " + options)
  }

  /// Warms a run up and prunes its tasks.
  private func pruned(_ out: String, _ options: String) throws {
    let made = try tickets(command("warmup", out, options) + ["--quiet"])
    try #require(made.code == 0, "\(made.errors)")
    let pruned = try tickets(["prune", scratch.path(out), "--quiet"])
    try #require(pruned.code == 0, "\(pruned.errors)")
  }

  private func masks(_ out: String) throws -> [MaskSet] {
    try Sample.tasks.map {
      try Ticket(contentsOf: scratch.path("\(out)/tickets/\($0)/ticket.ticket")).masks
    }
  }

  @Test(arguments: ["--criterion magnitude", "--criterion scores", "--criterion snip"])
  func oneShotIsOneRound(options: String) throws {
    try pruned("shot", options + " --schedule one-shot")
    try pruned("round", options + " --rounds 1")
    #expect(try differences(scratch.path("shot"), scratch.path("round")) == ["run.json"])
    #expect(
      try masks("shot").allSatisfy { $0.aliveCount == Int((0.3 * Double(prunable)).rounded()) })
  }

  /// Rounds of the same learning rates as before, rates that go on through one training, and the
  /// last rate again and again.
  @Test(
    arguments: [
      ("--rounds 2", [[1, 1.5, 2, 2.5], [1, 1.5, 2, 2.5], [1, 1.5, 2, 2.5]]),
      ("--after lr-rewind", [[1, 1.5, 2, 2.5], [1, 1.5, 2, 2.5], [1, 1.5, 2, 2.5]]),
      ("--after fine-tune", [[1, 1.5, 2, 2.5], [2.5, 2.5, 2.5, 2.5], [2.5, 2.5, 2.5, 2.5]]),
      ("--schedule gradual", [[1], [1.5], [2, 2.5]]),
      ("--schedule gradual --criterion scores", [[1], [1.5, 2, 2.5]]),
    ] as [(String, [[Double]])])
  func learningRates(options: String, divisors: [[Double]]) throws {
    try pruned("run", "--lr-decay 0.5 --round-epochs 4 --patience 0 " + options)
    let lines = try MetricsLog.read(scratch.path("run/metrics"))
    for task in Sample.tasks {
      let rates = try divisors.indices.map { round in
        try lines.filter { $0.stage == "prune" && $0.task == task && $0.round == round }
          .sorted { $0.epoch < $1.epoch }.map { try #require($0.values["rate"]) }
      }
      #expect(rates.map(\.count) == divisors.map(\.count))
      for (rate, divisor) in zip(rates.joined(), divisors.joined()) {
        #expect(abs(rate - 0.05 / divisor) < 1e-8)
      }
    }
    #expect(lines.filter { $0.stage == "prune" }.allSatisfy { $0.round! < divisors.count })
  }

  @Test(arguments: ["--scope global", "--scope layer --criterion scores"])
  func tasksAgreeOnOneTicket(options: String) throws {
    try pruned("run", "--combine agree --select last " + options)
    let masks = try masks("run")
    #expect(Set(masks).count == 1)
    #expect(masks[0].aliveCount == Int((0.3 * Double(prunable)).rounded()))
  }

  @Test(arguments: ["--select last", "--schedule one-shot --criterion snip --scope layer"])
  func ticketsExcludeEachOther(options: String) throws {
    try pruned("run", "--combine exclude " + options)
    let masks = try masks("run")
    for (index, own) in masks.enumerated() {
      #expect(own.aliveCount == Int((0.3 * Double(prunable)).rounded()))
      for other in masks[..<index] { #expect(try own.intersection(other).aliveCount == 0) }
    }
  }

  @Test(arguments: ["--criterion magnitude", "--criterion change --scope layer"])
  func aUnionHasItsBudget(options: String) throws {
    try pruned("run", "--union-density 0.4 --select last " + options)
    let masks = try masks("run")
    let budget = Int((0.4 * Double(prunable)).rounded())
    let union = try masks.dropFirst().reduce(masks[0]) { try $0.union($1) }.aliveCount
    #expect(union <= budget && union > budget * 9 / 10)
    #expect(Set(masks.map(\.aliveCount)).count == 1)
  }

  private func expect(_ outcome: Outcome, _ code: Int32, _ message: String) {
    #expect(outcome.code == code && !outcome.isKilled)
    #expect(outcome.errors.hasPrefix("tickets: ") && outcome.errors.hasSuffix("\n"))
    #expect(outcome.errors.filter(\.isNewline).count == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
  }

  @Test(arguments: [
    ("--criterion synflow", "--criterion synflow: needs a network whose output grows"),
    ("--criterion snip --schedule gradual", "--schedule gradual: criterion snip trains nothing"),
    ("--criterion grasp --after lr-rewind", "--after lr-rewind: criterion grasp trains no weights"),
    ("--criterion scores --after fine-tune", "--after fine-tune: criterion scores trains no weigh"),
    ("--schedule gradual --after fine-tune", "--after fine-tune: gradual pruning is one training"),
    ("--schedule gradual --rounds 3", "3 prunings, one an epoch, need more than round-epochs 2"),
    ("--union-density 0.4", "--union-density 0.4: needs select last"),
    ("--combine exclude", "--combine exclude: needs select last"),
    (
      "--combine exclude --select last --density 0.4",
      "--combine exclude: 3 disjoint tickets of density 0.4"
    ),
    ("--combine agree --union-density 0.5", "--combine agree: one ticket is its own union"),
    ("--combine agree --tasks ner=3", "--combine agree: there is one task only"),
    ("--union-density 0.5 --tasks ner=3", "--union-density 0.5: there is one task only"),
    ("--union-density 1.5", "--union-density 1.5: must be"),
    ("--combine agrees", "--combine agrees: must be none or agree or exclude"),
    ("--criterion grap", "--criterion grap: must be magnitude or random or change"),
  ])
  func refused(options: String, message: String) throws {
    expect(try tickets(command("run", "bad", options) + ["--quiet"]), 64, message)
    #expect(!FileManager.default.fileExists(atPath: scratch.path("bad/run.json")))
  }

  /// What only the network's size tells, before anything is pruned.
  @Test(arguments: [
    (
      "--select last --union-density 1",
      "--union-density 1.0: 1328 weights are not fewer than the 1328 alive"
    ),
    ("--select last --union-density 0.0001", "--union-density 0.0001: leaves none of the 1328"),
    (
      // A third of 1328 is 442.67: three times 443 is more.
      "--combine exclude --select last --density 0.33333",
      "--density 0.33333: 3 disjoint tickets have 1329 weights, not fewer than the 1328"
    ),
  ])
  func refusedOnceTheNetworkIsKnown(options: String, message: String) throws {
    let made = try tickets(command("warmup", "run", options) + ["--quiet"])
    try #require(made.code == 0, "\(made.errors)")
    expect(try tickets(["prune", scratch.path("run"), "--quiet"]), 64, message)
    #expect(!FileManager.default.fileExists(atPath: scratch.path("run/tickets")))
  }

  /// One weight for three tasks that want different ones.
  @Test func aUnionThatIsTooSmallIsRefused() throws {
    let made = try tickets(
      command("warmup", "run", "--criterion random --select last --union-density 0.0008") + [
        "--quiet"
      ])
    try #require(made.code == 0, "\(made.errors)")
    expect(
      try tickets(["prune", scratch.path("run"), "--quiet"]), 64,
      "--union-density: a union of 1 weights leaves the ticket of task 1 empty; allow more")
  }

  @Test func tasksThatNeedEachOther() throws {
    for (out, options) in [
      ("agree", "--combine agree"), ("exclude", "--combine exclude --select last"),
    ] {
      let made = try tickets(command("warmup", out, options) + ["--quiet"])
      try #require(made.code == 0, "\(made.errors)")
    }
    expect(
      try tickets(["prune", scratch.path("agree"), "--task", "ner", "--quiet"]), 64,
      "--task ner: tasks that decide together are pruned together; use all")
    expect(
      try tickets(["prune", scratch.path("exclude"), "--task", "ner", "--quiet"]), 66,
      "task ner prunes what those before it leave, and pos has no ticket yet; prune it first")
    for task in Sample.tasks {
      let pruned = try tickets(["prune", scratch.path("exclude"), "--task", task, "--quiet"])
      #expect(pruned.code == 0, "\(pruned.errors)")
    }
    #expect(try masks("exclude")[1].intersection(masks("exclude")[0]).aliveCount == 0)
  }

  /// Word vectors that dropout scales to infinity, and a rate with which nothing is learned.
  @Test(arguments: ["magnitude", "movement", "change", "scores"]) func divergedGradients(
    criterion: String
  ) throws {
    let words = Set(
      try Files.read("\(sample.folder)/train.conll").split(separator: UInt8(ascii: "\n"))
        .compactMap { $0.split(separator: UInt8(ascii: "\t")).first }
        .map { String(decoding: $0, as: UTF8.self) }.filter { !$0.contains(" ") })
    let vector = Array(repeating: " 3e38", count: 8).joined()
    let vectors = try scratch.file("huge.txt", words.sorted().map { $0 + vector + "\n" }.joined())
    let outcome = try tickets(
      command(
        "run", "run",
        "--warmup-epochs 0 --dropout 0.5 --lr 1000 --embeddings \(vectors) --quiet --criterion "
          + criterion))
    expect(outcome, 65, "a lower lr or clip helps")
    #expect(outcome.output == "")
    #expect(
      !FileManager.default.fileExists(atPath: scratch.path("run/tickets/pos/ticket.ticket")))
  }

  /// Files between two rounds that are lost or damaged: the error says what to do, and that helps.
  @Test(
    arguments: [
      ("--after lr-rewind", "pos round 1/2", "pos/round-0.weights", "remove tickets/pos to prune"),
      ("--schedule gradual", "pos round 1/2", "pos/round-0.weights", "remove tickets/pos to prune"),
      ("--combine agree", "chunk round 1/2", "pos/round-1.scores", "remove tickets to start again"),
      (
        "--union-density 0.4 --select last --after fine-tune", "chunk round 1/2",
        "chunk/round-0.weights",
        "remove tickets to start again"
      ),
    ], [true, false])
  func filesBetweenRounds(
    _ moment: (options: String, line: String, file: String, advice: String), isGone: Bool
  ) throws {
    let options = "--round-epochs 4 --select last " + moment.options
    let made = try tickets(command("warmup", "run", options) + ["--quiet"])
    try #require(made.code == 0, "\(made.errors)")
    let folder = scratch.path("run")
    let prune = ["prune", folder, "--jobs", "1"]
    let running = try Running(prune)
    // The first epoch of a round is done, the round is not.
    #expect(try running.waits(for: moment.line))
    running.send(SIGKILL)
    try #require(try running.end().isKilled)
    let file = "\(folder)/tickets/\(moment.file).safetensors"
    if isGone {
      try FileManager.default.removeItem(atPath: file)
    } else {
      let bytes = try Files.read(file)
      try Files.writeAtomically(bytes.prefix(bytes.count / 2), to: file)
    }
    let outcome = try tickets(prune + ["--quiet"])
    expect(outcome, isGone ? 66 : 65, "\(file): ")
    #expect(outcome.errors.contains(moment.advice), "\(outcome.errors)")
    let remedy = moment.advice.split(separator: " ")[1]
    try FileManager.default.removeItem(atPath: "\(folder)/\(remedy)")
    #expect(try tickets(prune + ["--quiet"]).code == 0)
    try pruned("reference", options)
    #expect(try differences(folder, scratch.path("reference")) == [])
  }
}
