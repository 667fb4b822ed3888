import Foundation
import TestSupport
import Testing

/// `tickets bench` as a user meets it.
@Suite(.timeLimit(.minutes(10))) struct BenchTests {
  private let sample: Sample

  init() throws { sample = try Sample.shared.get() }

  private let quick = Sample.words("--seconds 0.02 --repeats 1 --batch 4 --threads 1")

  @Test func measuresFilesAsJSON() throws {
    let options = Sample.words(
      "--train \(sample.folder)/train.conll --train \(sample.folder)/dev.conll --tasks pos=1,ner=3"
        + " --hidden 8,12 --layers 1 --density 1,0.3 --json --parts")
    let outcome = try tickets(["bench"] + quick + options)
    #expect(outcome.code == 0 && outcome.errors == "")
    let report = try outcome.json()
    let results = try #require(report["results"] as? [[String: Any]])
    #expect(results.count == 2 * 2 * (1 + 3))
    #expect(results.allSatisfy { $0["tasks"] as? Int == 2 && $0["parts"] != nil })
    let data = try #require(report["data"] as? [String: Any])
    #expect(data["sentences"] as? Int == 85)
    #expect(data["files"] as? [String] == ["train", "dev"].map { "\(sample.folder)/\($0).conll" })
  }

  @Test func measuresARun() throws {
    let outcome = try tickets(["bench", "--run", sample.run, "--json"] + quick)
    #expect(outcome.code == 0 && outcome.errors == "")
    let results = try #require(try outcome.json()["results"] as? [[String: Any]])
    #expect(Set(results.compactMap { $0["masks"] as? String }) == ["none", "ticket"])
    #expect(results.allSatisfy { $0["hidden"] as? Int == 8 && $0["layers"] as? Int == 1 })
  }

  /// A run's own network is measured: its base, and what reads its characters.
  @Test func measuresTheRunsNetwork() throws {
    let scratch = try Scratch()
    let out = scratch.path("sluice")
    let options = Sample.words(
      "--base sluice --char-encoder bilstm --char-hidden 3 --layers 1 --hidden 4 --word-dim 8"
        + " --char-dim 4 --warmup-epochs 1 --rounds 1 --round-epochs 1 --density 0.5 --epochs 1"
        + " --sharing sparse --quiet")
    let made = try tickets(["run", "--out", out] + sample.data + options)
    try #require(made.code == 0, "\(made.errors)")
    let outcome = try tickets(["bench", "--run", out, "--json"] + quick)
    #expect(outcome.code == 0 && outcome.errors == "")
    let results = try #require(try outcome.json()["results"] as? [[String: Any]])
    let bare = try #require(
      results.first { $0["masks"] as? String == "none" && $0["mode"] as? String == "predict" })
    // 3 stacks x 2 directions x 4 gates x 4 units x (8 + 2 x 3 + 4) numbers that they read; two
    // operations a weight.
    #expect(bare["flop_per_token"] as? Double == 3456.0)
    let masked = try #require(results.first { $0["masks"] as? String == "ticket" })
    let density = try #require(masked["density"] as? Double)
    #expect(density > 0.3 && density < 0.7)
    let refused = try tickets(["bench", "--run", out, "--bare"] + quick)
    #expect(refused.code == 64 && refused.errors.contains("sluice"))
  }

  @Test(arguments: [
    ("--batch 0", "tickets: --batch 0: must be whole numbers from 1 to 4096"),
    ("--execution fast", "tickets: --execution fast: must be among auto, dense, sparse"),
    ("--run RUN --hidden 8", "tickets: --run and --hidden exclude each other"),
    ("--run RUN --density 0.5", "tickets: --density: tickets have their own density"),
    ("--run RUN --growth", "tickets: --growth: tickets have their own"),
    ("--train RUN/../train.conll", "tickets: --tasks: missing"),
    ("--hiden 8", "tickets: Unknown option '--hiden'"),
    ("--sentence-length 9999999", "tickets: --sentence-length 9999999: must be"),
  ]) func wrongUsageIsNamed(line: String, message: String) throws {
    let arguments = Sample.words(line).map {
      $0.replacingOccurrences(of: "RUN", with: sample.run)
    }
    let outcome = try tickets(["bench"] + arguments)
    #expect(outcome.code == 64 && outcome.output == "")
    #expect(outcome.errors.hasPrefix(message), "\(outcome.errors)")
    #expect(outcome.errors.filter(\.isNewline).count == 1)
  }
}
