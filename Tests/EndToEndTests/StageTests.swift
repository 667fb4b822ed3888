import Basics
import Foundation
import Masks
import TestSupport
import Testing

/// Stages: done once, the same however they are executed, and bound to their options.
@Suite(.timeLimit(.minutes(10))) struct StageTests {
  private let sample: Sample, scratch: Scratch, out: String

  init() throws { (sample, scratch, out) = try Sample.beside() }

  @Test func jobsChangeNothing() throws {
    #expect(try tickets(sample.command(out: out, jobs: 2)).code == 0)
    #expect(try differences(out, sample.run) == [])
    #expect(try products(of: out).count == 25)
  }

  @Test func stagesOneByOneMakeTheSameRun() throws {
    let quiet = ["--quiet", "--jobs", "1"]
    for arguments in [
      ["warmup", "--out", out] + Sample.size + sample.data, ["prune", out, "--task", "ner"],
      ["prune", out, "--task", "pos"], ["prune", out], ["train", out, "--sharing", "single"],
      ["train", out, "--sharing", "sparse,hard"],
      ["train", out, "--sharing", "sparse,hard,single"],
    ] {
      let outcome = try tickets(arguments + quiet)
      #expect(outcome.code == 0 && outcome.errors == "", "\(outcome.errors)")
    }
    #expect(try tickets(["evaluate", out]).code == 0)
    #expect(try differences(out, sample.run) == [])
  }

  /// What was only tried out, or cannot be, leaves the run as it was.
  @Test func refusedAndDryCommandsRecordNothing() throws {
    let warmup = ["warmup", "--out", out, "--quiet"] + Sample.size + sample.data
    #expect(try tickets(warmup).code == 0)
    let record = try Data(contentsOf: URL(fileURLWithPath: out + "/run.json"))
    let dry = try tickets(["prune", out, "--rounds", "7", "--density", "0.7", "--dry-run"])
    #expect(dry.code == 0 && dry.output.contains("7: "), "\(dry.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: out + "/run.json")) == record)
    let whole = try tickets(["prune", out, "--density", "1"])
    #expect(whole.code == 64 && whole.errors.contains("--density 1"))
    #expect(try tickets(["prune", out, "--density", "0.4", "--rounds", "1", "--quiet"]).code == 0)
  }

  @Test func finishedStagesAreNotDoneAgain() throws {
    let copy = try sample.copy(to: scratch)
    let before = try times(copy)
    let start = ContinuousClock.now
    for arguments in [
      sample.command(out: copy, jobs: 2), ["warmup", "--out", copy], ["prune", copy],
      ["train", copy],
    ] {
      let outcome = try tickets(arguments)
      #expect(outcome.code == 0 && outcome.errors == "", "\(outcome.errors)")
    }
    #expect(ContinuousClock.now - start < .seconds(4 * sample.seconds))
    #expect(try times(copy) == before)
    #expect(before.count == 36)
  }

  @Test(arguments: [
    (["warmup", "--out", "RUN"], "--warmup-epochs", "3", "2"),
    (["run", "--out", "RUN"], "--lr", "0.5", "0.05"),
    (["run", "--out", "RUN"], "--tasks", "pos=1", "pos=1,chunk=2,ner=3"),
    (["prune", "RUN"], "--density", "0.2", "0.3"),
    (["prune", "RUN", "--task", "ner", "--dry-run"], "--rounds", "5", "2"),
    (["train", "RUN"], "--epochs", "9", "3"),
    (["train", "RUN"], "--hidden", "16", "8"),
  ])
  func changedOptionIsNamed(
    arguments: [String], option: String, new: String, old: String
  ) throws {
    let copy = try sample.copy(to: scratch)
    let outcome = try tickets(arguments.map { $0 == "RUN" ? copy : $0 } + [option, new])
    #expect(outcome.code == 64 && outcome.output == "")
    #expect(
      outcome.errors == "tickets: \(option) \(new): the run \(copy) was started with \(old);"
        + " leave the option out, or choose another folder\n")
    #expect(try differences(copy, sample.run) == [])
  }

  @Test func secondProcessIsKeptOut() throws {
    let command = sample.command(out: out, jobs: 1) + ["--patience", "0"]
    let first = try Running(command + ["--warmup-epochs", "100000"])
    #expect(try first.waits(for: "warm-up epoch 1/100000: "))
    for arguments in [command, ["prune", out]] {
      let second = try tickets(arguments)
      #expect(second.code == 75 && second.output == "")
      #expect(
        second.errors == "tickets: \(out): is in use by process \(first.identifier);"
          + " wait for it or stop it, then run this again\n")
    }
    // Those who only look are let in; the first goes on.
    #expect(try tickets(["overlap", out]).code == 66)
    #expect(try first.waits(for: "warm-up epoch 2/100000: "))
    first.send(SIGINT)
    #expect(try first.end().code == 130)
  }

  @Test func correctedOptionsAreTakenAfterAFailedStart() throws {
    var data = sample.data
    let tasks = try #require(data.firstIndex(of: "pos=1,chunk=2,ner=3"))
    data[tasks] = "pos=1,ner=9"
    let start = ["warmup", "--out", out] + Sample.size
    #expect(try tickets(start + data).code == 64)
    data[tasks] = "pos=1,ner=3"
    let dev = try #require(data.firstIndex(of: "\(sample.folder)/dev.conll"))
    data[dev] = try scratch.file("dev.conll", "\n")
    #expect(try tickets(start + data).code == 65)
    try scratch.file("dev.conll", "a\tDT\tO\tO\n")
    let outcome = try tickets(start + data + ["--quiet"])
    #expect(outcome.code == 0, "\(outcome.errors)")
    // Neither pruning nor training binds its options before it can begin.
    let early = try tickets(["train", out, "--sharing", "sparse", "--epochs", "7"])
    #expect(early.code == 66)
    #expect(try tickets(["prune", out, "--start-ticket", "/nowhere", "--rounds", "1"]).code == 66)
    for arguments in [
      ["prune", out, "--start-ticket", sample.run + "/tickets/pos/round-01.ticket"],
      ["train", out, "--epochs", "1", "--sharing", "hard"],
    ] {
      let outcome = try tickets(arguments + ["--quiet"])
      #expect(outcome.code == 0, "\(outcome.errors)")
    }
  }

  /// Tickets of ones leave nothing out: the shared subnets are the one network of hard sharing.
  @Test func ticketsOfOnesAreHardSharing() throws {
    let copy = try sample.copy(to: scratch)
    try FileManager.default.removeItem(atPath: "\(copy)/train")
    let origin = try Digest.sha256(file: "\(copy)/theta0.safetensors")
    for task in Sample.tasks {
      let path = "\(copy)/tickets/\(task)/ticket.ticket"
      let found = try Ticket(contentsOf: path)
      // Tickets of rounds that are there would not be this one.
      try FileManager.default.removeItem(atPath: "\(copy)/tickets/\(task)")
      try Files.makeFolder("\(copy)/tickets/\(task)")
      #expect(found.origin == origin && found.masks.density < 0.7)
      let ones = found.masks.entries.map {
        MaskSet.Entry(
          name: $0.name, shape: $0.shape, mask: BitMask(repeating: true, count: $0.mask.count))
      }
      try Ticket(
        task: task, round: 0, criterion: "magnitude", scope: "global", origin: origin,
        masks: MaskSet(ones)
      ).write(to: path)
    }
    #expect(try tickets(["train", copy, "--sharing", "sparse,hard", "--quiet"]).code == 0)
    let weights = try ["sparse", "hard"].map {
      try SafeTensors(contentsOf: "\(copy)/train/\($0)/weights.safetensors")
    }
    #expect(weights[0].tensors == weights[1].tensors)
    let warmup = try SafeTensors(contentsOf: "\(copy)/warmup/weights.safetensors")
    var moved = false
    for name in weights[0].tensors.map(\.name) {
      let values = try weights.map { try $0.withBytes(of: name) { Array($0) } }
      #expect(values[0] == values[1], "\(name)")
      moved = try moved || values[0] != warmup.withBytes(of: name) { Array($0) }
    }
    #expect(moved)
    // With the tickets pruning found the two differ.
    let pruned = try ["sparse", "hard"].map {
      try SafeTensors(contentsOf: "\(sample.run)/train/\($0)/weights.safetensors")
        .withBytes(of: "lstm.weight_hh_l0") { Array($0) }
    }
    #expect(pruned[0] != pruned[1])
  }

  /// When every file of the run was last changed, by its name.
  private func times(_ path: String) throws -> [String: Date] {
    var times: [String: Date] = [:]
    let names = try #require(FileManager.default.enumerator(atPath: path))
    for case let name as String in names
    where name != "lock" && !name.hasPrefix("results") {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
      guard attributes[.type] as? FileAttributeType == .typeRegular else { continue }
      times[name] = attributes[.modificationDate] as? Date
    }
    return times
  }
}
