import Foundation
import TestSupport
import Testing

/// What users are told about sentences that stand in two splits: dev's in training, test's when
/// they are scored, and not before.
@Suite(.timeLimit(.minutes(10))) struct SharedSentenceTests {
  @Test func trainingNotesDevAndEvaluationTest() throws {
    let sample = try Sample.shared.get()
    let scratch = try Scratch()
    let text = { (split: String) in
      try String(contentsOfFile: "\(sample.folder)/\(split).conll", encoding: .utf8)
    }
    let (dev, test) = (try text("dev"), try text("test"))
    // Sentences of five tokens or more, which alone count.
    let long = { (text: String) in
      text.components(separatedBy: "\n\n").count { sentence in
        sentence.split(separator: "\n").count { !$0.hasPrefix("#") } >= 5
      }
    }
    try scratch.file("train.conll", text("train") + dev + test)
    try scratch.file("dev.conll", dev)
    try scratch.file("test.conll", test.replacingOccurrences(of: "\tNN\t", with: "\tXX\t"))
    let files = Sample.words("--train train.conll --dev dev.conll --test test.conll")
    let run = try tickets(
      ["run", "--out", "run", "--tasks", "pos=1", "--sharing", "hard", "--jobs", "1"]
        + Sample.size + files, in: scratch.path)
    #expect(run.code == 0)
    let notes = run.errors.split(separator: "\n").filter { $0.contains("train too") }
    #expect(
      notes == [
        "note: \(long(dev)) of \(long(dev)) dev sentences are in train too, with the same labels"
      ])
    let evaluated = try tickets(["evaluate", "run"], in: scratch.path)
    #expect(
      evaluated.errors.contains(
        "tickets: warning: \(long(test)) of \(long(test)) test sentences are in train too, "))
    #expect(evaluated.errors.contains("of them with the same labels\n"))
    #expect(run.output.contains("test sentences are in train too"))
    let log = try scratch.text("run/log.txt")
    #expect(log.contains("dev sentences") && !log.contains("test sentences"))
  }
}
