import Basics
import Foundation
import Masks
import TestSupport
import Testing

/// Pools of modules, paths and their search, from the command line.
@Suite(.timeLimit(.minutes(10))) struct ModuleTests {
  private let sample: Sample
  private let scratch: Scratch

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  /// Modules of 8 units a direction over word vectors of 12 numbers and 4 character filters.
  private func command(_ out: String, _ options: String, jobs: Int = 1) -> [String] {
    ["run", "--out", scratch.path(out), "--checkpoint-seconds", "0", "--jobs", "\(jobs)"]
      + Sample.size + sample.data
      + Sample.words(
        "--word-dim 12 --modules 4 --search-lr 0.01 --fine-tune-epochs 2 " + options)
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: scratch.path(folder)).sorted()
  }

  /// A search, then heads, then nothing but its result; a search as warm-up, then tickets on the
  /// paths that it found.
  @Test func fromSearchToTickets() throws {
    let made = try tickets(
      command("run", "--base modules --sharing sparse,modules --search-updates together"))
    try #require(made.code == 0, "\(made.errors)")
    #expect(try names("run/train/modules") == ["weights.safetensors"])
    #expect(try names("run/warmup") == ["paths.json", "weights.safetensors"])
    let paths = try JSONDecoder().decode(
      [String: [Int]].self,
      from: Data(scratch.unsealed("run/warmup/paths.json").utf8))
    for task in Sample.tasks {
      let path = try #require(paths[task])
      #expect((1...4).contains(path.count) && path.allSatisfy { (1...4).contains($0) })
      let masks = try Ticket(contentsOf: scratch.path("run/tickets/\(task)/ticket.ticket")).masks
      let modules = Set(
        masks.entries.map(\.name).filter { $0.hasPrefix("lstm.") }
          .map { String($0.split(separator: ".")[1]) })
      #expect(modules == Set(path.map { "module\($0)" }))
      // A direction of a module has 4 · 8 · (16 + 8) weights, the filters 4 · 4 · 3.
      #expect(masks.prunableCount == 48 + modules.count * 2 * 768)
      #expect(masks.aliveCount == Int((0.3 * Double(masks.prunableCount)).rounded()))
    }
    let metrics = try scratch.metrics("run")
    for name in ["reward.pos", "policy_entropy.ner", "fine-tune/modules"] {
      #expect(metrics.contains(name))
    }
    let run = scratch.path("run")
    for arguments in [
      ["evaluate", run], ["report", run], ["overlap", run], ["conflicts", run, "--batches", "2"],
      ["predict", run, "\(sample.folder)/test.conll", "--task", "ner", "--sharing", "modules"],
      ["bench", "--run", run, "--seconds", "0.01", "--repeats", "1"],
    ] {
      let outcome = try tickets(arguments)
      #expect(outcome.code == 0, "\(arguments[0]): \(outcome.errors)")
    }
    let adapted = try tickets(
      Sample.words("adapt \(run) --task form=comment:form --examples 10 --draws 1 --epochs 1"))
    #expect(adapted.code == 66 && adapted.errors.contains("has an encoder that its tasks share"))
  }

  /// Of given paths tasks read just their modules, and nothing is searched for: steps are free to be
  /// any.
  @Test func givenPaths() throws {
    let made = try tickets(
      command("run", "--sharing modules --paths pos=1,chunk=2,ner=2-1 --balance sum"))
    try #require(made.code == 0, "\(made.errors)")
    let metrics = try scratch.metrics("run")
    #expect(!metrics.contains("policy_entropy") && !metrics.contains("fine-tune"))
    let results = try tickets(["evaluate", scratch.path("run"), "--json"]).json()["results"]
    let counts = try #require(results as? [[String: Any]])
      .filter { $0["sharing"] as? String == "modules" }.map { $0["task_parameters"] as? Int }
    #expect(counts == [48 + 1536, 48 + 1536, 48 + 2 * 1536])
  }

  /// Whatever is done side by side, and however often it is killed, the bytes are the same.
  @Test(arguments: ["--search-updates each", "--search-updates together --search-baseline 0.9"])
  func jobsAndKillsChangeNothing(options: String) throws {
    let options = "--quiet --base modules --sharing sparse,modules " + options
    try expectKillsChangeNothing(in: scratch, chance: "kill modules") {
      command($0, options, jobs: $1)
    }
  }

  @Test(arguments: [
    (
      "--sharing modules --paths pos=1,chunk=1,ner=7",
      "--paths ner=7: there is no module 7; the pool has the modules 1 to 4"
    ),
    ("--sharing modules --paths pos=1", "--paths: task chunk has no path"),
    ("--sharing modules --paths pos=1,verb=2", "--paths verb: there is no such task"),
    ("--sharing modules --paths pos=1-", "--paths pos=1-: must be task=path pairs"),
    ("--sharing modules --path-length 0", "--path-length 0: must be a whole number from 1 to 16"),
    ("--sharing modules --modules 1", "--modules 1: there is nothing to choose"),
    (
      "--sharing modules --hidden 9",
      "--hidden 9: modules give 2 · 9 = 18 numbers a row, but the input layer gives 16"
    ),
    (
      "--sharing modules --search-paths 1",
      "--search-paths 1: the softmax of one reward is always 1"
    ),
    (
      "--base modules --sharing sparse --start-ticket /x.ticket",
      "--start-ticket /x.ticket: one ticket cannot fit"
    ),
    ("--sharing modules --balance sum", "--balance sum: cannot be combined with a search"),
    (
      "--base modules --sharing sparse --warmup-epochs 0",
      "--warmup-epochs 0: with base modules the warm-up is the search"
    ),
    ("--sharing modules --adversary 0.1", "--adversary 0.1: modules has no states"),
    (
      "--sharing sluice --directions forward",
      "--subspaces 2: layers that read forward only have no subspaces"
    ),
  ])
  func refused(options: String, message: String) throws {
    let outcome = try tickets(command("refused", options))
    #expect(outcome.code == 64)
    #expect(outcome.errors.hasPrefix("tickets: \(message)"), "\(outcome.errors)")
    #expect(outcome.errors.split(separator: "\n").count == 1)
    #expect(!FileManager.default.fileExists(atPath: scratch.path("refused")))
  }

  /// A file of paths that someone has changed is refused by name.
  @Test(arguments: ["{", "{\"pos\": [1]}", "{\"pos\":[1],\"chunk\":[9],\"ner\":[1]}", "[]"])
  func damagedPaths(text: String) throws {
    let options = "--base modules --sharing sparse --quiet"
    #expect(try tickets(command("run", options)).code == 0)
    try scratch.file("run/warmup/paths.json", text)
    let outcome = try tickets(["evaluate", scratch.path("run")])
    #expect(outcome.code == 65, "\(outcome.errors)")
    #expect(outcome.errors.contains("warmup/paths.json: does not hold a path"))
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }

  /// Other paths through the same modules are no longer what was trained.
  @Test func exchangedPaths() throws {
    let options = "--base modules --sharing sparse --quiet"
    #expect(try tickets(command("run", options)).code == 0)
    let path = scratch.path("run/warmup/paths.json")
    var paths = try JSONDecoder().decode(
      [String: [Int]].self, from: Data(scratch.unsealed("run/warmup/paths.json").utf8))
    let own = try #require(paths["pos"])
    paths["pos"] =
      own.count == 1 ? own + own : own.count < 4 ? own + [own[0]] : Array(own.dropLast())
    try JSONEncoder().encode(paths).write(to: URL(fileURLWithPath: path))
    let outcome = try tickets(["evaluate", scratch.path("run")])
    #expect(outcome.code == 65, "\(outcome.errors)")
    #expect(outcome.errors.contains("paths.json: has the paths pos="))
  }

  /// A policy that says nothing is refused wherever it would choose.
  @Test func damagedPolicy() throws {
    #expect(try tickets(command("run", "--sharing modules --quiet")).code == 0)
    let path = scratch.path("run/train/modules/weights.safetensors")
    let file = try SafeTensors(contentsOf: path)
    let tensors = try file.tensors.map { entry in
      var values = try file.floats(entry.name)
      if entry.name == "controller.output.bias" { values[0] = .nan }
      return SafeTensors.Tensor(entry.name, shape: entry.shape, floats: values)
    }
    try SafeTensors.write(tensors, metadata: file.metadata, to: path)
    for command in [["evaluate"], ["paths"], ["predict"]] {
      let more = command == ["predict"] ? ["\(sample.folder)/test.conll", "--task", "pos"] : []
      let outcome = try tickets(command + [scratch.path("run")] + more)
      #expect(outcome.code == 65, "\(command): \(outcome.errors)")
      #expect(
        outcome.errors.contains("weights.safetensors: tensor controller.output.bias is damaged"))
    }
  }

  /// Modules of another width than the file's are refused by the tensor's name.
  @Test func unequalWidths() throws {
    #expect(try tickets(command("run", "--sharing modules --quiet")).code == 0)
    #expect(
      try tickets(command("wide", "--sharing modules --quiet --hidden 10 --word-dim 16")).code == 0)
    let file = "train/modules/weights.safetensors"
    try FileManager.default.removeItem(atPath: scratch.path("run/\(file)"))
    try FileManager.default.copyItem(
      atPath: scratch.path("wide/\(file)"), toPath: scratch.path("run/\(file)"))
    let outcome = try tickets(["evaluate", scratch.path("run")])
    #expect(outcome.code == 65)
    #expect(outcome.errors.contains("has shape [") && outcome.errors.contains("the network needs"))
  }
}
