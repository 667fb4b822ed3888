import Basics
import Foundation
import Masks
import TestSupport
import Testing

/// `tickets stability` on a tiny comparison of three seeds.
@Suite(.serialized, .timeLimit(.minutes(10))) struct StabilityTests {
  private let scratch: Scratch

  /// The folder of the finished comparison, made once; tests change copies of it.
  private static let made = Result { try make() }

  init() throws { scratch = try Scratch() }

  private static func make() throws -> String {
    let folder = NSTemporaryDirectory() + "tickets-stability-" + UUID().uuidString
    let sample = try Sample.shared.get()
    // It lives as long as the process.
    atexit {
      if let folder = try? StabilityTests.made.get() {
        try? FileManager.default.removeItem(atPath: folder)
      }
    }
    let options = Sample.words(
      "--sharing sparse,hard --seeds 3 --vary density=0.5;0.3 --select last --quiet --jobs 2")
    let outcome = try tickets(["compare", "--out", folder] + Sample.size + options + sample.data)
    try #require(outcome.code == 0, "\(outcome.errors)")
    return folder
  }

  private func copy() throws -> String {
    let path = scratch.path("out")
    try FileManager.default.copyItem(atPath: Self.made.get(), toPath: path)
    return path
  }

  private func groups(_ folder: String) throws -> [[String: Any]] {
    let outcome = try tickets(["stability", folder, "--json"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    return try #require(try outcome.json()["groups"] as? [[String: Any]])
  }

  private func ticket(_ folder: String, _ density: Double, _ seed: Int, _ task: String) -> String {
    "\(folder)/density=\(density)/seed-\(seed)/tickets/\(task)/ticket.ticket"
  }

  private func isNear(_ value: Any?, _ expected: Double) -> Bool {
    (value as? Double).map { abs($0 - expected) < 1e-12 } ?? false
  }

  /// Means and tests are those of the tickets' masks, counted one by one.
  @Test func ratiosAreThoseOfTheTickets() throws {
    let folder = try Self.made.get()
    let groups = try groups(folder)
    #expect(groups.map { $0["sharing"] as? String } == ["sparse", "sparse"])
    #expect(groups.map { $0["origins"] as? Int } == [3, 3])
    for (group, density) in zip(groups, [0.5, 0.3]) {
      #expect((group["variation"] as? [String: Double]) == ["density": density])
      var masks: [String: [MaskSet]] = [:]
      for task in Sample.tasks {
        masks[task] = try (1...3).map {
          try Ticket(contentsOf: ticket(folder, density, $0, task)).masks
        }
      }
      func ratio(_ a: String, _ s: Int, _ b: String, _ r: Int) throws -> Double {
        let both = try masks[a]![s].intersection(masks[b]![r]).aliveCount
        return Double(both) / Double(try masks[a]![s].union(masks[b]![r]).aliveCount)
      }
      func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
      let seeds = 0..<3
      let pairs = try #require(group["pairs"] as? [[String: Any]])
      #expect(pairs.count == 6)
      for pair in pairs {
        let tasks = try #require(pair["tasks"] as? [String])
        let across = try #require(pair["across"] as? [String: Any])
        let ratios = try seeds.flatMap { s in
          try seeds.filter { $0 != s }.map { try ratio(tasks[0], s, tasks[1], $0) }
        }
        #expect(isNear(across["ratio"], mean(ratios)))
        // Seeds of different θ⁰ are close to random masks.
        let expected = try #require(across["expected"] as? Double)
        #expect(abs(expected - mean(ratios)) < 0.1 && expected > 0)
        let within = pair["within"] as? [String: Any]
        if tasks[0] == tasks[1] {
          #expect(within == nil && across["n"] as? Int == 3)
        } else {
          let ratios = try seeds.map { try ratio(tasks[0], $0, tasks[1], $0) }
          #expect(isNear(within?["ratio"], mean(ratios)) && across["n"] as? Int == 6)
          #expect(try #require(within?["std"] as? Double) > 0)
        }
      }
      let tests = try #require(group["tests"] as? [[String: Any]])
      #expect(tests.count == 6)
      for test in tests {
        let tasks = try #require(test["tasks"] as? [String])
        let differences = try seeds.map { s in
          try ratio(tasks[0], s, tasks[1], s)
            - mean(seeds.filter { $0 != s }.map { try ratio(tasks[0], s, tasks[0], $0) })
        }
        let average = mean(differences)
        let deviation = (mean(differences.map { ($0 - average) * ($0 - average) }) * 1.5)
          .squareRoot()
        let t = average / deviation * 3.0.squareRoot()
        #expect(isNear(test["difference"], average))
        #expect(abs(try #require(test["t"] as? Double) - t) < 1e-6 * abs(t))
        // Two degrees of freedom have a closed form.
        let p = 1 - abs(t) / (2 + t * t).squareRoot()
        #expect(abs(try #require(test["p"] as? Double) - p) < 1e-9)
      }
    }
  }

  /// Tickets of seeds that share θ⁰, here the very same ones: a task with itself is 1, and across
  /// seeds two tasks overlap as within one.
  @Test func sharedOriginIsTold() throws {
    let folder = try copy()
    for seed in 2...3 {
      for task in Sample.tasks {
        // With its rounds: a ticket is one of them.
        let (path, first) = (ticket(folder, 0.5, seed, task), ticket(folder, 0.5, 1, task))
        let folders = [first, path].map { ($0 as NSString).deletingLastPathComponent }
        try FileManager.default.removeItem(atPath: folders[1])
        try FileManager.default.copyItem(atPath: folders[0], toPath: folders[1])
      }
    }
    let group = try groups(folder)[0]
    #expect(group["origins"] as? Int == 1)
    for pair in try #require(group["pairs"] as? [[String: Any]]) {
      let across = try #require(pair["across"] as? [String: Any])
      let within = pair["within"] as? [String: Any]
      #expect(isNear(across["ratio"], within?["ratio"] as? Double ?? 1))
    }
    for test in try #require(group["tests"] as? [[String: Any]]) {
      #expect(try #require(test["difference"] as? Double) < 0 && test["p"] == nil)
    }
    let text = try tickets(["stability", folder]).output
    #expect(text.contains("all from one θ⁰") && text.contains("from 3 different θ⁰"))
  }

  @Test func tablesAndFigures() throws {
    let folder = try Self.made.get()
    let svg = scratch.path("stability.svg")
    let csv = try tickets(["stability", folder, "--csv", "--svg", svg])
    let rows = csv.output.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(rows[0].prefix(5) == ["density", "sharing", "domain", "origins", "kind"])
    #expect(rows.allSatisfy { $0.count == rows[0].count })
    // Six pairs across, three within and six tests of either density.
    #expect(rows.count == 1 + 2 * (6 + 3 + 6))
    #expect(try scratch.text("stability.svg").contains("Overlap of tickets of the same seed"))
    let cells = try scratch.text("stability.svg").components(separatedBy: "class=\"cell\"").count
    #expect(cells == 1 + 4 * 9)
  }

  @Test func unfinishedRunsAreLeftOut() throws {
    let folder = try copy()
    let manager = FileManager.default
    try manager.removeItem(atPath: ticket(folder, 0.5, 2, "ner"))
    try manager.removeItem(atPath: "\(folder)/density=0.3/seed-1")
    let json = try tickets(["stability", folder, "--json"]).json()
    #expect(json["left_out"] as? [String] == ["density=0.5 seed 2", "density=0.3 seed 1"])
    let groups = try groups(folder)
    #expect(groups.map { $0["seeds"] as? [Int] } == [[1, 3], [2, 3]])
    #expect(try tickets(["stability", folder]).output.contains("Left out, as tickets are missing"))
    // One density has a single seed left, then nothing is.
    try manager.removeItem(atPath: ticket(folder, 0.5, 3, "pos"))
    let half = try tickets(["stability", folder, "--json"]).json()
    #expect((half["groups"] as? [Any])?.count == 1)
    #expect((half["left_out"] as? [String])?.last == "density=0.5 seed 1 (alone)")
    try manager.removeItem(atPath: ticket(folder, 0.3, 3, "pos"))
    let none = try tickets(["stability", folder])
    #expect(none.code == 66 && none.errors.contains("no two seeds have all their tickets yet"))
    // Damage is an error, not something missing.
    try Files.writeAtomically(Data("x".utf8), to: ticket(folder, 0.5, 1, "pos"))
    #expect(try tickets(["stability", folder]).code == 65)
  }

  @Test func whatCannotBeComparedIsRefused() throws {
    let sample = try Sample.shared.get()
    let run = try tickets(["stability", sample.run])
    #expect(run.code == 66 && run.errors.contains("is no comparison"))
    func refused(_ name: String, _ more: String) throws -> Outcome {
      let made = try tickets(
        ["compare", "--out", scratch.path(name), "--quiet"] + Sample.size + Sample.words(more)
          + sample.data)
      #expect(made.code == 0, "\(made.errors)")
      return try tickets(["stability", scratch.path(name)])
    }
    let one = try refused("one", "--sharing sparse --seeds 1 --rounds 1 --epochs 1")
    #expect(one.code == 64 && one.errors.contains("has one seed, stability needs two or more"))
    let hard = try refused("hard", "--sharing hard --seeds 2 --epochs 1")
    #expect(hard.code == 64 && hard.errors.contains("compares nothing that has tickets"))
  }
}
