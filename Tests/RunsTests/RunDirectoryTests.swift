import Basics
import Foundation
import Recipes
import Runs
import TestSupport
import Testing

@Suite struct RunDirectoryTests {
  private let scratch: Scratch
  private let out: String
  private let files: [(String, String)]

  init() throws {
    scratch = try Scratch()
    out = scratch.path("run")
    files = [
      ("train", try scratch.file("train", "a\tX\n")), ("dev", try scratch.file("dev", "b\tX\n")),
      ("test", scratch.path("test")), ("tasks", "pos=1"),
    ]
  }

  private func openOrCreate(_ given: (String, String)...) throws -> RunDirectory {
    try RunDirectory.openOrCreate(out, [layer(given)], knownSharings: sharings)
  }

  private func createOnFiles() throws -> RunDirectory {
    try RunDirectory.openOrCreate(out, [layer(files)], knownSharings: sharings)
  }

  @Test func recordedRecipeWinsWhereNothingIsGiven() throws {
    let recipe = try openOrCreate(("lr", "0.25"), ("layers", "1")).recipe
    #expect(try openOrCreate().recipe == recipe)
    #expect(try RunDirectory.open(out, forWork: false).recipe == recipe)
  }

  @Test func optionChangesUntilItsGroupIsFrozen() throws {
    try openOrCreate(("density", "0.2")).freeze(.data, .model, .training)
    let run = try openOrCreate(("density", "0.3"), ("rounds", "8"))
    #expect((run.recipe.density, run.recipe.rounds) == (0.3, 8))
    #expect(run.started == [.data, .model, .training])
  }

