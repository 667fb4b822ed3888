import Basics
import Foundation
import Masks
import TestSupport
import Testing

/// `tickets localize`: masks of a finished run without pruning.
@Suite(.timeLimit(.minutes(10))) struct LocalizeTests {
  private let sample: Sample, scratch: Scratch, run: String

  init() throws {
    (sample, scratch, run) = try Sample.beside()
    _ = try sample.copy(to: scratch)
  }

  private func tasks(_ options: String = "") throws -> [[String: Any]] {
    let json = try tickets(["localize", run, "--json"] + Sample.words(options)).json()
    return try #require(json["tasks"] as? [[String: Any]])
  }

  @Test func masksAreThoseOfTheWeightsFiles() throws {
    let lambdas = [0.25, 0.5, 1]
    let found = try tasks("--lambda 0.25,0.5,1")
    #expect(found.compactMap { $0["task"] as? String } == Sample.tasks)
    // θ⁰ is the initialisation, from which a run without warm-up begins.
    let fresh = scratch.path("fresh")
    let warmup = ["warmup", "--out", fresh] + Sample.size + sample.data
    #expect(try tickets(warmup + ["--warmup-epochs", "0", "--quiet"]).code == 0)
    let theta0 = "\(run)/localized/theta0.safetensors"
    let (start, initial) = (
      try SafeTensors(contentsOf: theta0),
      try SafeTensors(contentsOf: "\(fresh)/warmup/weights.safetensors")
    )
    let hard = try SafeTensors(contentsOf: "\(run)/train/hard/weights.safetensors")
    for row in found {
      let task = try #require(row["task"] as? String)
      let own = try SafeTensors(contentsOf: "\(run)/train/single/\(task)/weights.safetensors")
      let ticket = try Ticket(contentsOf: "\(run)/localized/\(task).ticket")
      #expect(try ticket.origin == Digest.sha256(file: theta0) && ticket.criterion == "localize")
      let candidates = try #require(row["candidates"] as? [[String: Any]])
      var counts = lambdas.map { _ in 0 }
      for entry in ticket.masks.entries {
        let (s, m, t) = (
          try start.floats(entry.name), try hard.floats(entry.name), try own.floats(entry.name)
        )
        #expect(try s == initial.floats(entry.name), "\(entry.name)")
        for (index, lambda) in lambdas.enumerated() {
          let isAlive = s.indices.map { abs(s[$0] - t[$0]) > Float(lambda) * abs(m[$0] - t[$0]) }
          counts[index] += isAlive.count { $0 }
          if ticket.scope == "lambda \(lambda)" { #expect(entry.mask == BitMask(isAlive)) }
        }
      }
      #expect(candidates.compactMap { $0["alive"] as? Int } == counts)
      #expect(counts == counts.sorted(by: >) && counts[0] > counts[2])
      // The best on dev, of equal ones the sparser.
      let best = candidates.enumerated().max {
        let (a, b) = ($0.element["dev"] as! Double, $1.element["dev"] as! Double)
        return a != b ? a < b : $0.offset < $1.offset
      }
      let chosen = try #require(row["best"] as? [String: Any])
      #expect(chosen["lambda"] as? Double == best?.element["lambda"] as? Double)
    }
  }

  /// Where each task moved every weight, λ = 0 leaves hard sharing as it is; a huge λ leaves only
  /// what hard sharing got right to the bit.
  @Test func extremesOfLambda() throws {
    for row in try tasks("--lambda 0") {
      let best = try #require(row["best"] as? [String: Any])
      try #require(best["density"] as? Double == 1)
      #expect(best["dev"] as? Double == row["hard"] as? Double)
    }
    for row in try tasks("--lambda 1000") {
      let best = try #require(row["best"] as? [String: Any])
      #expect(try #require(best["density"] as? Double) < 0.05)
    }
    let evaluated = try tickets(["evaluate", run, "--split", "dev", "--json"]).json()
    let results = try #require(evaluated["results"] as? [[String: Any]])
    for row in try tasks() {
      for sharing in ["hard", "single"] {
        let result = results.first {
          $0["sharing"] as? String == sharing && $0["task"] as? String == row["task"] as? String
        }
        #expect(result?["value"] as? Double == row[sharing] as? Double)
      }
    }
  }

  @Test func ticketsCanBeComparedAndTheRestStays() throws {
    let text = try tickets(["localize", run])
    #expect(text.code == 0 && text.output.contains("localized") && text.output.contains("overlap"))
    #expect(text.errors.contains("pos localized: λ "))
    let files = Sample.tasks.map { "\(run)/localized/\($0).ticket" }
    let overlap = try tickets(["overlap"] + files)
    #expect(overlap.code == 0 && text.output.contains(overlap.output.suffix(200)))
    let csv = try tickets(["localize", run, "--csv", "--quiet"])
    #expect(csv.errors == "" && csv.output.split(separator: "\n").count == 4)
    let new = Set(files + ["\(run)/localized/theta0.safetensors"]).map {
      $0.dropFirst(run.count + 1)
    }
    #expect(try differences(run, sample.run) == new.map(String.init).sorted())
  }

  @Test func whatCannotBeLocalizedIsNamed() throws {
    for lambda in ["x", "0.1,", "-1", "nan"] {
      let outcome = try tickets(["localize", run, "--lambda=\(lambda)"])
      #expect(outcome.code == 64 && outcome.errors.hasPrefix("tickets: --lambda \(lambda)"))
    }
    let weights = "\(run)/train/single/ner/weights.safetensors"
    let file = try SafeTensors(contentsOf: weights)
    let tensors = try file.tensors.map { entry in
      var values = try file.floats(entry.name)
      if entry.name == "lstm.weight_hh_l0" { values[3] = .nan }
      return SafeTensors.Tensor(entry.name, shape: entry.shape, floats: values)
    }
    try SafeTensors.write(tensors, to: weights)
    let damaged = try tickets(["localize", run])
    #expect(
      damaged.code == 65
        && damaged.errors.contains("\(weights): tensor lstm.weight_hh_l0 is damaged"))
    try FileManager.default.removeItem(atPath: weights)
    let missing = try tickets(["localize", run])
    #expect(missing.code == 66 && missing.errors.contains("single is not trained"))
    #expect(!FileManager.default.fileExists(atPath: "\(run)/localized"))
  }
}
