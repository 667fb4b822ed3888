import Basics
import Comparisons
import Figures
import Foundation
import Runs
import Scoring
import TestSupport
import Testing

/// What is measured in a run is kept, so that a comparison that grows measures only what is new.
@Suite(.serialized) struct ComparisonGrowthTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// A small comparison, of which nothing is open to be trained.
  private func trained(
    _ settings: [(String, String)] = [], seeds: String = "1", vary: [String] = [],
    domains: [String] = []
  ) throws -> Comparison {
    let small = [
      ("tasks", "pos=1,chunk=2"), ("sharing", "hard,single"), ("layers", "1"), ("hidden", "4"),
      ("word-dim", "4"), ("char-filters", "0"), ("warmup-epochs", "0"), ("epochs", "1"),
    ]
    let request = try ComparisonRequest.commandLine(
      layer(small + settings), seeds: seeds, baseline: nil, vary: vary, domains: domains)
    try Comparison.openForWork(scratch.path("out"), [request])
      .train(jobs: 1, checkpointSeconds: 10, progress: .standard(quiet: true))
    return try Comparison.open(scratch.path("out"), [])
  }

  /// A file whose sentences, and how many there are, go by `number`.
  private func file(_ name: String, _ number: Int) throws -> String {
    let sentences = (0..<4 + number).map { index in
      "the\tD\tB-NP\ncat\t\(index % (number + 1) == 0 ? "N" : "V")\tI-NP\n\n"
    }
    return try scratch.file(name, sentences.joined())
  }

  private func files() throws -> [(String, String)] {
    try [("train", 3), ("dev", 1), ("test", 2)].map { ($0.0, try file("\($0.0).conll", $0.1)) }
  }

  private func report(_ comparison: Comparison) throws -> String {
    try jsonText(ComparisonReport.measure(comparison, jobs: 1))
  }

  /// The kept scores of the run in `folder`.
  private func kept(_ folder: String) -> String { scratch.path("out/results/\(folder).json") }

  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  private func forgetOutcome() throws {
    try FileManager.default.removeItem(atPath: kept("comparison"))
  }

  /// Changes the kept scores of the run in `folder`, with a digest that fits.
  private func forge(_ folder: String, _ change: (inout [String: Any]) -> Void) throws {
    let body = try Files.read(kept(folder)).dropFirst(65)
    var record = try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
    var content = try #require(record["content"] as? [String: Any])
    change(&content)
    record["content"] = content
    let forged = try JSONSerialization.data(withJSONObject: record)
    let head = Data((Digest.hex(Digest.sha256(forged)) + "\n").utf8)
    try Files.writeAtomically(head + forged, to: kept(folder))
  }

  private func changing(_ list: String, _ key: String, _ value: Any?) -> (inout [String: Any]) ->
    Void
  {
    { content in
      var items = content[list] as! [[String: Any]]
      items[0][key] = value
      content[list] = items
    }
  }

  /// The accuracies of `hard` on task `pos` by variation.
  private func accuracies(_ report: String) throws -> [String: [Double]] {
    let json = try JSONSerialization.jsonObject(with: Data(report.utf8)) as? [String: Any]
    let rows = try #require(json?["results"] as? [[String: Any]]).filter {
      $0["sharing"] as? String == "hard" && $0["task"] as? String == "pos"
    }
    return Dictionary(
      uniqueKeysWithValues: rows.map {
        ("\(($0["variation"] as? [String: Any])?["lr"] ?? "")", $0["values"] as? [Double] ?? [])
      })
  }

  @Test func whatIsKeptIsNotMeasuredAgain() throws {
    let files = try files()
    var comparison = try trained(files, vary: ["lr=0.05"])
    let first = try report(comparison)
    let folder = "lr=0.05/seed-1"
    // What is kept is what is shown, also as another variation of a plan that has grown.
    try forge(folder, changing("scores", "value", 0.125))
    try forgetOutcome()
    #expect(try accuracies(report(comparison)) == ["0.05": [0.125]])
    comparison = try trained(files, seeds: "2", vary: ["lr=0.02;0.05"])
    let grown = try accuracies(report(comparison))
    #expect(grown["0.05"]?[0] == 0.125 && grown["0.05"]?.count == 2 && grown["0.02"]?.count == 2)
    // Measured anew it is what it was.
    unlink(kept(folder))
    try forgetOutcome()
    #expect(try accuracies(report(comparison))["0.05"]?[0] == accuracies(first)["0.05"]?[0])
  }

  @Test func keptScoresThatDoNotFitAreNone() throws {
    let comparison = try trained(files())
    let expected = try report(comparison)
    let poisons: [(inout [String: Any]) -> Void] = [
      changing("scores", "value", 1.5), changing("scores", "seed", 2),
      changing("scores", "sharing", "sparse"), changing("scores", "task", "ner"),
      changing("scores", "domain", "news"), changing("scores", "source", "news"),
      changing("scores", "metric", "overlap"), changing("scores", "sentences", "AQEC"),
      changing("scores", "sentences", "gICAgICAgICAgICAAQEB"),
      changing("scores", "sentences", "AQ=="),
      changing("scores", "sentences", nil), changing("efforts", "train", -1),
      changing("efforts", "parameters", Int.max), changing("efforts", "sharing", "single"),
      { $0["scores"] = [[String: Any]]() }, { $0["efforts"] = [[String: Any]]() },
      { $0["split"] = "dev" }, { $0["split"] = "none" },
    ]
    for (index, poison) in poisons.enumerated() {
      try forge("seed-1", poison)
      try forgetOutcome()
      #expect(try report(comparison) == expected, "poison \(index)")
    }
    // Cut short, empty, a folder.
    for data in [try Files.read(kept("seed-1")).dropLast(10), Data()] {
      try Files.writeAtomically(Data(data), to: kept("seed-1"))
      try forgetOutcome()
      #expect(try report(comparison) == expected)
    }
    unlink(kept("seed-1"))
    try Files.makeFolder(kept("seed-1"))
    try forgetOutcome()
    #expect(try report(comparison) == expected)
  }

  @Test func dataThatChangesIsNoticed() throws {
    let comparison = try trained(files())
    _ = try report(comparison)
    try forgetOutcome()
    _ = try file("test.conll", 5)
    let failure = failure { try report(comparison) }
    #expect(failure?.kind == .badData && failure?.message.contains("has changed") == true)
  }

  /// A job that has finished a run keeps its scores, once those that it is scored on are finished too.
  @Test func scoresAreKeptRunByRun() throws {
    func domain(_ name: String, _ numbers: [Int]) throws -> String {
      let files = try numbers.map { try file("\(name)-\($0)", $0) }
      return "\(name)=\(files.joined(separator: ","))"
    }
    let domains = [try domain("news", [3, 1, 2]), try domain("talk", [4, 1, 3])]
    let comparison = try trained(domains: domains)
    let unknown = failure { try comparison.keepScores(ofRun: "none", jobs: 1) }
    #expect(unknown?.kind == .missingInput)
    let expected = try report(comparison)
    let weights = scratch.path("out/talk/seed-1/train/hard/weights.safetensors")
    try FileManager.default.removeItem(atPath: scratch.path("out/results"))
    try FileManager.default.moveItem(atPath: weights, toPath: weights + ".away")
    try comparison.keepScores(ofRun: "news/seed-1", jobs: 1)
    #expect(!exists(kept("news/seed-1")))
    try FileManager.default.moveItem(atPath: weights + ".away", toPath: weights)
    try comparison.keepScores(ofRun: "talk/seed-1", jobs: 1)
    #expect(exists(kept("news/seed-1")) && exists(kept("talk/seed-1")))
    #expect(!exists(kept("comparison")))
    try forge("news/seed-1", changing("scores", "value", 0.0625))
    #expect(try report(comparison).contains("0.0625") && !expected.contains("0.0625"))
  }

  @Test func countsComeBack() throws {
    let numbers = [0, 1, 127, 128, 16_383, 16_384, (1 << 28) - 1]
    let counts = numbers.flatMap { gold in
      numbers.filter { $0 <= gold }.map {
        SentenceCounts(gold: gold, predicted: gold, correct: $0)
      }
    }
    var measured = ComparisonMeasurements(split: .test)
    measured.scores = [
      ComparisonScore(
        variation: 1, seed: 2, sharing: "hard", task: "pos", source: nil, domain: "news",
        metric: "accuracy", value: 0.1, sentences: counts)
    ]
    let data = try JSONEncoder().encode(measured)
    let back = try JSONDecoder().decode(ComparisonMeasurements.self, from: data)
    #expect(try jsonText(back) == jsonText(measured))
    // 300, 2 and 1, seven bits a byte.
    measured.scores = [
      ComparisonScore(
        variation: 1, seed: 2, sharing: "hard", task: "pos", source: nil, domain: nil,
        metric: "f1", value: 0.1, sentences: [.init(gold: 300, predicted: 2, correct: 1)])
    ]
    #expect(try jsonText(measured).contains("\"rAICAQ==\""))
  }
}
