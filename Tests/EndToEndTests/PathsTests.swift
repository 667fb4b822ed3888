import Basics
import Foundation
import TestSupport
import Testing

/// `tickets paths` on runs of modules.
@Suite(.timeLimit(.minutes(10))) struct PathsTests {
  private let sample: Sample
  private let scratch: Scratch

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  /// The command that makes a run in `out`; modules need as many numbers as they give.
  private func command(_ out: String, _ options: String) -> [String] {
    let size = Sample.size.joined(separator: " ").replacing("--hidden 8", with: "--hidden 6")
    return ["run", "--out", scratch.path(out), "--quiet"] + Sample.words(size) + sample.data
      + Sample.words("--modules 4 --search-lr 0.05 --fine-tune-epochs 1 " + options)
  }

  @Test func ofASearchBesideTickets() throws {
    #expect(try tickets(command("run", "--sharing sparse,modules,hard")).code == 0)
    let run = scratch.path("run")
    let json = try tickets(["paths", run, "--json", "--svg", scratch.path("p.svg")]).json()
    #expect(json["network"] as? String == "modules" && json["modules"] as? Int == 4)
    let tasks = try #require(json["tasks"] as? [[String: Any]])
    #expect(tasks.map { $0["task"] as? String } == Sample.tasks)
    for task in tasks {
      let path = try #require(task["path"] as? [Int])
      let steps = try #require(task["steps"] as? [[String: Any]])
      #expect(steps.map { $0["choice"] as? Int } == Array((path + [nil]).prefix(4)))
      // The product of the choices' probabilities.
      var product = 1.0
      for step in steps {
        let modules = try #require(step["modules"] as? [Double])
        let stop = step["stop"] as? Double
        #expect(abs(modules.reduce(0, +) + (stop ?? 0) - 1) < 1e-6)
        product *= try #require((step["choice"] as? Int).map { modules[$0 - 1] } ?? stop)
      }
      #expect(abs(try #require(task["probability"] as? Double) - product) < 1e-9)
    }
    #expect(try scratch.text("p.svg").contains(">chunk<"))
    // Overlap of masks is what 'tickets overlap' says.
    let overlap = try #require(
      try tickets(["overlap", run, "--json"]).json()["overlap"] as? [String: Any])
    let masks = try #require(overlap["pairs"] as? [[String: Any]])
    let pairs = try #require(json["pairs"] as? [[String: Any]])
    #expect(
      pairs.map { $0["masks"] as? Double } == masks.map { $0["ratio"] as? Double }
        && pairs.count == 3)
    #expect((json["all"] as? [String: Any])?["masks"] as? Double == overlap["all"] as? Double)

    let hard = try tickets(["paths", run, "--sharing", "hard"])
    #expect(
      hard.code == 64
        && hard.errors.contains("--sharing hard: has no modules; of this run's, modules have"))
    try Data("x".utf8).write(
      to: URL(fileURLWithPath: "\(run)/train/modules/weights.safetensors"))
    let damaged = try tickets(["paths", run])
    #expect(damaged.code == 65 && damaged.errors.contains("weights.safetensors"))
    #expect(damaged.output.isEmpty && damaged.errors.split(separator: "\n").count == 1)
  }

  /// A warm-up alone is shown; before it there is nothing.
  @Test func ofAWarmUpAlone() throws {
    let run = scratch.path("run")
    #expect(
      try tickets(["warmup"] + command("run", "--base modules --sharing sparse").dropFirst()).code
        == 0)
    let json = try tickets(["paths", run, "--json"]).json()
    #expect(json["network"] as? String == "warm-up" && json["vectors"] is [String: Any])
    // What the search found is what tasks are pruned on.
    let kept = try JSONDecoder().decode(
      [String: [Int]].self, from: SealedJSON.read("\(run)/warmup/paths.json", limit: 1 << 20))
    for task in try #require(json["tasks"] as? [[String: Any]]) {
      #expect(try task["path"] as? [Int] == kept[#require(task["task"] as? String)])
    }
    try FileManager.default.removeItem(atPath: "\(run)/warmup")
    let none = try tickets(["paths", run])
    #expect(none.code == 66 && none.errors.contains("the warm-up is not finished"))
  }

  @Test func ofTicketsOnGivenPaths() throws {
    let options = "--base modules --sharing sparse,subnet --paths pos=2-1,chunk=2-1,ner=2-1"
    #expect(try tickets(command("run", options)).code == 0)
    let run = scratch.path("run")
    for (options, name) in [([], "sparse"), (["--sharing", "subnet"], "subnet")]
      + [(["--warm-up"], "warm-up")]
    {
      let json = try tickets(["paths", run, "--json"] + options).json()
      #expect(json["network"] as? String == name && json["vectors"] is NSNull)
      let tasks = try #require(json["tasks"] as? [[String: Any]])
      #expect(tasks.map { $0["path"] as? [Int] } == [[2, 1], [2, 1], [2, 1]])
      let pairs = try #require(json["pairs"] as? [[String: Any]])
      #expect(pairs.allSatisfy { $0["ratio"] as? Double == 1 && $0["masks"] is Double })
    }
    let text = try tickets(["paths", run])
    #expect(text.output.hasPrefix("Paths of sparse; of 4 modules 2 are used; paths are fixed\n"))
  }

  @Test func whereNothingHasModules() throws {
    let none = try tickets(["paths", sample.run])
    #expect(none.code == 64 && none.errors.contains("no trained architecture has modules; train"))
    let warm = try tickets(["paths", sample.run, "--warm-up"])
    #expect(warm.code == 64 && warm.errors.contains("--warm-up: the base hard has no modules"))
    let both = try tickets(["paths", sample.run, "--warm-up", "--sharing", "hard"])
    #expect(both.code == 64)
    let copy = try sample.copy(to: scratch)
    try FileManager.default.removeItem(atPath: copy + "/train")
    let nothing = try tickets(["paths", copy])
    #expect(nothing.code == 66 && nothing.errors.contains("nothing is trained yet"))
  }

  /// Up to four tasks an epoch's line lists all numbers, of more it has means.
  @Test func linesOfManyTasksAreShort() throws {
    func lines(_ out: String, _ tasks: String) throws -> [Substring] {
      let options = "--warmup-epochs 0 --epochs 1 --sharing modules --tasks " + tasks
      #expect(try tickets(command(out, options)).code == 0)
      return try scratch.text("\(out)/log.txt").split(separator: "\n")
    }
    let many = try lines("many", "a=1,b=2,c=3,d=1,e=2")
    let line = try #require(many.first { $0.contains("modules epoch 1/1: ") })
    #expect(line.contains(": 5 tasks, means loss ") && line.contains(" policy_entropy "))
    #expect(!line.contains("e loss") && line.count < 150)
    let metrics = try scratch.text("many/metrics/train/modules.jsonl")
    #expect(metrics.contains(#""reward.e""#) && metrics.contains(#""dev.e""#))
    let few = try lines("few", "a=1,b=2,c=3,d=1")
    #expect(few.contains { $0.contains("epoch 1/1: a loss ") && $0.contains(", d loss ") })
  }
}
