import Basics
import Benchmarks
import Foundation
import Masks
import Sharing
import Testing

@Suite(.timeLimit(.minutes(10))) struct BenchmarkTests {
  /// Options for a network that takes no time, with those of `more`.
  private func settings(_ more: [String: String]) throws -> BenchmarkSettings {
    var settings = BenchmarkSettings()
    let usual = ["seconds": "0.01", "repeats": "1", "hidden": "8", "layers": "1", "threads": "1"]
    for (name, text) in usual.merging(more, uniquingKeysWith: { $1 }) {
      try settings.set(name, text)
    }
    return settings
  }

  private func builtIn(tickets: [String] = []) throws -> BenchmarkSource {
    try BenchmarkSource(train: [], tasks: nil, wordColumn: nil, seed: 1, tickets: tickets)
  }

  private func json(_ report: BenchmarkReport) throws -> [String: Any] {
    let data = try JSONEncoder().encode(report)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func results(_ report: BenchmarkReport) throws -> [[String: Any]] {
    try #require(try json(report)["results"] as? [[String: Any]])
  }

  @Test func everyCombinationIsMeasured() throws {
    let lists = [
      "repeats": "2", "batch": "4,8", "threads": "1,2", "density": "1,0.5",
      "execution": "dense,sparse",
    ]
    var calls: [Int] = []
    let report = try Benchmark(builtIn(), settings(lists)).run { done, all in
      #expect(all == 48)
      calls.append(done)
    }
    #expect(calls == Array(0..<48))
    var seen: Set<String> = []
    for row in try results(report) {
      let (low, rate, high) = (row["lowest"], row["tokens_per_second"], row["highest"])
      let speed = try #require([low, rate, high] as? [Double])
      #expect(speed[0] > 0 && speed[0] <= speed[1] && speed[1] <= speed[2])
      #expect((row["runs"] as? [Double])?.count == 2)
      let share = try #require(row["peak_share"] as? Double)
      let alive = try #require(row["alive_peak_share"] as? Double)
      let density = try #require(row["density"] as? Double)
      #expect(share > 0 && abs(alive - share * density) < 1e-9)
      let isMasked = row["masks"] as? String == "random"
      #expect(isMasked ? abs(density - 0.5) < 0.02 : density == 1)
      #expect(row["parts"] == nil && row["sentence_length"] is NSNull)
      let names = ["mode", "batch", "threads", "masks", "execution"]
      seen.insert(names.map { "\(row[$0] ?? "")" }.joined(separator: " "))
    }
    #expect(seen.count == 24)
    #expect(report.text.components(separatedBy: "\npredict ").count == 13)
  }

  @Test(arguments: [false, true]) func partsAddUp(isBare: Bool) throws {
    var settings = try settings(["density": "1", "seconds": "0.1"])
    settings.wantsParts = true
    settings.isBare = isBare
    let report = try Benchmark(builtIn(), settings).run { _, _ in }
    for row in try results(report) {
      let parts = try #require(row["parts"] as? [[String: Any]])
      let rate = try #require(row["tokens_per_second"] as? Double)
      func sum(_ key: String) -> Double { parts.reduce(0) { $0 + ($1[key] as? Double ?? -1) } }
      #expect(abs(sum("share") - 1) < 1e-9)
      // Another process may come between the ends of clock and measurement.
      #expect((0.7...1.4).contains(sum("microseconds_per_token") * rate / 1e6))
      func share(_ name: String) throws -> Double {
        try #require(parts.first { $0["name"] as? String == name }?["share"] as? Double)
      }
      let isTraining = row["mode"] as? String == "train"
      #expect(try share("BiLSTM forward") > 0)
      #expect(try (share("BiLSTM backward") > 0) == isTraining)
      #expect(try (share("clipping+optimiser") > 0) == (isTraining && !isBare))
      for name in ["characters+embedding", "heads+loss"] {
        #expect(try (share(name) > 0) == !isBare)
      }
    }
    #expect(report.text.contains("us/token"))
  }

  @Test func oneListGrowsAtATime() throws {
    var settings = try settings([
      "mode": "train", "execution": "auto", "density": "1,0.5", "hidden": "4,8", "layers": "1,3",
      "tasks-count": "1,5", "sentence-length": "3,50",
    ])
    settings.isGrowth = true
    let report = try Benchmark(builtIn(), settings).run { _, _ in }
    let groups = try #require(try json(report)["groups"] as? [[String: Any]])
    let rows = try results(report)
    let axes = ["sentence_length", "hidden", "layers", "tasks"]
    let values = [[3, 50], [4, 8], [1, 3], [1, 5]]
    for (group, (axis, expected)) in zip(groups, zip(axes, values)) {
      let indices = try #require(group["results"] as? [Int])
      #expect(indices.map { rows[$0][axis] as? Int } == expected)
      for other in axes where other != axis {
        let usual = ["hidden": 200, "layers": 2, "tasks": 3][other]
        #expect(indices.allSatisfy { rows[$0][other] as? Int == usual }, "\(axis) \(other)")
      }
    }
    #expect(groups.map { $0["title"] as? String }.last == "density" && groups.count == 5)
    #expect(rows.count == 10)
  }

  @Test func ticketsTakeThePlaceOfRandomMasks() throws {
    let folder = NSTemporaryDirectory() + "tickets-bench-" + UUID().uuidString
    try Files.makeFolder(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var shape = NetworkShape(words: 9, characters: 9)
    (shape.hidden, shape.layers) = (8, 1)
    let network = HardSharing(shape, tasks: [TaskShape(name: "x", classes: 3)], seed: 1)
    let masks = MaskSet.random(for: network, density: 0.25, seed: 3, task: "x")
    let path = folder + "/x.ticket"
    let origin = [UInt8](repeating: 7, count: 32)
    try Ticket(
      task: "x", round: 1, criterion: "random", scope: "layer", origin: origin, masks: masks
    ).write(to: path)
    for isBare in [false, true] {
      var settings = try settings(["mode": "train", "execution": "sparse"])
      settings.isBare = isBare
      let rows = try results(
        Benchmark(builtIn(tickets: [path]), settings).run { _, _ in })
      #expect(rows.map { $0["masks"] as? String } == ["none", "ticket"])
      #expect(abs((rows[1]["density"] as? Double ?? 0) - 0.25) < 0.02)
    }
    let other = try settings(["density": "0.5"])
    #expect(throws: Failure.self) { try Benchmark(builtIn(tickets: [path]), other) }
    #expect(throws: Failure.self) { try builtIn(tickets: [path, path]) }
    let larger = try settings(["hidden": "9", "mode": "train"])
    #expect(throws: Failure.self) {
      try Benchmark(builtIn(tickets: [path]), larger).run { _, _ in }
    }
  }

  @Test(arguments: [
    ("batch", "10,x", "batch 10,x: must be whole numbers from 1 to 4096"),
    ("batch", "", "batch '': must be whole numbers"),
    ("threads", "0", "threads 0: must be"), ("threads", "1,1", "names a value twice"),
    ("density", "0", "density 0: must be numbers above 0"), ("density", "nan", "above 0"),
    ("execution", "fast", "must be among auto, dense, sparse"),
    ("mode", "train,", "must be among train, predict"), ("hidden", "4097", "from 1 to 4096"),
    ("layers", "17", "from 1 to 16"), ("tasks-count", "0", "from 1 to 256"),
    ("sentence-length", "-1", "from 1 to 10000"), ("seconds", "inf", "at most 3600"),
    ("repeats", "1.5", "from 1 to 1000"),
  ]) func wrongOptionsAreNamed(name: String, text: String, message: String) throws {
    var settings = BenchmarkSettings()
    let failure = #expect(throws: Failure.self) { try settings.set(name, text) }
    #expect(failure?.kind == .usage && failure?.message.contains(message) == true)
  }
}
