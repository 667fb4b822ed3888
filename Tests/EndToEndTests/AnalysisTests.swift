import Foundation
import TestSupport
import Testing

/// Commands that look into trained networks: conflicts between tasks, and words.
@Suite(.timeLimit(.minutes(10))) struct AnalysisTests {
  private let sample: Sample
  private let scratch: Scratch

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  @Test func conflicts() throws {
    let arguments = ["conflicts", sample.run, "--batches", "3"]
    let json = try tickets(arguments + ["--json"]).json()
    #expect(json["network"] as? String == "sparse")
    let rows = try #require(json["rows"] as? [[String: Any]])
    #expect(Set(rows.compactMap { $0["region"] as? String }) == ["all", "inside", "outside"])
    #expect(rows.allSatisfy { ($0["mean"] as? Double).map { abs($0) <= 1 } ?? true })
    let contrasts = try #require(json["contrasts"] as? [[String: Any]])
    #expect(contrasts.compactMap { $0["tasks"] as? [String] }.count == 3)
    let csv = try tickets(arguments + ["--csv", "--svg", scratch.path("c.svg")])
    #expect(csv.output.split(separator: "\n").count == rows.count + 1)
    #expect(try scratch.text("c.svg").contains("pos–chunk"))
    let text = try tickets(arguments + ["--sharing", "hard"])
    #expect(text.output.contains("Inside and outside") && text.output.contains("lstm.weight_hh_l0"))
    // Without dropout, and with named streams: the same at every call.
    #expect(try tickets(arguments + ["--sharing", "hard"]).output == text.output)
    let warm = try tickets(arguments + ["--warm-up"])
    #expect(warm.code == 0 && warm.output.contains("of warm-up"))
    let single = try tickets(arguments + ["--sharing", "single"])
    #expect(
      single.code == 64 && single.errors.contains("--sharing single: trains every task alone"))
    #expect(try tickets(["conflicts", sample.run, "--batches", "0"]).code == 64)
  }

  @Test func words() throws {
    let json = try tickets(["words", sample.run, "--split", "dev", "--top", "5", "--json"]).json()
    #expect(json["sharing"] as? String == "sparse" && json["units"] as? Int == 16)
    let common = try #require(json["common"] as? [[String: Any]])
    // The tasks have the same sentences, so no word is one task's only.
    #expect(common.count == 5 && (json["others"] as? [Any])?.isEmpty == true)
    let q = common.compactMap { $0["q"] as? Double }
    #expect(q == q.sorted(by: >) && q.allSatisfy { $0 > 0 && $0 <= 1 })
    let single = try tickets(["words", sample.run, "--sharing", "single"])
    #expect(single.code == 64 && single.errors.contains("--sharing single: has no states"))
    #expect(try tickets(["words", sample.run, "--split", "train"]).code == 64)
  }
}
