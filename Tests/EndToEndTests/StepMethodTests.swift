import Basics
import Foundation
import TestSupport
import Testing

/// Tasks that pass gradients or have them balanced, from the command line.
@Suite(.timeLimit(.minutes(10))) struct StepMethodTests {
  private let sample: Sample
  private let scratch: Scratch

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  /// The options of a run whose tasks have the same labels, one in their places and one not.
  private func command(_ out: String, _ more: String) -> [String] {
    ["run", "--out", scratch.path(out), "--checkpoint-seconds", "0", "--quiet"] + Sample.size
      + Sample.words(
        "--train \(sample.folder)/train.conll --dev \(sample.folder)/dev.conll "
          + "--test \(sample.folder)/test.conll --tasks pos=1,mixed=random:1 \(more)")
  }

  /// Every method through all stages, tickets included, killed and continued: the same bytes.
  @Test(arguments: [
    "--communicate pairwise", "--communicate listwise --passing first-order",
    "--communicate listwise --passing-weights measured --passing-root 2", "--balance sum",
    "--balance uncertainty", "--balance pcgrad", "--balance cagrad",
  ])
  func killedAndContinued(method: String) throws {
    let options = method + " --sharing sparse,hard,cross-stitch"
    let whole = try tickets(command("whole", options) + ["--jobs", "1"])
    #expect(whole.code == 0, "\(whole.errors)")
    var chance = RandomStream(seed: 5, method)
    for kill in 0..<8 {
      let running = try Running(command("cut", options) + ["--jobs", "\(1 + kill % 2)"])
      usleep(UInt32(1e6 * sample.seconds * 0.3 * Double(chance.uniform())))
      running.send(SIGKILL)
      _ = try running.end()
    }
    let last = try tickets(command("cut", options) + ["--jobs", "2"])
    #expect(last.code == 0, "\(last.errors)")
    #expect(try differences(scratch.path("cut"), scratch.path("whole")) == [])
  }

  /// Measured weights: own networks know their task, and the stage is not done again.
  @Test func relatedness() throws {
    let run = scratch.path("run")
    let made = try tickets(
      command("run", "--communicate listwise --passing-weights measured --sharing hard"))
    #expect(made.code == 0, "\(made.errors)")
    let file = try Data(contentsOf: URL(fileURLWithPath: run + "/relatedness.json"))
    let shown = try tickets(["relatedness", run, "--json"]).json()
    let scores = try #require(shown["scores"] as? [[Double]])
    let weights = try #require(shown["weights"] as? [[Double]])
    #expect(weights[0][0] == 1 && weights[1][1] == 1)
    for (i, j) in [(0, 1), (1, 0)] {
      #expect(abs(weights[i][j] - min(1, scores[i][j] / scores[j][j])) < 1e-12)
    }
    // A network that learned parts of speech knows more of them than of shuffled ones.
    #expect(scores[0][0] > scores[1][0])
    let again = try tickets(["relatedness", run, "--csv", "--svg", scratch.path("r.svg")])
    #expect(again.output.hasPrefix("trained_on,scored_on,score,weight\npos,pos,"))
    #expect(try scratch.text("r.svg").contains("mixed"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: run + "/relatedness.json")) == file)
    try scratch.file("run/relatedness.json", "{\"tasks\":[\"pos\"],\"scores\":[[2]]}")
    let damaged = try tickets(["relatedness", run])
    #expect(damaged.code == 65 && damaged.errors.contains("relatedness.json: is damaged"))
  }

  @Test(arguments: [
    ("--tasks pos=1 --communicate pairwise", "--communicate pairwise: needs two tasks or more"),
    ("--tasks pos=1 --balance pcgrad", "--balance pcgrad: needs two tasks or more"),
    (
      "--communicate pairwise --balance cagrad",
      "--balance cagrad: cannot be combined with communicate pairwise"
    ),
    (
      "--communicate listwise --passing-weights 1,0.5",
      "--passing-weights 1,0.5: must have 2 rows of 2 numbers"
    ),
    ("--passing-weights 1,x;1,1", "--passing-weights 1,x;1,1: must be 'equal', 'measured', or"),
    ("--passing-rate 0", "--passing-rate 0: must be a number above 0"),
    ("--balance equal", "--balance equal: must be weights or sum or"),
    (
      "--tasks pos=1,ner=3 --communicate listwise --passing-weights measured",
      "--passing-weights measured: tests a task's network on another task's data, but pos and ner"
    ),
  ])
  func refused(options: String, message: String) throws {
    let outcome = try tickets(command("bad", options + " --sharing hard"))
    #expect(outcome.code == 64 && outcome.output == "")
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
    #expect(outcome.errors.filter(\.isNewline).count == 1, "\(outcome.errors)")
    // Nothing holds on to what was refused.
    #expect(!FileManager.default.fileExists(atPath: scratch.path("bad/run.json")))
    #expect(
      !FileManager.default.fileExists(atPath: scratch.path("bad/train/hard/weights.safetensors")))
  }
}
