import Basics
import Foundation
import TestSupport
import Testing

/// The way of parameters through training, kept by a run and shown.
@Suite(.timeLimit(.minutes(10))) struct TrajectoryTests {
  private let sample: Sample
  private let scratch: Scratch

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  private func command(_ out: String, _ snapshots: Int) -> [String] {
    ["run", "--out", scratch.path(out)] + Sample.size + sample.data
      + Sample.words("--snapshots \(snapshots) --sharing hard,single --checkpoint-seconds 0")
  }

  @Test func keptShownAndTheSameAfterAnInterrupt() throws {
    #expect(try tickets(command("whole", 32) + ["--quiet"]).code == 0)
    let running = try Running(command("run", 32))
    #expect(try running.waits(for: "hard epoch 2/3: "))
    running.send(SIGINT)
    #expect(try running.end().code == 130)
    #expect(try tickets(command("run", 32)).code == 0)
    #expect(try differences(scratch.path("run"), scratch.path("whole")) == [])
    #expect(
      !FileManager.default.fileExists(atPath: scratch.path("run/train/single/pos/trajectory.jsonl"))
    )
    // Weights do not depend on it.
    let weights = "train/hard/weights.safetensors"
    #expect(
      try Files.read(scratch.path("run/\(weights)")) == Files.read("\(sample.run)/\(weights)"))

    let svg = scratch.path("way.svg")
    let json = try tickets(["trajectory", scratch.path("run"), "--json", "--svg", svg]).json()
    let paths = try #require(json["paths"] as? [[String: Any]])
    #expect(paths.map { $0["name"] as? String } == ["shared", "pos", "chunk", "ner"])
    #expect(paths.allSatisfy { ($0["points"] as? [[Double]])?.count == 4 })
    #expect(paths.allSatisfy { ($0["distance"] as? Double ?? 0) > 0 })
    #expect(json["sharing"] as? String == "hard" && json["numbers"] as? Int == 32)
    #expect(try scratch.text("way.svg").contains(">chunk<"))
    let csv = try tickets(["trajectory", scratch.path("run"), "--csv"])
    #expect(csv.output.split(separator: "\n").count == 1 + 4 * 4)

    let single = try tickets(["trajectory", scratch.path("run"), "--sharing", "single"])
    #expect(single.code == 64 && single.errors.contains("--sharing single: has no trajectory; "))
    let none = try tickets(["trajectory", sample.run])
    #expect(none.code == 64 && none.errors.contains("has no trajectory; train tasks together"))
    try scratch.file("run/train/hard/trajectory.jsonl", "x\n")
    let damaged = try tickets(["trajectory", scratch.path("run")])
    #expect(damaged.code == 65 && damaged.errors.contains("trajectory.jsonl:1: is no point"))
  }
}
