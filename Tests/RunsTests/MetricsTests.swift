import Basics
import Foundation
import Runs
import TestSupport
import Testing

@Suite struct MetricsTests {
  private let scratch: Scratch
  private let path: String

  init() throws {
    scratch = try Scratch()
    path = scratch.path("metrics")
  }

  private func line(_ task: String?, _ round: Int?, _ epoch: Int) -> MetricsLine {
    MetricsLine(
      stage: task == nil ? "warmup" : "prune", task: task, round: round, epoch: epoch,
      values: ["loss": 1 / Double(epoch), "f1": 0.5])
  }

  @Test func writesOneFlatObjectALine() throws {
    let log = try MetricsLog.open(path)
    try log.append(line("ner", 2, 4))
    try log.append(
      MetricsLine(
        stage: "train/hard", epoch: 1, time: 1_763_769_600.125,
        values: ["loss": .nan, "seconds": 12]))
    #expect(
      try scratch.text("metrics/prune/ner.jsonl") == """
        {"stage":"prune","task":"ner","round":2,"epoch":4,"f1":0.5,"loss":0.25}

        """)
    #expect(
      try scratch.text("metrics/train/hard.jsonl") == """
        {"stage":"train/hard","epoch":1,"time":1763769600.125,"loss":null,"seconds":12}

        """)
    let lines = try MetricsLog.read(path)
    #expect(lines[0] == line("ner", 2, 4))
    // Older programs wrote no times.
    #expect(lines.map(\.time) == [nil, 1_763_769_600.125])
    #expect(lines[1].stage == "train/hard" && lines[1].values["loss"]?.isNaN == true)
  }

  @Test func rewindingRemovesOnlyLinesPastTheCheckpoint() throws {
    let log = try MetricsLog.open(path)
    let all = [line(nil, nil, 1), line("ner", 1, 1), line("ner", 1, 2), line("ner", 2, 1)]
    let late = [line("ner", 2, 2), line("pos", 2, 2), line("ner", 2, 3)]
    for line in all + late { try log.append(line) }
    let left = try log.rewind(stage: "prune", task: "ner", round: 2, afterEpoch: 1)
    #expect(left == [line("ner", 2, 1)])
    #expect(try MetricsLog.read(path) == all + [line("pos", 2, 2)])
    let text = try scratch.text("metrics/prune/ner.jsonl")
    try log.rewind(stage: "prune", task: "ner", round: 2, afterEpoch: 1)
    #expect(try scratch.text("metrics/prune/ner.jsonl") == text)
    try log.rewind(stage: "warmup", task: nil, round: nil, afterEpoch: 0)
    #expect(try MetricsLog.read(path).first == line("ner", 1, 1))
    // A task that is pruned again from an earlier round has no later ones.
    try log.rewind(stage: "prune", task: "ner", round: 1, afterEpoch: 1)
    #expect(try MetricsLog.read(path) == [line("ner", 1, 1), line("pos", 2, 2)])
  }

  /// Programs before this one wrote one file; a process may be killed while it is taken apart.
  @Test func theOneFileOfOlderProgramsGoesOn() throws {
    let log = try MetricsLog.open(path)
    let lines = [line(nil, nil, 1), line("ner", 1, 1), line("pos", 1, 1), line("ner", 1, 2)]
    for line in lines { try log.append(line) }
    let texts = try ["warmup", "prune/ner", "prune/pos"].map {
      try scratch.text("metrics/\($0).jsonl").split(separator: "\n")
    }
    let old = [texts[0][0], texts[1][0], texts[2][0], texts[1][1]].joined(separator: "\n")
    try FileManager.default.removeItem(atPath: path)
    try scratch.file("metrics.jsonl", old + "\n{\"st")
    #expect(try MetricsLog.read(path) == lines)
    try scratch.file("metrics/prune/ner.jsonl", "{\"stage\":\"pr")
    try MetricsLog.open(path).append(line("ner", 1, 3))
    #expect(!FileManager.default.fileExists(atPath: path + ".jsonl"))
    #expect(
      try MetricsLog.read(path)
        == [lines[0], lines[1], lines[3], line("ner", 1, 3), lines[2]])
  }

  @Test func linesStandInTheirOwnFile() throws {
    try MetricsLog.open(path).append(line("ner", 1, 1))
    try FileManager.default.moveItem(
      atPath: path + "/prune/ner.jsonl", toPath: path + "/prune/pos.jsonl")
    let moved = try #require(failure { try MetricsLog.read(path) })
    #expect(moved.kind == .badData && moved.message.contains("holds lines of 'prune/ner'"))
    for stage in ["../up", "a//b", ".hidden", ""] {
      let hostile = MetricsLine(stage: stage, epoch: 1, values: [:])
      #expect(failure { try MetricsLog.open(path).append(hostile) }?.kind == .badData)
    }
  }

  /// What it takes to read does not depend on how much there is.
  @Test func linesOfAnyLengthAreReadPieceByPiece() throws {
    for length in [0, 1, 65_534, 65_535, 65_536, 65_537, 200_000] {
      let texts = [String(repeating: "a", count: length), "", "b"]
      let file = try scratch.file("lines", texts.joined(separator: "\n") + "\n" + "torn")
      var found: [(String, Int)] = []
      let end = try Files.forEachLine(of: file, limit: 1 << 20) { line, offset in
        found.append((String(decoding: line, as: UTF8.self), offset))
      }
      #expect(found.map(\.0) == texts && found.map(\.1) == [0, length + 1, length + 2])
      #expect(end == length + 4)
    }
    let long = try scratch.file("long", String(repeating: "a", count: 1 << 20 + 1))
    #expect(failure { try Files.forEachLine(of: long, limit: .max) { _, _ in } }?.kind == .badData)
    #expect(failure { try Files.forEachLine(of: long, limit: 9) { _, _ in } }?.kind == .badData)
  }

  @Test(arguments: ["{\"stage\":\"pru", "{\"stage\":\"prune\",\"epoch\":9}", "\u{1}"])
  func tornLastLineIsDropped(torn: String) throws {
    try MetricsLog.open(path).append(line("ner", 1, 1))
    try scratch.file("metrics/prune/ner.jsonl", scratch.text("metrics/prune/ner.jsonl") + torn)
    #expect(try MetricsLog.read(path) == [line("ner", 1, 1)])
    try MetricsLog.open(path).append(line("ner", 1, 2))
    #expect(try MetricsLog.read(path) == [line("ner", 1, 1), line("ner", 1, 2)])
  }

  @Test func logOfNothingButATornLineStartsAfresh() throws {
    try scratch.file("metrics/prune/ner.jsonl", "{")
    #expect(try MetricsLog.read(path).isEmpty)
    try MetricsLog.open(path).append(line("ner", 1, 1))
    #expect(try MetricsLog.read(path).count == 1)
  }

  @Test func numbersAreReadAsJSONWritesThem() throws {
    let numbers = [0, -0.0, 1 / 3.0, -2.5e-300, 1.7976931348623157e308, 5e-300, 123_456_789_012]
    let log = try MetricsLog.open(path)
    for number in numbers {
      try log.append(MetricsLine(stage: "warmup", epoch: 1, values: ["x": number]))
    }
    let read = try MetricsLog.read(path).map { $0.values["x"]!.bitPattern }
    // A zero is written without its sign.
    #expect(read == numbers.map { ($0 == 0 ? 0 : $0).bitPattern })
    try scratch.file(
      "metrics/warmup.jsonl",
      "{ \"x\" : 1E+2, \"epoch\":7 ,\"stage\" : \"warm\\u0075p\" }\r\n")
    #expect(
      try MetricsLog.read(path) == [MetricsLine(stage: "warmup", epoch: 7, values: ["x": 100])])
  }

  @Test(arguments: [
    "x", "[]", "{\"stage\":\"a\",\"epoch\":1}}", "{\"stage\":\"a\",\"epoch\":1,\"f1\":1e999}",
    "{\"stage\":\"a\",\"epoch\":1,\"f1\":nul}", "{\"stage\":\"a\",\"epoch\":-1}",
    "{\"stage\":\"a\",\"epoch\":1,\"f1\":1-2}", "{\"stage\":\"a\",\"epoch\":1,\"time\":null}",
    "{\"stage\":\"a\",\"epoch\":1,\"f1\":[1]}", "{\"stage\":\"a\",\"epoch\":1000000001}",
    "{\"stage\":\"a\"}", "{\"stage\":\"a\",\"epoch\":1,\"f1\":\"x\"}",
    "{\"stage\":\"a\",\"epoch\":1,\"time\":\"now\"}",
  ])
  func foreignLinesAreRefused(text: String) throws {
    try scratch.file("metrics/a.jsonl", "{\"stage\":\"a\",\"epoch\":1}\n\(text)\n")
    let failure = try #require(failure { try MetricsLog.read(path) })
    #expect(failure == Failure(.badData, "\(path)/a.jsonl:2: is no line of a metrics log"))
  }

  @Test func manyThreadsMayWrite() throws {
    let log = try MetricsLog.open(path)
    DispatchQueue.concurrentPerform(iterations: 8) { task in
      for epoch in 1...25 { try? log.append(line("task\(task)", 1, epoch)) }
    }
    let lines = try MetricsLog.read(path)
    #expect(lines.count == 200)
    #expect(Set(lines.map { "\($0.task!) \($0.epoch)" }).count == 200)
  }

  @Test func csvDoesNotDependOnTheOrderOfConcurrentTasks() {
    let lines = [
      line(nil, nil, 1), line("pos", 1, 1), line("ner", 1, 2), line("ner", 1, 1),
      MetricsLine(stage: "train/a,b", epoch: 1, time: 2.5, values: ["x\"y": 2, "f1": .infinity]),
    ]
    let csv = lines.csv()
    #expect(
      csv == """
        stage,task,round,epoch,time,f1,loss,"x""y"
        warmup,,,1,,0.5,1,
        prune,ner,1,1,,0.5,1,
        prune,ner,1,2,,0.5,0.5,
        prune,pos,1,1,,0.5,1,
        "train/a,b",,,1,2.5,,,2

        """)
    let swapped = [0, 3, 2, 1, 4].map { lines[$0] }
    #expect(swapped.csv() == csv)
  }
}
