import Basics
import Foundation
import TestSupport
import Testing

/// What training is said to need, against the most that the system has counted for it.
@Suite(.timeLimit(.minutes(10))) struct MemoryTests {
  private let scratch: Scratch

  init() throws {
    let (sample, scratch, _) = try Sample.beside()
    try sample.copyData(to: scratch)
    // A batch of one long sentence.
    try scratch.file("long", String(repeating: "w A O O\n", count: 20_000) + "\nv B O O\n\n")
    self.scratch = scratch
  }

  @Test(arguments: [
    "--train train.conll --dev dev.conll --tasks pos=1,ner=3 --hidden 400 --layers 2",
    "--train train.conll --dev dev.conll --tasks pos=1,ner=3 --hidden 400 --optimizer adam",
    "--train long --dev long --tasks pos=1 --hidden 50 --layers 2",
  ])
  func estimatesAreWithinAFactorOfTwo(options: String) throws {
    let line =
      "run --out new --jobs 1 --quiet --sharing hard --warmup-epochs 1 --epochs 1 " + options
    let refused = try tickets(Sample.words(line + " --max-memory 1K"), in: scratch.path)
    #expect(refused.code == 64)
    let match = try #require(refused.errors.firstMatch(of: /needs about ([0-9]+) MB, the limit/))
    let estimate = try #require(Double(match.1))
    let outcome = try shell(
      "cd '\(scratch.path)'; \"$0\" \(line) > out & while peak=$(grep VmHWM /proc/$!/status);"
        + " do last=$peak; sleep 0.01; done; wait $! && echo $last")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let peak = try #require(outcome.output.firstMatch(of: /VmHWM: *([0-9]+) kB/))
    let measured = try #require(Double(peak.1)) / 1024
    #expect(estimate < 2 * measured && measured < 2 * estimate, "\(estimate) \(measured)")
  }
}

extension MemoryTests {
  /// Without the check allocating ends the process.
  @Test func predictingIsRefusedWhereThereIsTooLittle() throws {
    let sample = try Sample.shared.get()
    try scratch.file("million", String(repeating: "w A O O\n", count: 1_000_000))
    for command in ["predict '\(sample.run)' million", "evaluate '\(sample.run)' --on million"] {
      let outcome = try shell(
        "cd '\(scratch.path)'; ulimit -v 600000; \"$0\" \(command) --jobs 1 > out")
      #expect(outcome.code == 64 && !outcome.isKilled, "\(outcome.errors)")
      #expect(outcome.errors.contains("predicting needs about"), "\(outcome.errors)")
      #expect(outcome.errors.contains("sentences of up to 1000000 tokens"))
    }
  }
}

@Suite struct MemorySizeTests {
  @Test func sizesAsPeopleWriteThem() {
    let known = [
      "1": 1, "500M": 500 << 20, "8G": 8 << 30, "8gb": 8 << 30, "1.5GiB": 3 << 29, "2T": 2 << 40,
      "10k": 10 << 10,
    ]
    for (text, bytes) in known { #expect(Memory.bytes(text) == bytes, "\(text)") }
    for text in ["", "0", "-1", "x", "8 G", "8X", "1e9", "99999999999T", "0.1", ".5G"] {
      #expect(Memory.bytes(text) == nil, "\(text)")
    }
    #expect(Memory.limit > 1 << 28)
  }
}
