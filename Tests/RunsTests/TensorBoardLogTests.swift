import Basics
import Foundation
import Runs
import Synchronization
import TestSupport
import Testing

@Suite struct TensorBoardLogTests {
  private let scratch: Scratch
  private let folder: String
  private let warnings = Warnings()

  private final class Warnings: Sendable {
    let texts = Mutex<[String]>([])
  }

  init() throws {
    scratch = try Scratch()
    folder = scratch.path("board")
  }

  private func line(_ round: Int, _ epoch: Int, _ task: String = "ner") -> MetricsLine {
    MetricsLine(
      stage: "prune", task: task, round: round, epoch: epoch, time: Double(100 * round + epoch),
      values: ["dev.\(task)": 1 / Double(epoch), "density": 0.5, "loss.\(task).passed": .nan])
  }

  /// A log as a process has it that begins or goes on.
  private func log(_ name: String = "metrics") throws -> MetricsLog {
    let warnings = warnings
    return try MetricsLog.open(
      scratch.path(name),
      observer: TensorBoardLog.open(folder, of: scratch.path) { text in
        warnings.texts.withLock { $0.append(text) }
      })
  }

  @Test func stepsGoOnFromRoundToRound() throws {
    let log = try log()
    for (round, epochs) in [3, 2, 4].enumerated() {
      try log.rewind(stage: "prune", task: "ner", round: round, afterEpoch: 0)
      for epoch in 1...epochs {
        // Another task's rounds do not count.
        try log.append(line(round, epoch + 10, "pos"))
        try log.append(line(round, epoch))
      }
    }
    let shown = try #require(try board(folder)["prune/ner"])
    #expect(shown.keys.sorted() == Array(1...9))
    let sixth = try #require(shown[6])
    #expect(sixth.time == 201)
    #expect(sixth.scalars["round"] == 2 && sixth.scalars["dev/ner"] == 1)
    #expect(sixth.scalars["density"] == 0.5 && sixth.scalars["loss/ner/passed"]?.isNaN == true)
    #expect(sixth.scalars.count == 4)
    // Of a stage that has not begun nothing is written.
    #expect(try board(folder).keys.sorted() == ["prune/ner"])
    #expect(try files("prune/ner").count == 1)
  }

  @Test func resumingStartsAFileAtTheStepThatFollows() throws {
    var log = try log()
    try log.rewind(stage: "prune", task: "ner", round: 0, afterEpoch: 0)
    try log.append(line(0, 1))
    try log.rewind(stage: "prune", task: "ner", round: 1, afterEpoch: 0)
    for epoch in 1...4 { try log.append(line(1, epoch)) }
    // The end of a file may be torn, so that nothing may follow it.
    let first = try #require(files("prune/ner").first)
    log = try self.log()
    try log.rewind(stage: "prune", task: "ner", round: 1, afterEpoch: 2)
    try log.append(line(1, 3))
    let names = try files("prune/ner")
    #expect(names.count == 2 && names[0] == first)
    let second = try EventRecord.read("\(folder)/prune/ner/\(names[1])")
    #expect(second.map(\.step) == [0, 4, 4])
    #expect(try #require(board(folder)["prune/ner"]).keys.sorted() == Array(1...4))
  }

  @Test func goingBackWithinAProcessVoidsWhatWasWritten() throws {
    let log = try log()
    for _ in 1...2 {
      try log.rewind(stage: "prune", task: "ner", round: 0, afterEpoch: 0)
      for epoch in 1...3 { try log.append(line(0, epoch)) }
    }
    #expect(try files("prune/ner").count == 1)
    #expect(try #require(board(folder)["prune/ner"]).count == 3)
  }

  @Test func exportWritesWhatWasWrittenLive() throws {
    let log = try log()
    for round in 0...2 {
      try log.rewind(stage: "prune", task: "ner", round: round, afterEpoch: 0)
      for epoch in 1...(3 - round) { try log.append(line(round, epoch)) }
    }
    try log.rewind(stage: "warmup", task: nil, round: nil, afterEpoch: 0)
    try log.append(MetricsLine(stage: "warmup", epoch: 1, values: ["mean": 1]))
    let copy = scratch.path("copy")
    let lines = try MetricsLog.read(scratch.path("metrics"))
    try TensorBoardLog.export(["": lines, "seed-2": lines], of: scratch.path, to: copy)
    let (live, later) = (try board(folder), try board(copy))
    #expect(later.count == 2 * live.count)
    for (place, steps) in live {
      #expect(later[place].map(comparable) == comparable(steps))
      #expect(later["seed-2/" + place].map(comparable) == comparable(steps))
    }
    let again = failure { try TensorBoardLog.export(["": lines], of: scratch.path, to: copy) }
    #expect(again?.kind == .cannotCreate && again?.setting == "tensorboard")
    #expect(again?.message.contains("holds event files already (in ") == true)
    // What goes on can go on there.
    _ = try TensorBoardLog.open(copy, of: scratch.path) { _ in }
  }

