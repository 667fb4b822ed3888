import Basics
import Corpora
import Foundation
import Runs
import TestSupport
import Testing

/// A tiny experiment: the first sentences of the built-in corpus as files, the options of a tiny
/// network, and a finished run with one job that all tests may read and none may change.
struct Sample: Sendable {
  /// Holds train.conll, dev.conll, test.conll and the finished `run`.
  let folder: String
  /// Seconds the run took.
  let seconds: Double

  static let tasks = ["pos", "chunk", "ner"]

  /// Small, and quick to learn something.
  static let size = words(
    "--layers 1 --hidden 8 --word-dim 8 --char-dim 4 --char-filters 4 --optimizer adam --lr 0.05"
      + " --dropout 0.1 --warmup-epochs 2 --rounds 2 --round-epochs 2 --density 0.3 --epochs 3")

  /// The files and tasks.
  var data: [String] {
    Self.words(
      "--train \(folder)/train.conll --dev \(folder)/dev.conll --test \(folder)/test.conll"
        + " --tasks pos=1,chunk=2,ner=3")
  }

  /// The finished run.
  var run: String { "\(folder)/run" }

  /// The command that makes such a run in `out`, checkpointing after every epoch.
  func command(out: String, jobs: Int) -> [String] {
    ["run", "--out", out, "--jobs", "\(jobs)", "--checkpoint-seconds", "0"] + Self.size + data
  }

  /// A copy of the finished run, to be changed.
  func copy(to scratch: Scratch) throws -> String {
    try FileManager.default.copyItem(atPath: run, toPath: scratch.path("run"))
    return scratch.path("run")
  }

  /// Copies its files, `train.conll` and so on, to be named without their folder.
  func copyData(to scratch: Scratch) throws {
    for split in SyntheticCorpus.Split.allCases {
      let name = "\(split.rawValue).conll"
      try FileManager.default.copyItem(atPath: "\(folder)/\(name)", toPath: scratch.path(name))
    }
  }

  /// What most suites begin with: the sample, a folder of a test's own beside it, and the path of a
  /// run in it.
  static func beside() throws -> (Sample, Scratch, run: String) {
    let scratch = try Scratch()
    return (try shared.get(), scratch, scratch.path("run"))
  }

  /// Made once for all tests.
  static let shared = Result { try make() }

  private static func make() throws -> Sample {
    let folder = NSTemporaryDirectory() + "tickets-sample-" + UUID().uuidString
    try Files.makeFolder(folder)
    // It lives as long as the process.
    atexit { if let sample = try? Sample.shared.get() { Sample.remove(sample.folder) } }
    for (split, count) in [(SyntheticCorpus.Split.train, 60), (.dev, 25), (.test, 25)] {
      let text = String(decoding: SyntheticCorpus(seed: 1).text(split), as: UTF8.self)
      let sentences = text.components(separatedBy: "\n\n").prefix(count)
      try Files.writeAtomically(
        Data((sentences.joined(separator: "\n\n") + "\n\n").utf8),
        to: "\(folder)/\(split.rawValue).conll")
    }
    let start = ContinuousClock.now
    let sample = Sample(folder: folder, seconds: 0)
    let outcome = try tickets(sample.command(out: sample.run, jobs: 1))
    try #require(outcome.code == 0, "\(outcome.errors)")
    return Sample(folder: folder, seconds: (ContinuousClock.now - start) / .seconds(1))
  }

  private static func remove(_ folder: String) {
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// `text` cut at its blanks.
  static func words(_ text: String) -> [String] {
    text.split(separator: " ").map(String.init)
  }
}

/// Every file of the run at `path` that has to be the same however the run was made, by its path
/// inside the run: all but those, also of runs in folders below, that hold times, process numbers or
/// random names, as results do that are kept.
func products(of path: String) throws -> [String: Data] {
  var files: [String: Data] = [:]
  let names = try #require(FileManager.default.enumerator(atPath: path))
  for case let name as String in names {
    let parts = name.split(separator: "/").map(String.init)
    guard !["lock", "log.txt", "pace.json", "tensorboard.id"].contains(parts.last),
      Set(parts).isDisjoint(with: ["results", "metrics", "guards", "logs"])
    else { continue }
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(
      atPath: "\(path)/\(name)", isDirectory: &isFolder)
    if isThere && !isFolder.boolValue { files[name] = try Files.read("\(path)/\(name)") }
  }
  return files
}

/// Names the files in which the runs at `path` and `reference` differ, or that one lacks.
func differences(_ path: String, _ reference: String) throws -> [String] {
  let (a, b) = (try products(of: path), try products(of: reference))
  return Set(a.keys).union(b.keys).filter { a[$0] != b[$0] }.sorted()
}

extension Scratch {
  /// All lines of the metrics of the run called `run`.
  func metrics(_ run: String) throws -> String {
    try MetricsLog.files(of: path(run + "/metrics"))
      .map { String(decoding: try Files.read($0), as: UTF8.self) }.joined()
  }
}
