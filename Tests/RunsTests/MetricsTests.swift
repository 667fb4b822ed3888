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
    path = scratch.path("metrics.jsonl")
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
        stage: "train/\"x\"", epoch: 1, time: 1_763_769_600.125,
        values: ["loss": .nan, "seconds": 12]))
    #expect(
      try scratch.text("metrics.jsonl") == """
        {"stage":"prune","task":"ner","round":2,"epoch":4,"f1":0.5,"loss":0.25}
        {"stage":"train/\\"x\\"","epoch":1,"time":1763769600.125,"loss":null,"seconds":12}

        """)
    let lines = try MetricsLog.read(path)
    #expect(lines[0] == line("ner", 2, 4))
    // Older programs wrote no times.
    #expect(lines.map(\.time) == [nil, 1_763_769_600.125])
    #expect(lines[1].stage == "train/\"x\"" && lines[1].values["loss"]?.isNaN == true)
  }

  @Test func rewindingRemovesOnlyLinesPastTheCheckpoint() throws {
    let log = try MetricsLog.open(path)
    let all = [line(nil, nil, 1), line("ner", 1, 1), line("ner", 1, 2), line("ner", 2, 1)]
    let torn = [line("ner", 2, 2), line("pos", 2, 2), line("ner", 2, 3)]
    for line in all + torn { try log.append(line) }
    try log.rewind(stage: "prune", task: "ner", round: 2, afterEpoch: 1)
    #expect(try MetricsLog.read(path) == all + [line("pos", 2, 2)])
    let text = try scratch.text("metrics.jsonl")
    try log.rewind(stage: "prune", task: "ner", round: 2, afterEpoch: 1)
    #expect(try scratch.text("metrics.jsonl") == text)
    try log.rewind(stage: "warmup", task: nil, round: nil, afterEpoch: 0)
    #expect(try MetricsLog.read(path).first == line("ner", 1, 1))
  }

  @Test(arguments: ["{\"stage\":\"pru", "{\"stage\":\"prune\",\"epoch\":9}", "\u{1}"])
  func tornLastLineIsDropped(torn: String) throws {
    try MetricsLog.open(path).append(line("ner", 1, 1))
    try scratch.file("metrics.jsonl", scratch.text("metrics.jsonl") + torn)
    #expect(try MetricsLog.read(path) == [line("ner", 1, 1)])
    try MetricsLog.open(path).append(line("ner", 1, 2))
    #expect(try MetricsLog.read(path) == [line("ner", 1, 1), line("ner", 1, 2)])
  }

  @Test func logOfNothingButATornLineStartsAfresh() throws {
    try scratch.file("metrics.jsonl", "{")
    #expect(try MetricsLog.read(path).isEmpty)
    try MetricsLog.open(path).append(line("ner", 1, 1))
    #expect(try MetricsLog.read(path).count == 1)
  }

  @Test func numbersAreReadAsJSONWritesThem() throws {
    let numbers = [0, -0.0, 1 / 3.0, -2.5e-300, 1.7976931348623157e308, 5e-300, 123_456_789_012]
    let log = try MetricsLog.open(path)
    for number in numbers {
      try log.append(MetricsLine(stage: "a", epoch: 1, values: ["x": number]))
    }
    let read = try MetricsLog.read(path).map { $0.values["x"]!.bitPattern }
    // A zero is written without its sign.
    #expect(read == numbers.map { ($0 == 0 ? 0 : $0).bitPattern })
    try scratch.file(
      "metrics.jsonl", "{ \"x\" : 1E+2, \"epoch\":7 ,\"stage\" : \"\\u00e4\" }\r\n")
    #expect(
      try MetricsLog.read(path) == [MetricsLine(stage: "ä", epoch: 7, values: ["x": 100])])
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
    try scratch.file("metrics.jsonl", "{\"stage\":\"a\",\"epoch\":1}\n\(text)\n")
    let failure = try #require(failure { try MetricsLog.read(path) })
    #expect(failure == Failure(.badData, "\(path):2: is no line of a metrics log"))
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
