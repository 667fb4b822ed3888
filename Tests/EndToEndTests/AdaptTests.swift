import Basics
import Foundation
import Masks
import Runs
import TestSupport
import Testing

/// A finished run's encoder on a task that it has never seen.
@Suite(.serialized, .timeLimit(.minutes(10))) struct AdaptTests {
  private let sample: Sample
  private let scratch: Scratch

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  /// The command for a task in the run's own files, in the folder `out` of the test's.
  private func command(_ out: String, _ options: String = "", jobs: Int = 1) -> [String] {
    Sample.words(
      "adapt \(sample.run) --task form=comment:form --out \(scratch.path(out)) --examples 10,20"
        + " --draws 2 --epochs 3 --checkpoint-seconds 0 --jobs \(jobs) " + options)
  }

  private func weights(_ folder: String) throws -> [String: [Float]] {
    let file = try SafeTensors(contentsOf: "\(folder)/train/hard/weights.safetensors")
    return try Dictionary(
      uniqueKeysWithValues: file.tensors.map { ($0.name, try file.floats($0.name)) })
  }

  @Test func fewExamplesBesideScratch() throws {
    let svg = scratch.path("form.svg")
    let outcome = try tickets(command("a", "--json --svg \(svg)"))
    try #require(outcome.code == 0, "\(outcome.errors)")
    let results = try #require(try outcome.json()["results"] as? [[String: Any]])
    #expect(
      results.map { $0["kind"] as? String }
        == Array(
          ["adapted", "scratch", "adapted", "scratch", "scratch"]))
    #expect(results.map { $0["examples"] as? Int } == [10, 10, 20, 20, nil])
    #expect(results.allSatisfy { ($0["values"] as? [Double])?.count == 2 })
    #expect(try scratch.text("form.svg").contains(">scratch on all<"))
    // Its networks are those of ordinary runs.
    let folder = scratch.path("a/10/seed-2/adapted")
    let predicted = try tickets(["predict", folder, "-"], input: "The\nend\n")
    #expect(predicted.code == 0 && predicted.output.split(separator: "\n").count == 2)
    let evaluated = try tickets(["evaluate", folder, "--json"]).json()
    let scores = try #require(evaluated["results"] as? [[String: Any]])
    let own = try #require(scores.first { $0["sharing"] as? String == "hard" })
    #expect(own["value"] as? Double == (results[0]["values"] as? [Double])?[1])
    // What is done is not done again, and further draws and examples come to it.
    let before = try products(of: scratch.path("a"))
    let again = try tickets(command("a", "--json"))
    #expect(again.output == outcome.output && again.errors == "")
    #expect(try products(of: scratch.path("a")) == before)
    let more = try tickets(command("a", "--examples 5,10 --draws 3 --csv"))
    #expect(more.code == 0 && more.errors.contains("9 of 15 trainings to be done"))
    #expect(more.output.split(separator: "\n").count == 1 + 3 * 5)
    let after = try products(of: scratch.path("a"))
    #expect(before.allSatisfy { after[$0.key] == $0.value } && after.count > before.count)
  }

  /// Characters that the run has never seen get rows of their own, and a ticket asked for later is
  /// one of the architecture that the folder has.
  @Test func newCharactersAndALaterTicket() throws {
    let text = try String(contentsOfFile: "\(sample.folder)/train.conll", encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty || $0.hasPrefix("#") ? String($0) : "☃\($0)" }
    let train = try scratch.file("new.conll", lines.joined(separator: "\n"))
    let files =
      " --train \(train) --dev \(sample.folder)/dev.conll"
      + " --test \(sample.folder)/test.conll --quiet"
    let outcome = try tickets(command("a", files))
    try #require(outcome.code == 0, "\(outcome.errors)")
    let known = try weights(sample.run)["characters.weight"]!.count
    #expect(try weights(scratch.path("a/10/seed-1/adapted"))["characters.weight"]!.count > known)
    let ticket = try tickets(command("a", files + " --ticket pos"))
    #expect(ticket.code == 0, "\(ticket.errors)")
  }

  /// A network from scratch is the ordinary one of that many training sentences.
  @Test func scratchIsAnOrdinaryRun() throws {
    #expect(try tickets(command("a", "--quiet")).code == 0)
    let ordinary = try tickets(
      ["run", "--out", scratch.path("run"), "--quiet"] + Sample.size + sample.data
        + Sample.words(
          "--tasks form=comment:form --sharing single --train-sentences 20 --seed 2"
            + " --warmup-epochs 0 --epochs 3"))
    try #require(ordinary.code == 0, "\(ordinary.errors)")
    let file = try SafeTensors(
      contentsOf: scratch.path("run/train/single/form/weights.safetensors"))
    let found = try weights(scratch.path("a/20/seed-2/scratch"))
    #expect(Set(found.keys) == Set(file.tensors.map(\.name)))
    for (name, values) in found { #expect(try file.floats(name) == values, "\(name)") }
  }

  @Test func killedAgainAndAgainEndsTheSame() throws {
    let start = ContinuousClock.now
    #expect(try tickets(command("reference")).code == 0)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try killAgainAndAgain(
      chance: RandomStream(seed: 1, "kill adapt"), within: seconds * 0.25,
      again: { try FileManager.default.removeItem(atPath: scratch.path("a")) },
      { kills in try Running(command("a", "--quiet", jobs: 1 + kills % 2)) })
    let last = try tickets(command("a", jobs: 2))
    #expect(last.code == 0, "\(last.errors)")
    #expect(try differences(scratch.path("a"), scratch.path("reference")) == [])
    #expect(last.output == (try tickets(command("reference")).output))
  }

  @Test func interruptStopsResumably() throws {
    let running = try Running(command("a"))
    #expect(try running.waits(for: "10 examples seed 1 adapted: hard epoch 1/3"))
    running.send(SIGINT)
    let stopped = try running.end()
    #expect(stopped.code == 130 && stopped.output == "")
    #expect(stopped.errors.hasSuffix("stopped; run the same command again to continue\n"))
    #expect(!FileManager.default.fileExists(atPath: scratch.path("a/all")))
    #expect(try tickets(command("a", "--quiet")).code == 0)
  }

  @Test func frozenEncodersStayTheRuns() throws {
    #expect(try tickets(command("a", "--freeze-shared --quiet")).code == 0)
    let run = try weights(sample.run)
    let frozen = try weights(scratch.path("a/20/seed-1/frozen"))
    for (name, values) in frozen {
      guard let shared = run[name] else { continue }
      #expect(Array(values.prefix(shared.count)) == shared, "\(name)")
    }
    #expect(frozen.keys.contains("lstm.weight_hh_l0") && run.keys.contains("lstm.weight_hh_l0"))
    // Networks from scratch are trained once for all kinds; the adapted one moves.
    let more = try tickets(command("a"))
    #expect(more.errors.contains("4 of 10 trainings to be done"), "\(more.errors)")
    let adapted = try weights(scratch.path("a/20/seed-1/adapted"))
    #expect(adapted["lstm.weight_hh_l0"] != run["lstm.weight_hh_l0"])
    #expect(adapted["heads.form.weight"] != frozen["heads.form.weight"])
  }

  @Test func underATicketItsWeightsAloneAreAlive() throws {
    let outcome = try tickets(command("a", "--ticket ner --json --quiet"))
    #expect(try outcome.json()["sharing"] as? String == "sparse")
    let found = try weights(scratch.path("a/20/seed-1/ticket-ner"))
    let start = try SafeTensors(contentsOf: "\(sample.run)/train/sparse/weights.safetensors")
    var moved = 0
    for entry in try Ticket(contentsOf: "\(sample.run)/tickets/ner/ticket.ticket").masks.entries {
      let (values, old) = (try #require(found[entry.name]), try start.floats(entry.name))
      for i in 0..<entry.mask.count {
        if !entry.mask[i] { #expect(values[i] == 0) } else if values[i] != old[i] { moved += 1 }
      }
    }
    #expect(moved > 0)
  }

  @Test func theTicketOfAllWeightsChangesNothing() throws {
    let copy = try sample.copy(to: scratch)
    let path = "\(copy)/tickets/pos/ticket.ticket"
    let ticket = try Ticket(contentsOf: path)
    // Tickets of rounds that are there would not be this one.
    try FileManager.default.removeItem(atPath: "\(copy)/tickets/pos")
    try Files.makeFolder("\(copy)/tickets/pos")
    let all = MaskSet(
      ticket.masks.entries.map {
        .init(
          name: $0.name, shape: $0.shape, mask: BitMask(repeating: true, count: $0.mask.count))
      })
    try Ticket(
      task: "pos", round: 1, criterion: "magnitude", scope: "global", origin: ticket.origin,
      masks: all
    ).write(to: path)
    // In the run's own folder.
    let options = Sample.words(
      "--task form=comment:form --examples 20 --draws 1 --epochs 3 --sharing hard --quiet")
    let outcomes = try [[], ["--ticket", "pos"]].map {
      try tickets(["adapt", copy] + options + $0 + ["--json"])
    }
    #expect(outcomes.allSatisfy { $0.code == 0 }, "\(outcomes.map(\.errors))")
    let folder = "\(copy)/adapt/form/20/seed-1"
    #expect(try weights("\(folder)/adapted") == weights("\(folder)/ticket-pos"))
  }

  struct Bad: CustomTestStringConvertible {
    let options: String, code: Int32, message: String
    init(_ options: String, _ code: Int32, _ message: String) {
      (self.options, self.code, self.message) = (options, code, message)
    }
    var testDescription: String { message }
  }

  static let bad = [
    Bad("--task ner=3", 64, "--task ner: is a task of the run"),
    Bad("--task a=1,b=2", 64, "--task a=1,b=2: must be one task"),
    Bad("--task a=99", 64, "train.conll has 4 columns"),
    Bad("--examples 10,61", 64, "--examples 61: the training data have no more than 60 examples"),
    Bad("--examples 10,x", 64, "--examples 10,x: must be whole numbers from 1"),
    Bad("--examples 10,10", 64, "--examples 10,10: must be whole numbers from 1"),
    Bad("--draws 0", 64, "--draws 0: must be a whole number from 1"),
    Bad("--sharing single", 64, "--sharing single: has no encoder that its tasks share"),
    Bad("--sharing soft", 64, "--sharing soft: must be one of sparse"),
    Bad("--sharing sluice", 66, "sluice is not trained"),
    Bad("--ticket nope", 64, "--ticket nope: the run has the tasks pos, chunk, ner"),
    Bad("--train TRAIN --dev DEV", 64, "--test: missing; task 'form' has no test files"),
    Bad("--test TEST", 64, "--train: missing; task 'form' has no training files"),
    Bad("--train TRAIN --dev DEV --test no.conll", 66, "no.conll: cannot be read"),
    Bad("--train no.conll --dev DEV --test TEST", 66, "no.conll: cannot be read"),
    Bad("--hidden 3", 64, "Unknown option '--hidden'"),
  ]

  @Test(arguments: bad) func mistakesAreNamedAndLeaveNothing(bad: Bad) throws {
    let options = Sample.words(bad.options).map { word in
      ["train", "dev", "test"].first { $0.uppercased() == word }
        .map { "\(sample.folder)/\($0).conll" } ?? word
    }
    let outcome = try tickets(command("a") + options, in: scratch.path)
    #expect(outcome.code == bad.code && outcome.output == "")
    #expect(outcome.errors.contains(bad.message), "\(outcome.errors)")
    #expect(outcome.errors.filter(\.isNewline).count == 1, "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("a")))
  }

  @Test func foldersOfOthersAreLeftAlone() throws {
    func expect(_ outcome: Outcome, _ code: Int32, _ message: String) {
      #expect(outcome.code == code && outcome.errors.contains(message), "\(outcome.errors)")
      #expect(outcome.errors.filter(\.isNewline).count == 1, "\(outcome.errors)")
    }
    try Files.makeFolder(scratch.path("b"))
    try scratch.file("b/notes", "x")
    expect(try tickets(command("b")), 73, "holds other files ('notes') and is no adaptation")
    expect(try tickets(["adapt", scratch.path("b"), "--task", "x"]), 66, "is no run")

    try #require(try tickets(command("a", "--quiet")).code == 0)
    let before = try products(of: scratch.path("a"))
    expect(
      try tickets(command("a", "--lr 0.5")), 64,
      "--lr 0.5: the adaptation in \(scratch.path("a")) was started with 0.05")
    expect(try tickets(command("a", "--task form=1")), 64, "--task form=1: the adaptation in")
    expect(try tickets(command("a", "--sharing sparse")), 64, "--sharing sparse: the adaptation in")
    #expect(try products(of: scratch.path("a")) == before)
    let lock = try RunLock.take(run: scratch.path("a"))
    expect(try tickets(command("a", "--draws 3")), 75, "is in use by process")
    withExtendedLifetime(lock) {}
    try scratch.file("a/10/seed-1/scratch/result.json", "{")
    expect(try tickets(command("a")), 65, "result.json: is damaged; remove it")
    try scratch.file("a/adaptation.json", "{")
    expect(try tickets(command("a")), 65, "adaptation.json: is damaged")
    try scratch.file("a/adaptation.json", #"{"format": 2}"#)
    expect(try tickets(command("a")), 65, "made by a newer program")
  }
}
