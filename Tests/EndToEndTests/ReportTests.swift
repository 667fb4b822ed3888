import Basics
import Foundation
import Masks
import Runs
import TestSupport
import Testing

/// What reporting commands print for machines.
@Suite(.timeLimit(.minutes(10))) struct ReportTests {
  private let sample: Sample
  private let scratch: Scratch

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  private func ticket(_ task: String, _ name: String = "ticket") -> String {
    "\(sample.run)/tickets/\(task)/\(name).ticket"
  }

  /// Whether a number of JSON is `expected`, up to the last digit, which JSONSerialization rounds.
  private func isNear(_ value: Any?, _ expected: Double) -> Bool {
    (value as? Double).map { abs($0 - expected) < 1e-12 } ?? false
  }

  @Test func overlapOfARun() throws {
    let json = try tickets(["overlap", sample.run, "--json"]).json()
    let masks = try Sample.tasks.map { try Ticket(contentsOf: ticket($0)).masks }
    let union = try masks[0].union(masks[1]).union(masks[2]).aliveCount
    let all = try masks[0].intersection(masks[1]).intersection(masks[2]).aliveCount
    #expect(json["tasks"] as? [String] == Sample.tasks)
    #expect(json["prunable"] as? Int == masks[0].prunableCount)
    #expect(json["union"] as? Int == union)
    let alive = try #require(json["alive"] as? [String: Int])
    let density = try #require(json["density"] as? [String: Double])
    for (task, mask) in zip(Sample.tasks, masks) {
      #expect(alive[task] == mask.aliveCount && isNear(density[task], mask.density))
    }
    let overlap = try #require(json["overlap"] as? [String: Any])
    #expect(isNear(overlap["all"], Double(all) / Double(union)))
    let pairs = try #require(overlap["pairs"] as? [[String: Any]])
    #expect(
      pairs.map { $0["tasks"] as? [String] }
        == [["pos", "chunk"], ["pos", "ner"], ["chunk", "ner"]])
    let both = try masks[0].intersection(masks[1]).aliveCount
    #expect(pairs[0]["intersection"] as? Int == both)
    #expect(pairs[0]["union"] as? Int == masks[0].aliveCount + masks[1].aliveCount - both)
    #expect(pairs.allSatisfy { $0["ratio"] is Double })
    let tensors = try #require(json["tensors"] as? [[String: Any]])
    #expect(tensors.map { $0["name"] as? String } == masks[0].entries.map(\.name))
    #expect(tensors.allSatisfy { $0["ratio"] is Double })

    let csv = try tickets(["overlap", sample.run, "--csv"]).output
    let rows = csv.split(whereSeparator: \.isNewline).map { $0.split(separator: ",") }
    #expect(rows[0].map(String.init).prefix(4) == ["group", "name", "tasks", "ratio"])
    #expect(csv.contains("all,,pos chunk ner,\(Double(all) / Double(union)),\(all),\(union),"))
    #expect(try tickets(["overlap", sample.run]).output.contains("pos, chunk"))
  }

  /// Of a run θ⁰ is known; of its ticket files --origin names it, to the same numbers.
  @Test func overlapBesideTheta0() throws {
    let files = Sample.tasks.map { ticket($0) }
    let theta0 = "\(sample.run)/theta0.safetensors"
    let run = try tickets(["overlap", sample.run, "--json"]).json()
    let named = try tickets(["overlap", "--json", "--origin", theta0] + files).json()
    let bare = try tickets(["overlap", "--json"] + files).json()
    let whole = try [run, named, bare].map { try #require($0["overlap"] as? NSDictionary) }
    #expect(whole[0] == whole[1] && whole[2]["theta0"] == nil)
    #expect(whole[0]["expected"] as? NSDictionary == whole[2]["expected"] as? NSDictionary)
    let expected =
      try [#require(whole[0]["expected"] as? [String: Double])]
      + [#require(whole[0]["theta0"] as? [String: Double])]
    // Tickets of one warm-up have more in common than chance, and θ⁰ explains a part of it.
    let ratio = try #require(whole[0]["all"] as? Double)
    #expect(ratio > expected[1]["ratio"]! && expected[1]["ratio"]! > expected[0]["ratio"]!)
    #expect(expected[0]["z"]! > expected[1]["z"]! && expected[1]["z"]! > 0)
    #expect((run["magnitude"] as? [String: Double])?.count == 3 && bare["magnitude"] == nil)
    let rows = try tickets(["overlap", sample.run, "--csv"]).output
      .split(whereSeparator: \.isNewline)
      .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    #expect(rows.allSatisfy { $0.count == rows[0].count } && rows[0].last == "magnitude")
    let other = try tickets(["overlap", sample.run, "--origin", theta0])
    #expect(other.code == 64 && other.errors.contains("--origin: is for ticket files"))
    let trained = try tickets(
      ["overlap", "--origin", "\(sample.run)/train/hard/weights.safetensors"] + files)
    #expect(trained.code == 65 && trained.errors.contains("does not belong to these weights"))
  }

  @Test func overlapAcrossWeights() throws {
    let found = try Ticket(contentsOf: ticket("pos"))
    let path = scratch.path("other.ticket")
    try Ticket(
      task: "ner", round: 1, criterion: "magnitude", scope: "global",
      origin: found.origin.map { ~$0 }, masks: found.masks
    ).write(to: path)
    let files = [ticket("pos"), path]
    let refused = try tickets(["overlap"] + files)
    #expect(refused.code == 65 && refused.errors.contains("or give --across-weights"))
    let json = try tickets(["overlap", "--across-weights", "--json"] + files).json()
    #expect((json["overlap"] as? [String: Any])?["all"] as? Double == 1)
    #expect(
      try tickets(["overlap", "--across-weights", "--origin", "x"] + files).errors
        .contains("--across-weights and --origin exclude each other"))
    #expect(try tickets(["overlap", sample.run, "--across-weights"]).code == 64)
  }

  @Test func overlapOfRoundsOfOneTask() throws {
    let files = [ticket("pos", "round-01"), ticket("pos", "round-02")]
    let json = try tickets(["overlap", "--json"] + files).json()
    let masks = try files.map { try Ticket(contentsOf: $0).masks }
    #expect(json["tasks"] as? [String] == files)
    // The later ticket is nested in the earlier.
    let overlap = try #require(json["overlap"] as? [String: Any])
    #expect(isNear(overlap["all"], Double(masks[1].aliveCount) / Double(masks[0].aliveCount)))
  }

  @Test func undefinedRatioIsNull() throws {
    let found = try Ticket(contentsOf: ticket("pos"))
    let none = found.masks.entries.map {
      MaskSet.Entry(
        name: $0.name, shape: $0.shape, mask: BitMask(repeating: false, count: $0.mask.count))
    }
    let files = try ["a", "b"].map { name in
      let path = scratch.path("\(name).ticket")
      try Ticket(
        task: name, round: 1, criterion: "magnitude", scope: "global", origin: found.origin,
        masks: MaskSet(none)
      ).write(to: path)
      return path
    }
    let outcome = try tickets(["overlap", "--json"] + files)
    let overlap = try #require(try outcome.json()["overlap"] as? [String: Any])
    #expect(overlap["all"] is NSNull && !outcome.output.lowercased().contains("nan"))
    let table = try tickets(["overlap"] + files).output
    #expect(table.contains("undefined") && !table.lowercased().contains("nan"))
  }

  @Test func inspectTicketAndWeights() throws {
    let path = ticket("ner")
    let json = try tickets(["inspect", path, "--json"]).json()
    let expected = try Ticket(contentsOf: path)
    #expect(json["task"] as? String == "ner" && json["round"] as? Int == expected.round)
    #expect(json["alive"] as? Int == expected.masks.aliveCount)
    #expect(json["prunable"] as? Int == expected.masks.prunableCount)
    #expect(isNear(json["density"], expected.masks.density))
    #expect(json["bytes"] as? Int == (try Files.read(path).count))
    #expect(json["bound_bytes"] as? Int == expected.boundBytes)
    let theta0 = try Digest.hex(Digest.sha256(file: "\(sample.run)/theta0.safetensors"))
    #expect(json["origin"] as? String == theta0)
    let tensors = try #require(json["tensors"] as? [[String: Any]])
    for (tensor, entry) in zip(tensors, expected.masks.entries) {
      #expect(tensor["name"] as? String == entry.name)
      #expect(tensor["shape"] as? [Int] == entry.shape)
      #expect(tensor["alive"] as? Int == entry.mask.aliveCount)
    }
    let weights = "\(sample.run)/train/hard/weights.safetensors"
    let file = try SafeTensors(contentsOf: weights)
    let other = try tickets(["inspect", weights, "--json"]).json()
    let names = try #require(other["tensors"] as? [[String: Any]]).map { $0["name"] as? String }
    #expect(names == file.tensors.map(\.name))
  }

  @Test func exportGivesTheBitsAsTensors() throws {
    let out = scratch.path("masks.safetensors")
    #expect(try tickets(["export", ticket("chunk"), "--out", out]).code == 0)
    let masks = try Ticket(contentsOf: ticket("chunk")).masks
    let file = try SafeTensors(contentsOf: out)
    let weights = try SafeTensors(contentsOf: "\(sample.run)/theta0.safetensors")
    #expect(file.tensors.map(\.name) == masks.entries.map(\.name))
    for entry in masks.entries {
      #expect(file.entry(entry.name)?.shape == entry.shape)
      #expect(weights.entry(entry.name)?.shape == entry.shape)
      let bytes = try file.withBytes(of: entry.name) { Array($0) }
      #expect(bytes == (0..<entry.mask.count).map { entry.mask[$0] ? 1 : 0 })
    }
  }

  @Test(arguments: ["evaluate", "report"]) func resultsForEveryArchitectureAndTask(
    command: String
  ) throws {
    let json = try tickets([command, sample.copy(to: scratch), "--json"]).json()
    let results = try #require(json["results"] as? [[String: Any]])
    let sharings = ["majority", "most-frequent-tag", "sparse", "hard", "single"]
    #expect(
      results.map { "\($0["sharing"] ?? "") \($0["task"] ?? "")" }
        == sharings.flatMap { sharing in Sample.tasks.map { "\(sharing) \($0)" } })
    let prunable = try Ticket(contentsOf: ticket("pos")).masks.prunableCount
    let union = try #require(
      try tickets(["overlap", sample.run, "--json"]).json()["union"] as? Int)
    let parameters = ["sparse": union, "hard": prunable, "single": 3 * prunable]
    for result in results {
      let value = try #require(result["value"] as? Double)
      #expect((0...1).contains(value) && result["split"] as? String == "test")
      let sharing = try #require(result["sharing"] as? String)
      #expect(result["parameters"] as? Int == parameters[sharing] ?? 0)
    }
    if command == "report" {
      let recipe = try #require(json["recipe"] as? [String: Any])
      #expect(recipe["hidden"] as? Int == 8 && recipe["lr"] as? Double == 0.05)
      #expect((json["tickets"] as? [[String: Any]])?.count == 3)
      try expectTimedRounds(json)
      #expect((json["overlap"] as? [String: Any])?["union"] as? Int == union)
    }
  }

  /// The rounds of a report have the times that the metrics add up to.
  private func expectTimedRounds(_ json: [String: Any]) throws {
    let lines = try MetricsLog.read("\(sample.run)/metrics")
    for ticket in try #require(json["tickets"] as? [[String: Any]]) {
      let rounds = try #require(ticket["rounds"] as? [[String: Any]])
      #expect(rounds.count == 3)
      for round in rounds {
        let number = try #require(round["round"] as? Int)
        let epochs = lines.filter {
          $0.stage == "prune" && $0.task == ticket["task"] as? String && $0.round == number
        }
        #expect(epochs.count == 2)
        let seconds = epochs.reduce(0) { $0 + $1.values["seconds"]! }
        let tokens = epochs.reduce(0) { $0 + $1.values["tokens"]! }
        #expect(isNear(round["seconds_per_epoch"], seconds / 2))
        #expect(abs((round["tokens_per_second"] as? Double ?? 0) * seconds / tokens - 1) < 1e-9)
        let density = try #require(round["density"] as? Double)
        #expect(number == 0 ? density == 1 : density < 1)
      }
    }
  }

  /// Times are told apart from results: without the metrics the report lacks only those.
  @Test func reportDoesWithoutMetrics() throws {
    let copy = try sample.copy(to: scratch)
    try FileManager.default.removeItem(atPath: "\(copy)/metrics")
    let json = try tickets(["report", copy, "--json"]).json()
    let rounds = try #require(
      (json["tickets"] as? [[String: Any]])?[0]["rounds"] as? [[String: Any]])
    #expect(rounds.allSatisfy { $0["seconds_per_epoch"] == nil && $0["density"] is Double })
    let text = try tickets(["report", copy]).output
    #expect(text.contains("s/epoch") && !text.lowercased().contains("nan"))
  }

  @Test func runWithoutTestFilesReportsOnDev() throws {
    var data = sample.data
    let test = try #require(data.firstIndex(of: "--test"))
    data.removeSubrange(test...test + 1)
    let out = scratch.path("run")
    let outcome = try tickets(
      ["run", "--out", out, "--quiet", "--json", "--sharing", "hard"] + Sample.size + data)
    let results = try #require(try outcome.json()["results"] as? [[String: Any]])
    #expect(results.count == 9 && results.allSatisfy { $0["split"] as? String == "dev" })
    let missing = try tickets(["evaluate", out])
    #expect(missing.code == 64 && missing.errors.hasPrefix("tickets: --test: missing; task 'pos'"))
    // An unsound test file does not bind the run; a sound one does.
    let bad = try scratch.file("bad.conll", "a\tb\tc\td\ne\tf\n")
    #expect(try tickets(["evaluate", out, "--test", bad]).code == 65)
    let good = "\(sample.folder)/test.conll"
    #expect(try tickets(["evaluate", out, "--test", good]).code == 0)
    #expect(try tickets(["evaluate", out, "--test", "\(sample.folder)/dev.conll"]).code == 64)
  }

  @Test func dataCheckListsEveryProblem() throws {
    let bad = try scratch.file("bad.conll", "a\tX\n\nb\nc\tY\td\ne\t\n")
    let good = try scratch.file("good.conll", "a\tX\nf\tZ\n")
    let arguments = ["data", "check", "--train", good, "--tasks", "pos=1", "--dev"]
    let outcome = try tickets(arguments + [bad])
    #expect(outcome.code == 65)
    #expect(outcome.errors == "tickets: the data have 3 problems, listed above\n")
    let lines = outcome.output.split(separator: "\n").filter { $0.hasPrefix(bad) }
    #expect(
      lines == [
        "\(bad):3: expected 2 columns, found 1", "\(bad):4: expected 2 columns, found 3",
        "\(bad):5: column 1 is empty",
      ])
    let json = try tickets(arguments + [good, "--json"]).json()
    let groups = try #require(json["groups"] as? [[String: Any]])
    let splits = try #require(groups[0]["splits"] as? [[String: Any]])
    #expect(splits.map { $0["tokens"] as? Int } == [2, 2])
  }
}
