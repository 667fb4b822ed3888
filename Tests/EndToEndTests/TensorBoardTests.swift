import Basics
import Foundation
import Runs
import TestSupport
import Testing

/// A run's numbers as event files, while it is made and afterwards.
@Suite(.serialized, .timeLimit(.minutes(10))) struct TensorBoardTests {
  private let sample: Sample
  private let scratch: Scratch

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  @Test func killedAndContinuedShowsEveryEpochOnce() throws {
    let (out, live) = (scratch.path("run"), scratch.path("live"))
    let command = sample.command(out: out, jobs: 2) + ["--tensorboard", live]
    try killAgainAndAgain(
      chance: RandomStream(seed: 1, "board"), within: sample.seconds * 0.15,
      again: {
        for folder in [out, live] { try FileManager.default.removeItem(atPath: folder) }
      },
      { _ in try Running(command + ["--quiet"]) })
    #expect(try tickets(command).code == 0)
    // Where events go is no part of the run.
    #expect(try differences(out, sample.run) == [])
    try expectBoard(live, shows: out)
    let later = scratch.path("later")
    #expect(try tickets(["export", out, "--tensorboard", later]).code == 0)
    try expectBoard(later, shows: out)
  }

  /// Checks that a board shows the lines of the log of `run`, each once.
  private func expectBoard(_ folder: String, shows run: String) throws {
    let lines = try MetricsLog.read("\(run)/metrics")
    let shown = try board(folder)
    #expect(
      shown.keys.sorted() == [
        "prune/chunk", "prune/ner", "prune/pos", "train/hard", "train/single/chunk",
        "train/single/ner", "train/single/pos", "train/sparse", "warmup",
      ])
    #expect(shown.values.map(\.count).reduce(0, +) == lines.count)
    for line in lines {
      let place = line.stage + (line.task.map { "/" + $0 } ?? "")
      // Rounds have two epochs each.
      let step = 2 * (line.round ?? 0) + line.epoch
      let record = try #require(shown[place]?[step], "\(place) \(step)")
      #expect(record.time == line.time)
      #expect(record.scalars.count == line.values.count + (line.round == nil ? 0 : 1))
      for (name, value) in line.values {
        #expect(record.scalars[name.replacing(".", with: "/")] == Float(value))
      }
      #expect((line.round == nil) == (line.values["density"] == nil))
    }
  }

  @Test func comparisonsHaveAFolderARun() throws {
    let (out, live) = (scratch.path("comparison"), scratch.path("live"))
    let command = try tickets(
      ["compare", "--out", out, "--sharing", "hard", "--seeds", "2", "--tensorboard", live]
        + Sample.size + sample.data)
    #expect(command.code == 0, "\(command.errors)")
    #expect(
      try board(live).keys.sorted().filter { !$0.contains("warmup") }
        == ["seed-1/train/hard", "seed-2/train/hard"])
    let later = scratch.path("later")
    #expect(try tickets(["export", out, "--tensorboard", later]).code == 0)
    #expect(try board(later) == board(live))
  }

  @Test func foldersOfOtherRunsAreRefusedBeforeTraining() throws {
    let (out, live) = (scratch.path("other"), scratch.path("live"))
    let copy = try sample.copy(to: scratch)
    #expect(try tickets(["export", copy, "--tensorboard", live]).code == 0)
    let shown = try board(live)
    let compare = ["compare", "--out", out, "--sharing", "hard"] + Sample.size + sample.data
    for command in [sample.command(out: out, jobs: 1), compare, ["export", copy]] {
      let outcome = try tickets(command + ["--tensorboard", live])
      #expect(outcome.code == 73, "\(command[0])")
      #expect(outcome.errors.hasPrefix("tickets: --tensorboard \(live): holds event files "))
      #expect(outcome.errors.split(separator: "\n").count == 1)
      #expect(!FileManager.default.fileExists(atPath: out))
    }
    #expect(try board(live) == shown)
    // The run whose events these are may go on there; a plan makes nothing.
    let again = try tickets(["train", copy, "--sharing", "hard", "--tensorboard", live])
    #expect(again.code == 0, "\(again.errors)")
    let plan = scratch.path("plan")
    #expect(try tickets(["prune", copy, "--dry-run", "--tensorboard", plan]).code == 0)
    let timetable = try tickets(
      sample.command(out: scratch.path("new"), jobs: 1) + ["--dry-run", "--tensorboard", plan])
    #expect(timetable.code == 0, "\(timetable.errors)")
    #expect(!FileManager.default.fileExists(atPath: plan))
  }

  @Test func whatCannotBeIsRefusedBeforeTraining() throws {
    let file = try scratch.file("file", "")
    let out = scratch.path("run")
    let refused = try tickets(
      sample.command(out: out, jobs: 1) + ["--tensorboard", file])
    #expect(refused.code == 73)
    #expect(refused.errors.hasPrefix("tickets: --tensorboard \(file): cannot be written to; "))
    #expect(!FileManager.default.fileExists(atPath: out))
    for (arguments, code): ([String], Int32) in [
      (["export", sample.run], 64),
      (["export", sample.run, "--out", out, "--tensorboard", out], 64),
      (["export", sample.run, "--out", out], 66),
      (["export", file, "--tensorboard", out], 66),
      (["export", scratch.path, "--tensorboard", out], 66),
      (["export", sample.run, "--tensorboard", file], 73),
    ] {
      let outcome = try tickets(arguments)
      #expect(outcome.code == code, "\(arguments): \(outcome.errors)")
      #expect(outcome.errors.split(separator: "\n").count == 1)
      #expect(!FileManager.default.fileExists(atPath: out))
    }
  }
}
