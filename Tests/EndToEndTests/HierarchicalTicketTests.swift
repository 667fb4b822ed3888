import Foundation
import Masks
import TestSupport
import Testing

/// Tickets of a network whose tasks are predicted from different layers, as a user meets them.
@Suite(.timeLimit(.minutes(10))) struct HierarchicalTicketTests {
  private let sample: Sample
  private let scratch: Scratch
  /// Weights of the character CNN and both directions of a layer: 8 units over 12 inputs or 16.
  private let filters = 4 * 3 * 4
  private let layers = [2 * 4 * 8 * (12 + 8), 2 * 4 * 8 * (16 + 8)]

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  private func command(_ out: String, _ options: String = "", jobs: Int = 1) -> [String] {
    ["run", "--out", scratch.path(out), "--checkpoint-seconds", "0", "--jobs", "\(jobs)"]
      + Sample.size + sample.data
      + Sample.words(
        "--layers 2 --base hierarchical --task-layers pos=1,chunk=2,ner=2 " + options)
  }

  /// From warm-up to report: every ticket covers what its task reads.
  @Test func fromWarmupToReport() throws {
    let made = try tickets(command("run", "--sharing sparse,subnet,hierarchical"))
    try #require(made.code == 0, "\(made.errors)")
    // Tasks of one depth share a plan.
    #expect(made.errors.contains("pos:\ntensor") && made.errors.contains("chunk, ner:\ntensor"))
    let run = scratch.path("run")
    let masks = try Sample.tasks.map {
      try Ticket(contentsOf: "\(run)/tickets/\($0)/ticket.ticket").masks
    }
    let read = [filters + layers[0]] + Array(repeating: filters + layers[0] + layers[1], count: 2)
    #expect(masks.map(\.prunableCount) == read)
    let alive = masks.map(\.aliveCount)
    let union = Set(
      masks.flatMap { set in
        set.entries.flatMap { entry in entry.mask.aliveIndices.map { "\(entry.name) \($0)" } }
      }
    ).count

    let overlap = try tickets(["overlap", run, "--json"]).json()
    #expect(overlap["prunable"] as? Int == read[1] && overlap["union"] as? Int == union)
    let densities = try #require(overlap["density"] as? [String: Double])
    for (index, task) in Sample.tasks.enumerated() {
      let density = Double(alive[index]) / Double(read[index])
      #expect(abs(try #require(densities[task]) - density) < 1e-12)
    }
    let files = Sample.tasks.map { "\(run)/tickets/\($0)/ticket.ticket" }
    #expect(try tickets(["overlap"] + files + ["--json"]).json()["union"] as? Int == union)

    let evaluated = try tickets(["evaluate", run, "--json"])
    let results = try #require(try evaluated.json()["results"] as? [[String: Any]])
    func parameters(_ sharing: String, _ key: String) -> [Int?] {
      Sample.tasks.map { task in
        results.first { $0["sharing"] as? String == sharing && $0["task"] as? String == task }?[
          key] as? Int
      }
    }
    #expect(parameters("sparse", "parameters") == [union, union, union])
    #expect(parameters("subnet", "parameters") == Array(repeating: alive.reduce(0, +), count: 3))
    #expect(parameters("hierarchical", "parameters") == [read[1], read[1], read[1]])
    for sharing in ["sparse", "subnet"] { #expect(parameters(sharing, "task_parameters") == alive) }
    #expect(parameters("hierarchical", "task_parameters") == read)

    for arguments in [
      ["report", run], ["conflicts", run, "--batches", "2"],
      ["predict", run, "\(sample.folder)/test.conll", "--task", "pos"],
      ["export", files[0], "--out", scratch.path("pos.safetensors")],
      ["bench", "--run", run, "--seconds", "0.01", "--repeats", "1"],
    ] {
      let outcome = try tickets(arguments)
      #expect(outcome.code == 0, "\(arguments[0]): \(outcome.errors)")
    }
    try checkAdaptation(run)
  }

  /// A new task reads all layers: a ticket of less is refused before anything is written.
  private func checkAdaptation(_ run: String) throws {
    func adapt(_ ticket: String) throws -> Outcome {
      try tickets(
        Sample.words(
          "adapt \(run) --task form=comment:form --out \(scratch.path("new")) --examples 10"
            + " --draws 1 --epochs 1 --quiet --ticket \(ticket)"))
    }
    let refused = try adapt("pos")
    #expect(refused.code == 64)
    #expect(
      refused.errors == "tickets: --ticket pos: has no mask for lstm.weight_ih_l1 of the encoder, "
        + "which the new task reads and 'pos' does not; name another ticket\n")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("new")))
    let taken = try adapt("ner")
    #expect(taken.code == 0, "\(taken.errors)")
  }

  /// Whatever is done side by side, and however often it is killed, the bytes are the same.
  @Test(arguments: ["", " --balance sum"]) func jobsAndKillsChangeNothing(options: String) throws {
    let options = "--quiet --sharing sparse,subnet" + options
    try expectKillsChangeNothing(in: scratch, chance: "kill hierarchical") {
      command($0, options, jobs: $1)
    }
  }
}
