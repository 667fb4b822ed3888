import Basics
import Foundation
import TestSupport
import Testing

/// Pipes, devices, links and closed streams, where files are read and results written.
@Suite(.timeLimit(.minutes(10))) struct SpecialFileTests {
  private let sample: Sample, scratch: Scratch

  init() throws {
    (sample, scratch, _) = try Sample.beside()
    try sample.copyData(to: scratch)
  }

  /// Runs a line of bash in the scratch folder; `$0` is the tool, `$RUN` a finished run.
  private func bash(_ line: String) throws -> Outcome {
    try shell(
      "cd '\(scratch.path)' && RUN='\(sample.run)' exec bash -c '\(line)' \"$0\"")
  }

  private func predicted() throws -> String {
    try tickets(["predict", sample.run, "test.conll"], in: scratch.path).output
  }

  @Test(arguments: ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
  func resultsGoBehindWhatIsThere(path: String) throws {
    let expected = try predicted()
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path("link"), withDestinationPath: "/dev/stdout")
    let call = "\"$0\" predict $RUN test.conll --out \(path)"
    for redirection in [">", ">>"] {
      try scratch.file("out", "old\n")
      let outcome = try bash("{ echo A; \(call); echo B; } \(redirection) out")
      #expect(outcome.code == 0, "\(outcome.errors)")
      let before = redirection == ">" ? "" : "old\n"
      #expect(try scratch.text("out") == before + "A\n" + expected + "B\n")
    }
    #expect(try bash(call + " | cat").output == expected)
    #expect(try bash(call + " >&-").code == 74)
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: "/dev/stdout") == "/proc/self/fd/1")
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: scratch.path("link"))
        == "/dev/stdout")
    let third = try bash(
      "\"$0\" predict $RUN test.conll --out /dev/null --logits /dev/fd/3 3> logits")
    #expect(third.code == 0)
    #expect(try Files.read(scratch.path("logits")).count > 1000)
  }

  @Test func linksToFilesStay() throws {
    try Files.makeFolder(scratch.path("folder"))
    for (name, target) in [("a", "folder/x"), ("b", "a"), ("c", scratch.path("folder/y"))] {
      try FileManager.default.createSymbolicLink(
        atPath: scratch.path(name), withDestinationPath: target)
    }
    try scratch.file("folder/x", "old")
    for (name, file) in [("b", "folder/x"), ("c", "folder/y")] {
      let outcome = try tickets(
        ["predict", sample.run, "test.conll", "--out", name], in: scratch.path)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(try scratch.text(file) == predicted())
    }
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scratch.path("b")) == "a")
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path("loop"), withDestinationPath: "loop")
    let loop = try tickets(
      ["predict", sample.run, "test.conll", "--out", "loop"], in: scratch.path)
    #expect(loop.code == 73 && loop.errors.contains("loop: cannot be created (Too many levels"))
  }

  @Test(arguments: [
    "help", "--version", "--help", "help run", "recipe", "status $RUN", "report $RUN",
    "overlap $RUN", "inspect $RUN/theta0.safetensors", "predict $RUN test.conll",
    "data check --train train.conll --tasks pos=1", "--generate-completion-script bash",
  ])
  func whatCannotBeReportedIsAFailure(command: String) throws {
    for stream in ["> /dev/full", ">&-", "<&- >&- 2>&-"] {
      #expect(try bash("\"$0\" \(command) \(stream)").code == 74, "\(command) \(stream)")
    }
    #expect(try bash("\"$0\" \(command) 2>&- <&- | wc -c").code == 0)
  }

  @Test func standardInputThatCannotBeRead() throws {
    for (stream, reason) in [("<&-", "Bad file descriptor"), ("< .", "Is a directory")] {
      let outcome = try bash("\"$0\" predict $RUN - \(stream)")
      #expect(outcome.code == 66)
      #expect(outcome.errors == "tickets: standard input: cannot be read (\(reason))\n")
    }
  }

  /// A run reads its data again: nothing waits for a pipe.
  @Test(arguments: [
    "run --out new --train PIPE --dev dev.conll --tasks pos=1",
    "run --out new --train train.conll --dev <(cat dev.conll) --tasks pos=1",
    "run --out new --train /dev/zero --dev dev.conll --tasks pos=1",
    "run --out new --train train.conll --dev dev.conll --test PIPE --tasks pos=1",
    "run --out new --train train.conll --dev dev.conll --tasks pos=1 --embeddings PIPE",
    "run --out new --train train.conll --dev dev.conll --tasks pos=1 --start-ticket PIPE",
    "compare --out new --train PIPE --dev dev.conll --test test.conll --tasks pos=1",
    "adapt $RUN --task new=3 --train PIPE --dev dev.conll --test test.conll --out new",
  ])
  func dataOfRunsAreRegularFiles(line: String) throws {
    try #require(mkfifo(scratch.path("PIPE"), 0o644) == 0)
    let outcome = try bash("timeout 20 \"$0\" \(line)")
    #expect(outcome.code == 66, "\(outcome.errors)")
    #expect(outcome.errors.contains(": a regular file is needed"), "\(outcome.errors)")
    #expect(outcome.errors.filter(\.isNewline).count == 1)
    #expect(!FileManager.default.fileExists(atPath: scratch.path("new")))
  }

  @Test func whatIsReadOnceMayComeFromPipes() throws {
    for line in [
      "inspect <(cat $RUN/theta0.safetensors)", "inspect <(cat $RUN/tickets/ner/ticket.ticket)",
      "predict $RUN <(cat test.conll)", "data check --train <(cat train.conll) --tasks pos=1",
      "recipe --recipe <(echo hidden: 8)", "export <(cat $RUN/tickets/ner/ticket.ticket) --out x",
    ] {
      let outcome = try bash("timeout 20 \"$0\" \(line)")
      #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(line)\n\(outcome.errors)")
    }
    let file = try bash("\"$0\" inspect $RUN/theta0.safetensors")
    #expect(try bash("\"$0\" inspect <(cat $RUN/theta0.safetensors)").output == file.output)
    let endless = try bash("\"$0\" inspect /dev/zero")
    #expect(endless.code == 65 && endless.errors.contains("is no regular file, of which at most"))
  }

  @Test func filesThatMayNotGrow() throws {
    let named = try bash("ulimit -f 1; \"$0\" predict $RUN test.conll --out out")
    #expect(named.code == 74 && named.errors.contains("out: writing broke off (File too large)"))
    #expect(try bash("ulimit -f 1; \"$0\" predict $RUN test.conll > out").code == 74)
  }
}