  /// Events of two runs in one folder would look like one run's.
  @Test func foldersWithEventsOfAnotherRunAreRefused() throws {
    let log = try log()
    // Before anything is written the folder is nobody's.
    let other = scratch.path("other")
    try Files.makeFolder(other)
    _ = try TensorBoardLog.open(folder, of: other) { _ in }
    try log.rewind(stage: "prune", task: "ner", round: 0, afterEpoch: 0)
    try log.append(line(0, 1))
    // A run goes on, also one that was moved.
    _ = try self.log()
    for run in [other, scratch.path("not there yet")] {
      for folder in [folder, scratch.path("board/prune")] {
        let refused = try #require(failure { try TensorBoardLog.open(folder, of: run) { _ in } })
        #expect(refused.kind == .cannotCreate && refused.setting == "tensorboard")
        #expect(refused.message.contains("holds event files that are not of this run (in "))
      }
    }
    let lines = [line(0, 1)]
    let refused = failure { try TensorBoardLog.export(["": lines], of: other, to: folder) }
    #expect(refused?.kind == .cannotCreate)
    // Another run in the place of a removed one is another run.
    try FileManager.default.removeItem(atPath: scratch.path("tensorboard.id"))
    #expect(failure { try self.log() }?.kind == .cannotCreate)
    // Without the events the folder is free again.
    try FileManager.default.removeItem(atPath: scratch.path("board/prune"))
    _ = try self.log()
  }

  /// Both find the folder empty; who writes first has it.
  @Test func ofTwoRunsThatBeginAtOnceOneWrites() throws {
    let other = scratch.path("other")
    try Files.makeFolder(other)
    let warnings = warnings
    let late = try MetricsLog.open(
      scratch.path("late"),
      observer: TensorBoardLog.open(folder, of: other) { text in
        warnings.texts.withLock { $0.append(text) }
      })
    let first = try log()
    for log in [first, late] {
      try log.rewind(stage: "prune", task: "ner", round: 0, afterEpoch: 0)
      try log.append(line(0, 1))
    }
    #expect(try files("prune/ner").count == 1)
    let told = warnings.texts.withLock(\.self)
    #expect(told.count == 1 && told[0].contains("is being written to by another process"))
  }

  @Test func whatCannotBeExportedLeavesNothing() throws {
    let empty = failure { try TensorBoardLog.export(["": []], of: scratch.path, to: folder) }
    #expect(empty?.kind == .missingInput)
    for stage in ["../up", "a//b", ".hidden"] {
      let hostile = MetricsLine(stage: stage, epoch: 1, values: [:])
      let failure = failure {
        try TensorBoardLog.export(["": [line(0, 1), hostile]], of: scratch.path, to: folder)
      }
      #expect(failure?.kind == .badData)
    }
    #expect(!FileManager.default.fileExists(atPath: folder))
    // A file stands where a folder is needed.
    try Files.makeFolder(folder)
    try scratch.file("board/warmup", "")
    let lines = [line(0, 1), MetricsLine(stage: "warmup", epoch: 1, values: [:])]
    let refused = failure {
      try TensorBoardLog.export(["": lines], of: scratch.path, to: folder)
    }
    #expect(refused?.kind == .cannotCreate)
    #expect(try board(folder).isEmpty)
  }

  @Test func trainingGoesOnWithoutAndIsToldOnce() throws {
    let log = try log()
    try scratch.file("board/prune", "in the way")
    for round in 0...1 {
      try log.rewind(stage: "prune", task: "ner", round: round, afterEpoch: 0)
      for epoch in 1...2 { try log.append(line(round, epoch)) }
    }
    #expect(try MetricsLog.read(scratch.path("metrics")).count == 4)
    let told = warnings.texts.withLock(\.self)
    #expect(told.count == 1 && told[0].contains("the run goes on"))
    #expect(!told[0].contains("nothing was replaced"))
    // Also for who looks later.
    let logged = try scratch.text("log.txt").split(separator: "\n")
    #expect(logged.count == 1 && logged[0].hasSuffix("Z warning: " + told[0]))
  }

  @Test func foldersThatCannotBeWrittenToAreRefused() throws {
    try scratch.file("file", "")
    for path in [scratch.path("file"), scratch.path("file/below")] {
      let failure = try #require(
        failure { try TensorBoardLog.open(path, of: scratch.path) { _ in } })
      #expect(failure.kind == .cannotCreate && failure.setting == "tensorboard")
    }
  }

  /// Steps to be compared: NaN is not equal to itself.
  private func comparable(_ steps: [Int: EventRecord]) -> [Int: EventRecord] {
    steps.mapValues { record in
      var record = record
      record.scalars = record.scalars.mapValues { $0.isNaN ? -1 : $0 }
      return record
    }
  }

  private func files(_ place: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(place)").sorted()
  }
}