  @Test func frozenOptionNamesTheConflict() throws {
    try openOrCreate().freeze(.training)
    _ = try openOrCreate(("lr", "0.10"), ("epochs", "5"))
    let before = try scratch.text("run/run.json")
    let failure = try #require(failure { try openOrCreate(("epochs", "7"), ("lr", "0.05")) })
    #expect(failure.kind == .usage)
    #expect(
      failure.message == "--lr 0.05: the run \(out) was started with 0.1;"
        + " leave the option out, or choose another folder")
    #expect(try scratch.text("run/run.json") == before)
  }

  @Test func moreArchitecturesMayBeAskedForLater() throws {
    try openOrCreate(("sharing", "sparse")).freeze(.train)
    #expect(try openOrCreate(("sharing", "sparse,hard")).recipe.sharing == ["sparse", "hard"])
    #expect(failure { try openOrCreate(("epochs", "1")) }?.kind == .usage)
  }

  @Test func filesGivenLaterNeedTheirTasks() throws {
    _ = try openOrCreate()
    let withoutTasks = files.filter { $0.0 != "tasks" }
    let failure = try #require(
      failure {
        try RunDirectory.openOrCreate(out, [layer(withoutTasks)], knownSharings: sharings)
      })
    #expect(failure.message.hasPrefix("--tasks: missing"))
    #expect(try createOnFiles().data.count == 2)
  }

  @Test func changedDataIsNoticed() throws {
    let run = try createOnFiles()
    #expect(Set(run.data.keys) == [scratch.path("train"), scratch.path("dev")])
    try run.checkData()
    try scratch.file("dev", "c\tX\n")
    let failure = try #require(failure { try run.checkData() })
    #expect(failure.kind == .badData)
    #expect(failure.message.hasPrefix("\(scratch.path("dev")): has changed since the run \(out)"))
  }

  @Test func testFilesAreOpenedOnlyWhenAsked() throws {
    let run = try createOnFiles()
    try run.checkData()
    #expect(failure { try run.openTestData() }?.kind == .missingInput)
    #expect(run.started.isEmpty)
    try scratch.file("test", "t\tX\n")
    try run.openTestData()
    try run.openTestData()
    #expect(run.started == [.evaluation])
    try scratch.file("test", "u\tX\n")
    #expect(failure { try run.openTestData() }?.kind == .badData)
    try run.checkData()
  }

  @Test func testFilesAreRecordedWithoutTheLock() throws {
    let working = try createOnFiles()
    try scratch.file("test", "t\tX\n")
    let reading = try RunDirectory.open(out, forWork: false)
    try reading.openTestData()
    // Whoever holds the lock is bound too.
    #expect(working.started == [.evaluation])
    try scratch.file("test", "u\tX\n")
    #expect(failure { try working.openTestData() }?.kind == .badData)
    let other = layer([("test", scratch.path("dev"))])
    let refused = failure { try working.reconcile([other], knownSharings: sharings) }
    #expect(refused?.kind == .usage && refused?.setting == nil)
  }

  @Test func missingDataLeavesNothingBehind() throws {
    let given = [("train", "/nowhere/x"), ("dev", "/nowhere/y"), ("tasks", "pos=1")]
    let failure = try #require(
      failure { try RunDirectory.openOrCreate(out, [layer(given)], knownSharings: sharings) })
    #expect(failure.kind == .missingInput && failure.message.contains("/nowhere/x"))
    #expect(!FileManager.default.fileExists(atPath: out))
  }

  @Test func foldersThatAreNoRunAreRefused() throws {
    #expect(
      failure { try RunDirectory.open(scratch.path, forWork: true) }?.message
        == "\(scratch.path): is no run (it has no run.json)")
    #expect(failure { try RunDirectory.open(out, forWork: true) }?.kind == .missingInput)
    let recipe = try resolve()
    #expect(
      failure { try RunDirectory.create(scratch.path, recipe: recipe) }?.message
        .contains("holds other files") == true)
    _ = try RunDirectory.create(out, recipe: recipe)
    #expect(failure { try RunDirectory.create(out, recipe: recipe) }?.kind == .cannotCreate)
  }

  @Test func creationCanBeRepeatedAfterAKill() throws {
    try Files.makeFolder(out)
    try scratch.file("run/lock", "123\n")
    try scratch.file("run/.run.json.2147483001.tmp", "{")
    #expect(try openOrCreate().recipe.tasks.count == 3)
  }

  @Test(arguments: [
    (#"{"format": 2}"#, "has format 2, made by a newer program"),
    (#"{"format": 1, "recipe": {"lx": 1}, "started": [], "data": {}}"#, "'lx' is no option"),
    (#"{"format": 1, "recipe": {"lr": 0}, "started": [], "data": {}}"#, "lr 0: must be"),
    (#"{"format": 1, "recipe": {}, "started": ["x"], "data": {}}"#, "is damaged"),
    (#"{"format": 1"#, "is damaged"), ("", "is damaged"),
  ])
  func damagedRecordsAreRefused(text: String, message: String) throws {
    try Files.makeFolder(out)
    try scratch.file("run/run.json", text)
    let failure = try #require(failure { try RunDirectory.open(out, forWork: false) })
    #expect(failure.kind == .badData)
    #expect(failure.message.hasPrefix("\(out)/run.json: \(message)"), "\(failure)")
  }

  @Test func pathsStayInsideTheRun() throws {
    let run = try openOrCreate()
    #expect(try run.ticket(task: "ner", round: 3) == "\(out)/tickets/ner/round-03.ticket")
    #expect(try run.ticket(task: "ner", round: 120) == "\(out)/tickets/ner/round-120.ticket")
    #expect(try run.chosenTicket(task: "ner") == "\(out)/tickets/ner/ticket.ticket")
    for name in ["..", ".", "", "a/b", "/etc", "a\0", "é", ".hidden"] {
      #expect(failure { try run.chosenTicket(task: name) }?.kind == .usage, "\(name)")
    }
  }

  @Test func logLinesCarryTheTime() throws {
    let log = RunLog(try openOrCreate(), now: { Date(timeIntervalSince1970: 0) })
    try log.write("warm-up\nbegins")
    try log.write("done")
    #expect(
      try scratch.text("run/log.txt")
        == "1970-01-01T00:00:00Z warm-up begins\n1970-01-01T00:00:00Z done\n")
  }
}
