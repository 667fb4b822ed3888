import Basics
import Foundation
import Runs
import TestSupport
import Testing

/// A run stopped at any moment ends with the bytes of one that never stopped.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ResumeTests {
  private let sample: Sample, scratch: Scratch, out: String

  init() throws { (sample, scratch, out) = try Sample.beside() }

  @Test(arguments: 1...3) func killedAgainAndAgainEndsTheSame(seed: UInt64) throws {
    // Results may not depend on the jobs either.
    try killAgainAndAgain(
      chance: RandomStream(seed: seed, "kill"), within: sample.seconds * 0.15,
      again: { try FileManager.default.removeItem(atPath: out) },
      { try Running(sample.command(out: out, jobs: 1 + $0 % 2) + ["--quiet"]) })
    let last = try tickets(sample.command(out: out, jobs: 1))
    #expect(last.code == 0, "\(last.errors)")
    try expectSameAsUninterrupted()
  }

  @Test func unfinishedWritesAreSweptAway() throws {
    let copy = try sample.copy(to: scratch)
    let stale = [
      ".run.json.\(Host.identity).2147483001.tmp",
      "train/hard/.weights.safetensors.\(Host.identity).2147483002.tmp",
    ]
    // What another machine's process writes may be alive.
    let kept = ["train/.hidden.tmp", "train/.x.0a1b2c3d.2147483001.tmp"]
    for name in stale + kept { try scratch.file("run/\(name)", "half") }
    // Reading must not disturb a process that may be writing.
    #expect(try tickets(["overlap", copy]).code == 0)
    #expect(try differences(copy, sample.run) == (stale + kept).sorted())
    #expect(try tickets(["evaluate", copy]).code == 0)
    #expect(try differences(copy, sample.run) == (stale + kept).sorted())
    #expect(try tickets(["train", copy, "--sharing", "hard", "--quiet"]).code == 0)
    #expect(try differences(copy, sample.run) == kept)
  }

  @Test(arguments: ["evaluate", "report"]) func scoresCanBeSeenWhileAStageIsAtWork(
    command: String
  ) throws {
    let copy = try sample.copy(to: scratch)
    let lock = try RunLock.take(run: copy)
    #expect(try tickets([command, copy]).code == 0)
    withExtendedLifetime(lock) {}
  }

  @Test(arguments: [SIGINT, SIGTERM]) func interruptStopsResumably(signal: Int32) throws {
    let running = try Running(sample.command(out: out, jobs: 2))
    #expect(try running.waits(for: "warm-up epoch 1/2: "))
    running.send(signal)
    let stopped = try running.end()
    #expect(stopped.code == 130 && !stopped.isKilled && stopped.output == "")
    let lines = stopped.errors.split(separator: "\n")
    #expect(lines.last == "tickets: stopped; run the same command again to continue")
    #expect(!FileManager.default.fileExists(atPath: "\(out)/train/single/ner"))
    let resumed = try tickets(sample.command(out: out, jobs: 2))
    #expect(resumed.code == 0)
    try expectSameAsUninterrupted()
  }

  private func expectSameAsUninterrupted() throws {
    #expect(try differences(out, sample.run) == [])
    // Evaluating takes a run's lock, so the common one is copied.
    let reference = scratch.path("reference")
    try FileManager.default.copyItem(atPath: sample.run, toPath: reference)
    let scores = try [out, reference].map { try tickets(["evaluate", $0, "--json"]).output }
    #expect(scores[0] == scores[1] && scores[0].contains("\"sparse\""))
    let logs = try [out, sample.run].map { run in
      try MetricsLog.read("\(run)/metrics").map { line in
        var line = line
        for name in ["seconds", "processor_seconds", "evaluation_seconds"] {
          line.values[name] = nil
        }
        line.time = nil
        return line
      }.sorted { "\($0.json)" < "\($1.json)" }
    }
    #expect(logs[0] == logs[1])
    let epochs = logs[0].map { "\($0.stage) \($0.task ?? "") \($0.round ?? 0) \($0.epoch)" }
    // Warm-up 2, three tasks of three rounds of 2, sparse and hard 3, three single of 2 + 3.
    #expect(epochs.count == 2 + 3 * 3 * 2 + 3 + 3 + 3 * 5)
    #expect(Set(epochs).count == epochs.count)
  }
}

extension MetricsLine {
  /// Something to sort by.
  fileprivate var json: String {
    "\(stage) \(task ?? "") \(round ?? 0) \(epoch) \(values.sorted { $0.key < $1.key })"
  }
}
