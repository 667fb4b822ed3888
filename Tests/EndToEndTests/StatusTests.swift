import Basics
import Foundation
import TestSupport
import Testing

/// Looking at runs and comparisons that another process works on, and at what they will take.
@Suite(.timeLimit(.minutes(10))) struct StatusTests {
  private let sample: Sample, scratch: Scratch, out: String

  init() throws { (sample, scratch, out) = try Sample.beside() }

  private func json(_ arguments: [String]) throws -> [String: Any] {
    let outcome = try tickets(arguments + ["--json"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    return try #require(object as? [String: Any])
  }

  @Test func runningRunShowsAllThatIsFinished() throws {
    // Long enough to be looked at: it is stopped at the end.
    let running = try Running(
      ["run", "--out", out, "--jobs", "1", "--checkpoint-seconds", "0"] + sample.data + [
        "--layers", "1", "--hidden", "8", "--warmup-epochs", "1", "--rounds", "2",
        "--round-epochs", "1", "--epochs", "2000", "--patience", "0", "--sharing",
        "single,sparse", "--train-sentences", "40",
      ])
    defer { running.send(SIGKILL) }
    #expect(try running.waits(for: "time: "))
    #expect(try running.waits(for: "single pos epoch 2/"))
    let status = try json(["status", out])
    #expect(status["process"] as? Int == Int(running.identifier))
    #expect(status["state"] as? String == "working")
    let stages = try #require(status["stages"] as? [[String: Any]])
    #expect(
      stages.map { $0["stage"] as? String } == ["warmup", "prune", "train/single", "train/sparse"])
    #expect(
      stages.map { $0["state"] as? String } == ["done", "done", "working", "waiting"])
    #expect(stages[1]["done"] as? Int == 9)
    let work = try #require((stages[2]["work"] as? [[String: Any]])?.first)
    #expect(work["task"] as? String == "pos" && work["epochs"] as? Int == 2001)
    #expect(try #require(work["epoch"] as? Int) >= 2)
    let left = try #require(status["seconds"] as? [String: Double])
    #expect(left["most"]! > 1 && left["least"]! <= left["probable"]!)
    #expect(status["end"] is [String: Any])
    let text = try tickets(["status", out])
    #expect(text.output.contains("process \(running.identifier) is at work"))
    #expect(text.output.contains("  pos: epoch "))

    let overlap = try tickets(["overlap", out])
    #expect(overlap.code == 0 && overlap.errors == "", "\(overlap.errors)")
    let report = try tickets(["report", out])
    #expect(report.code == 0, "\(report.errors)")
    // Its test files are bound by whoever opens them first.
    let evaluation = try tickets(["evaluate", out])
    #expect(evaluation.code == 0, "\(evaluation.errors)")
    #expect(FileManager.default.fileExists(atPath: out + "/test-data.json"))
    running.send(SIGINT)
    #expect(try running.end().code == 130)
    let stopped = try tickets(["status", out, "--watch"])
    #expect(stopped.code == 0 && stopped.output.contains("nobody is at work on it"))
    #expect(stopped.output.contains("train/single  stopped"))
    #expect(try json(["status", out])["state"] as? String == "stopped")
    let other = try tickets(["evaluate", out, "--test", sample.data[1]])
    #expect(other.code == 64 && other.errors.contains("--test"), "\(other.errors)")
  }

  @Test func ticketsOfUnfinishedPruningAreCompared() throws {
    let copy = try sample.copy(to: scratch)
    for task in ["pos", "ner"] { unlink("\(copy)/tickets/\(task)/ticket.ticket") }
    unlink("\(copy)/tickets/ner/rounds.json")
    let outcome = try tickets(["overlap", copy])
    #expect(outcome.code == 0 && outcome.output.contains("pos (round 2)"), "\(outcome.output)")
    #expect(
      outcome.errors == """
        tickets: note: task pos is not pruned to the end; its round 2 of 2 is shown
        tickets: note: task ner has no ticket yet

        """)
    let told = try json(["overlap", copy])
    #expect(told["rounds"] as? [String: Int] == ["pos": 2])
    #expect((told["tasks"] as? [String])?.contains("pos") == true)
  }

  @Test func dryRunTellsTheTimeAndLeavesNothing() throws {
    let arguments =
      ["run", "--out", out, "--dry-run", "--jobs", "1", "--quiet"] + Sample.size + sample.data
    let table = try tickets(arguments)
    #expect(table.code == 0 && table.errors == "", "\(table.errors)")
    #expect(table.output.hasPrefix("stage "))
    #expect(table.output.contains("\nprune ") && table.output.contains("\nall "))
    #expect(!FileManager.default.fileExists(atPath: out))
    let times = try json(arguments)
    let stages = try #require(times["stages"] as? [[String: Any]])
    #expect(stages.allSatisfy { ($0["seconds"] as? [String: Double])?["most"] ?? 0 > 0 })
    #expect(stages.allSatisfy { $0["done"] as? Int == 0 })

    let done = try json(["run", "--out", sample.run, "--dry-run", "--quiet"])
    #expect((done["seconds"] as? [String: Double])?["most"] == 0)
    #expect((done["stages"] as? [[String: Any]])?.first?["done"] as? Int == 1)
    let wrong = try tickets(arguments + ["--density", "7"])
    #expect(wrong.code == 64 && wrong.errors.contains("--density 7"))
  }

  @Test func finishedAndForeignFolders() throws {
    let done = try tickets(["status", sample.run, "--watch", "--interval", "0.1"])
    #expect(done.code == 0 && done.output.hasPrefix("\(sample.run): done\n"))
    for (folder, code) in [(scratch.path, Int32(66)), (out, 66), (sample.data[1], 66)] {
      let outcome = try tickets(["status", folder])
      #expect(outcome.code == code && outcome.errors.hasPrefix("tickets: \(folder): is no run"))
    }
    let copy = try sample.copy(to: scratch)
    var record = try scratch.unsealed("run/run.json")
    record = record.replacingOccurrences(of: "\"format\" : 1", with: "\"format\" : 99")
    try record.write(toFile: copy + "/run.json", atomically: true, encoding: .utf8)
    let newer = try tickets(["status", copy])
    #expect(newer.code == 65 && newer.errors.contains("made by a newer program"))
    try record.replacingOccurrences(of: "99", with: "1").write(
      toFile: copy + "/run.json", atomically: true, encoding: .utf8)
    try "{}".write(toFile: copy + "/test-data.json", atomically: true, encoding: .utf8)
    let damaged = try tickets(["evaluate", copy])
    #expect(damaged.code == 65 && damaged.errors.contains("test-data.json: is damaged"))
  }

  @Test func comparisonsShowTheirRuns() throws {
    let compare =
      ["compare", "--out", out, "--quiet", "--jobs", "1", "--seeds", "2", "--sharing", "hard"]
      + ["--layers", "1", "--hidden", "8", "--warmup-epochs", "1", "--epochs", "1"]
      + ["--train-sentences", "40"]
    #expect(try tickets(compare).code == 0)
    let status = try json(["status", out])
    let cells = try #require(status["cells"] as? [[String: Any]])
    #expect(cells.map { $0["state"] as? String } == ["done", "done"])
    #expect(status["state"] as? String == "done" && status["seconds_since_epoch"] is NSNull)
    #expect(try tickets(["status", out]).output == "\(out): done\n2 of 2 runs done\n")
    // Nothing is to be forecast, so no epochs are looked at.
    let metrics = "\(out)/seed-1/metrics/train/hard.jsonl"
    let lines = try Files.read(metrics)
    try Files.writeAtomically(lines + Data("{}\n".utf8), to: metrics)
    #expect(try tickets(["status", out]).code == 0)
    let damaged = try tickets(["status", "\(out)/seed-1"])
    #expect(damaged.code == 65 && damaged.errors.contains(/hard.jsonl:[0-9]+: is no line of a/))
    try Files.writeAtomically(lines, to: metrics)
    // Another seed is to be done now; what it takes is known from the others.
    try FileManager.default.removeItem(atPath: out + "/seed-2")
    let left = try json(["status", out])
    #expect((left["seconds"] as? [String: Double])?["most"] ?? 0 > 0)
    #expect(try tickets(["status", out]).output.contains("1 of 2 runs done"))
  }
}
