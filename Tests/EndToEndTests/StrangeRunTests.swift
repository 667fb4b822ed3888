import Basics
import Foundation
import Masks
import TestSupport
import Testing

/// A run folder that someone else has sent: what is not as it was written is refused by name.
@Suite(.serialized, .timeLimit(.minutes(10))) struct StrangeRunTests {
  private let sample: Sample, scratch: Scratch, run: String

  init() throws {
    (sample, scratch, _) = try Sample.beside()
    run = try sample.copy(to: scratch)
  }

  private func expect(_ arguments: [String], _ code: Int32, _ message: String) throws {
    let outcome = try tickets(arguments)
    #expect(outcome.code == code && !outcome.isKilled, "\(arguments)")
    // Pruning shows its plan first.
    #expect(outcome.output == "" || arguments[0] == "prune")
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(outcome.errors.filter(\.isNewline).count == 1, "\(outcome.errors)")
  }

  private func flipLastByte(_ name: String, before count: Int = 1) throws {
    var bytes = try Files.read("\(run)/\(name)")
    bytes[bytes.count - count] ^= 1
    try Files.writeAtomically(bytes, to: "\(run)/\(name)")
  }

  @Test func oneBitIsSeen() throws {
    try flipLastByte("train/hard/weights.safetensors")
    try expect(
      ["evaluate", run, "--sharing", "hard"], 65, "hard/weights.safetensors: is damaged or was")
    // In JSON the digest stands at the end.
    for name in ["run.json", "vocabulary.json"] {
      let path = "\(run)/\(name)"
      let before = try Files.read(path)
      try flipLastByte(name, before: 110)
      try expect(
        ["evaluate", run, "--sharing", "single"], 65, "\(name): is damaged or was changed")
      try Files.writeAtomically(before, to: path)
    }
  }

  @Test func weightsOfSomethingElseAreRefused() throws {
    for (from, to) in [
      ("theta0", "train/sparse/weights"), ("warmup/weights", "train/hard/weights"),
      ("train/hard/weights", "train/sparse/weights"),
      ("train/single/pos/weights", "train/single/ner/weights"),
    ] {
      let place = "\(run)/\(to).safetensors"
      let own = try Files.read(place)
      try Files.writeAtomically(Files.read("\(run)/\(from).safetensors"), to: place)
      let name = String(to.split(separator: "/")[1])
      try expect(
        ["evaluate", run, "--sharing", name], 65, "\(to).safetensors: is of something else: its ")
      try Files.writeAtomically(own, to: place)
    }
    try FileManager.default.removeItem(atPath: "\(run)/train")
    try Files.writeAtomically(
      Files.read("\(run)/theta0.safetensors"), to: "\(run)/warmup/weights.safetensors")
    try expect(
      ["train", run, "--sharing", "hard", "--quiet"], 65, "weights.safetensors: is of something")
  }

  @Test func roundsMustFitTheirTickets() throws {
    let folder = "\(run)/tickets/ner"
    let rounds = try scratch.unsealed("run/tickets/ner/rounds.json")
    let score = try #require(rounds.firstMatch(of: /"score" ?: ?([0-9.e-]+)/))
    let round = try #require(rounds.firstMatch(of: /"round" ?: ?1/))
    let alive = try #require(rounds.firstMatch(of: /"alive" ?: ?([0-9]+)/))
    unlink("\(folder)/ticket.ticket")
    for (old, new) in [
      (score.output.0, "\"score\" : 1.5"), (score.output.0, "\"score\" : 0.987654321"),
      (round.output, "\"round\" : 2"), (round.output, "\"round\" : 0"),
      (round.output, "\"round\" : -9223372036854775808"), (alive.output.0, "\"alive\" : 7"),
    ] {
      try scratch.file(
        "run/tickets/ner/rounds.json", rounds.replacing(old, with: new, maxReplacements: 1))
      try expect(["prune", run, "--task", "ner", "--quiet"], 65, "tickets/ner/rounds.json: ")
      try expect(["report", run], 65, "tickets/ner/rounds.json: ")
    }
    try scratch.file("run/tickets/ner/rounds.json", rounds)
    #expect(try tickets(["prune", run, "--task", "ner", "--quiet"]).code == 0)
    // Another round's ticket may be kept, another task's or any other may not.
    let kept = "\(folder)/ticket.ticket"
    try Files.writeAtomically(Files.read("\(folder)/round-01.ticket"), to: kept)
    #expect(try tickets(["overlap", run]).code == 0)
    // But not under weights that were trained with this one.
    let chosen = try Ticket(contentsOf: "\(sample.run)/tickets/ner/ticket.ticket").round
    let other = "round-0\(chosen == 1 ? 2 : 1).ticket"
    try Files.writeAtomically(Files.read("\(folder)/\(other)"), to: kept)
    try expect(
      ["evaluate", run, "--sharing", "sparse"], 65,
      "sparse/weights.safetensors: was trained with other tickets than those in")
    try Files.writeAtomically(Files.read("\(run)/tickets/pos/ticket.ticket"), to: kept)
    try expect(["overlap", run], 65, "ner/ticket.ticket: is the ticket of round")
    let own = try Ticket(contentsOf: "\(folder)/round-01.ticket")
    try Ticket(
      task: "ner", round: 1, criterion: "magnitude", scope: "global", devScore: 0.9,
      origin: own.origin, masks: own.masks
    ).write(to: kept)
    try expect(["overlap", run], 65, "its round's ticket; copy that over it")
    unlink("\(folder)/round-01.ticket")
    try expect(["overlap", run], 65, "rounds.json: says something else of round 1")
  }

  @Test func linksAndPipesInARunAreRefused() throws {
    let outside = try scratch.file("outside", "precious\n")
    let commands = [
      ["evaluate", run], ["status", run], ["train", run, "--sharing", "hard", "--quiet"],
    ]
    for name in [
      "lock", "log.txt", "metrics", "metrics/warmup.jsonl", "vocabulary.json", "train", "own-notes",
    ] {
      let path = "\(run)/\(name)"
      let aside = scratch.path("aside")
      if FileManager.default.fileExists(atPath: path) {
        try FileManager.default.moveItem(atPath: path, toPath: aside)
      }
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: outside)
      for command in commands { try expect(command, 65, "\(path): is a symbolic link") }
      unlink(path)
      mkfifo(path, 0o644)
      for command in commands { try expect(command, 65, "\(path): is neither a file nor") }
      unlink(path)
      if FileManager.default.fileExists(atPath: aside) {
        try FileManager.default.moveItem(atPath: aside, toPath: path)
      }
    }
    #expect(try scratch.text("outside") == "precious\n")
    // The run itself may be reached through one.
    let link = scratch.path("link")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: run)
    #expect(try tickets(["evaluate", link]).code == 0)
  }

  /// Nobody may be kept from seeing a link.
  @Test func foldersThatCannotBeLookedThroughAreRefused() throws {
    let hidden = "\(run)/results"
    try? FileManager.default.createDirectory(
      atPath: hidden, withIntermediateDirectories: true)
    for mode in ["0311", "0000"] {
      // The system's administrator may look everywhere.
      let outcome = try shell(
        "chmod \(mode) '\(hidden)' && chmod a+rx '\(scratch.path)' && "
          + "$([ $(id -u) != 0 ] || echo setpriv --reuid=65534 --clear-groups) \"$0\" status '\(run)'"
      )
      #expect(outcome.code == 65, "\(outcome.errors)")
      #expect(outcome.errors.contains("results: cannot be looked through (Permission denied); get"))
    }
    chmod(hidden, 0o755)
  }

  /// A copy made with hard links is not changed.
  @Test func filesWithTwoNamesAreNotAppendedTo() throws {
    for name in ["lock", "log.txt", "metrics/train/hard.jsonl"] {
      let copy = scratch.path("copy")
      try FileManager.default.linkItem(atPath: "\(run)/\(name)", toPath: copy)
      try? FileManager.default.removeItem(atPath: "\(run)/train/hard")
      let outcome = try tickets(["train", run, "--sharing", "hard", "--quiet", "--jobs", "1"])
      #expect(outcome.code == 65 && outcome.errors.contains("\(run)/\(name): "), "\(name)")
      #expect(try Files.read(copy) == Files.read("\(run)/\(name)"))
      unlink(copy)
    }
  }

  @Test func theta0OfOthersIsNamed() throws {
    let vocabulary = "\(run)/vocabulary.json"
    try FileManager.default.moveItem(atPath: vocabulary, toPath: scratch.path("aside"))
    try expect(["report", run], 66, "vocabulary.json: is not there; ")
    try FileManager.default.moveItem(atPath: scratch.path("aside"), toPath: vocabulary)
    try flipLastByte("theta0.safetensors")
    try expect(["overlap", run], 65, "theta0.safetensors: the tickets belong to other weights; ")
    unlink("\(run)/theta0.safetensors")
    #expect(try tickets(["overlap", run]).code == 0)
  }

  @Test func resultsDoNotReplaceARunsFiles() throws {
    let ticket = "\(run)/tickets/ner/ticket.ticket"
    let before = try products(of: run)
    for line in [
      "overlap RUN --svg RUN/run.json", "report RUN --html RUN/vocabulary.json",
      "predict RUN test.conll --out RUN/train/hard/weights.safetensors",
      "export RUN/tickets/pos/ticket.ticket --out RUN/tickets/ner/ticket.ticket",
    ] {
      let words = Sample.words(line).map { $0.replacing("RUN", with: run) }
      let outcome = try tickets(words, in: sample.folder)
      #expect(outcome.code == 73 && outcome.errors.contains("is there already in "), "\(line)")
    }
    try expect(["export", ticket, "--out", ticket], 64, "is the ticket itself; name another")
    let outcome = try tickets(
      ["predict", run, "test.conll", "--out", "x", "--logits", "./x"], in: sample.folder)
    #expect(outcome.code == 64 && outcome.errors.contains("is what --out names"))
    #expect(try products(of: run) == before)
    // Pages and figures may be replaced.
    for _ in 0..<2 {
      #expect(try tickets(["overlap", run, "--svg", "\(run)/overlap.svg"]).code == 0)
    }
  }

  @Test func newRunsFollowNoLink() throws {
    let outside = try scratch.file("outside", "precious\n")
    let out = scratch.path("new")
    try Files.makeFolder(out)
    try FileManager.default.createSymbolicLink(atPath: "\(out)/lock", withDestinationPath: outside)
    try expect(sample.command(out: out, jobs: 1), 65, "\(out)/lock: is a symbolic link")
    try expect(
      ["compare", "--out", out, "--quiet"] + Sample.size + sample.data, 65,
      "\(out)/lock: is a symbolic link")
    #expect(try scratch.text("outside") == "precious\n")
  }

  @Test func whatIsGoneIsNamedWithAWayOut() throws {
    unlink("\(run)/theta0.safetensors")
    try FileManager.default.removeItem(atPath: "\(run)/train/sparse")
    try expect(
      ["train", run, "--sharing", "sparse", "--quiet"], 66,
      "theta0.safetensors: is gone, and the tickets belong to it; restore it, or remove")
    unlink("\(run)/vocabulary.json")
    try expect(
      ["evaluate", run], 66, "vocabulary.json: is not there; 'tickets train \(run)' makes")
    #expect(try tickets(["train", run, "--sharing", "hard", "--quiet"]).code == 0)
    #expect(try Files.read("\(run)/vocabulary.json") == Files.read("\(sample.run)/vocabulary.json"))
  }
}
