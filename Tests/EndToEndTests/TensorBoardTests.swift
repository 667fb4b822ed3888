import Basics
import Foundation
import Runs
import TestSupport
import Testing

/// A run's numbers as event files, while it is made and afterwards.
@Suite(.serialized, .timeLimit(.minutes(3))) struct TensorBoardTests {
  private let sample: Sample
  private let scratch: Scratch

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  @Test func killedAndContinuedShowsEveryEpochOnce() throws {
    let (out, live) = (scratch.path("run"), scratch.path("live"))
    let command = sample.command(out: out, jobs: 2) + ["--tensorboard", live]
    var chance = RandomStream(seed: 1, "board")
    var kills = 0
    while kills < 40 {
      let running = try Running(command + ["--quiet"])
      usleep(UInt32(1e6 * sample.seconds * 0.15 * Double(chance.uniform())))
      running.send(SIGKILL)
      guard try running.end().isKilled else { break }
      kills += 1
    }
    #expect(kills >= 4)
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
    let lines = try MetricsLog.read("\(run)/metrics.jsonl")
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
