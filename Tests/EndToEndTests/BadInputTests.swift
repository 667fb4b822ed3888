import Basics
import Foundation
import TestSupport
import Testing

/// Bad input as a new user meets it: one line on standard error that begins with the program's
/// name, the exit code of its kind, and nothing on standard output.
@Suite(.timeLimit(.minutes(10))) struct BadInputTests {
  private let sample: Sample, scratch: Scratch

  init() throws {
    (sample, scratch, _) = try Sample.beside()
    try sample.copyData(to: scratch)
    try scratch.file("empty.conll", "")
    try scratch.file("file", "x")
    try scratch.file("three.txt", "the 1 2 3\n")
    try scratch.file("words.conll", "the\nman\n")
    try Files.makeFolder(scratch.path("folder"))
    try scratch.file("folder/other", "x")
  }

  /// `NEW` stands for the options of a new run in the folder `new`, `DATA` for its files.
  /// `COPY` is a finished run of the test's own, for commands that take its lock.
  private func run(_ line: String) throws -> Outcome {
    let arguments = try Sample.words(line).flatMap { word in
      switch word {
      case "NEW": ["--out", "new", "--quiet"] + Sample.size
      case "DATA": Sample.words("--train train.conll --dev dev.conll --test test.conll")
      case "RUN": [sample.run]
      case "COPY": [try sample.copy(to: scratch)]
      case "TICKET": [sample.run + "/tickets/ner/ticket.ticket"]
      default: [word]
      }
    }
    return try tickets(arguments, in: scratch.path)
  }

  private func expect(_ outcome: Outcome, _ code: Int32, _ message: String) {
    #expect(outcome.code == code && !outcome.isKilled && outcome.output == "")
    #expect(outcome.errors.hasPrefix("tickets: ") && outcome.errors.hasSuffix("\n"))
    #expect(outcome.errors.filter(\.isNewline).count == 1, "\(outcome.errors)")
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
  }

  @Test(
    arguments: [
      (
        "run NEW DATA --tasks pos=1,ner=9", 64, "train.conll has 4 columns"
      ),
      ("run NEW DATA --tasks ner=3 --word-column 4", 64, "tickets: --word-column 4: "),
      ("run NEW DATA --tasks word=0", 64, "--tasks word: column 0 holds the words"),
      ("run NEW DATA", 64, "--tasks: missing; say which columns hold the labels"),
      ("run NEW --train train.conll --tasks pos=1", 64, "--dev: missing"),
      (
        "run NEW --train train.conll --dev dev.conll --test none.conll --tasks pos=1", 66,
        "none.conll: cannot be read"
      ),
      ("run NEW --train train.conll --dev dev.conll --tasks pos", 65, "looks like tokens"),
      (
        "run NEW DATA --tasks pos=1 --lerning 3", 64, "Unknown option '--lerning'; see 'tickets run"
      ),
      (
        "run NEW DATA --tasks pos=1 --jobs 0", 64, "--jobs 0: must be a whole number from 1 to 1024"
      ),
      ("run NEW DATA --tasks pos=1 --sharing spars", 64, "did you mean 'sparse'?"),
      ("run DATA --tasks pos=1", 64, "'--out <run>'; see 'tickets run --help'"),
      (
        "run NEW --train no.conll --dev dev.conll --tasks pos=1", 66, "no.conll: cannot be read (No"
      ),
      ("run NEW --train folder --dev dev.conll --tasks pos=1", 66, "folder: "),
      (
        "run NEW --train empty.conll --dev dev.conll --tasks pos=1", 65, "empty.conll: holds no tok"
      ),
      ("run NEW --train train.conll --dev empty.conll --tasks pos=1", 65, "empty.conll: holds no"),
      (
        "run NEW DATA --tasks pos=1 --embeddings three.txt", 65,
        "three.txt:1: the vectors have 3 values, not the 8 of word-dim"
      ),
      ("run NEW DATA --tasks pos=1 --embeddings no.txt", 66, "no.txt: cannot be read"),
      ("run NEW DATA --tasks pos=1 --recipe no.yaml", 66, "no.yaml: cannot be read"),
      ("run NEW DATA --tasks pos=1 --out folder", 73, "folder: holds other files ('other')"),
      (
        "run NEW DATA --tasks pos=1 --out file", 73, "file: the folder cannot be created (File exis"
      ),
      ("run NEW DATA --tasks pos=1 --out file/a/b", 73, "cannot be created (Not a directory)"),
      ("prune nowhere", 66, "nowhere: is no run (it has no run.json)"),
      ("evaluate folder", 66, "folder: is no run (it has no run.json)"),
      ("train file", 66, "file: is no run (it has no run.json)"),
      ("prune", 64, "'<run>'; see 'tickets prune --help'"),
      ("evaluate COPY --split train", 64, "--split train: must be dev or test"),
      (
        "evaluate COPY --sharing sprase", 64,
        "--sharing sprase: must be one of sparse, subnet, hard"
      ),
      ("evaluate RUN --jobs 0", 64, "--jobs 0: must be"),
      ("report RUN --jobs 0", 64, "--jobs 0: must be"),
      ("predict RUN test.conll --jobs 0", 64, "--jobs 0: must be"),
      (
        "predict RUN test.conll --task xyz", 64, "--task xyz: the run has the tasks pos, chunk, ner"
      ),
      ("predict RUN test.conll --word-column 7", 64, "test.conll has 4"),
      ("predict RUN no.conll", 66, "no.conll: cannot be read (No such file or directory)"),
      ("predict RUN empty.conll", 65, "empty.conll: holds no tokens"),
      ("predict RUN words.conll --out no/out", 73, "no/out: cannot be created (No such file"),
      ("export TICKET --out no/out", 73, "no/out: cannot be created (No such file or directory)"),
      ("export TICKET", 64, "give --out for a ticket's masks, or --tensorboard for"),
      ("inspect no.ticket", 66, "no.ticket: cannot be read (No such file or directory)"),
      ("inspect train.conll", 65, "train.conll: is no safetensors file"),
      ("inspect folder", 66, "folder: is a folder, a file is needed"),
      ("overlap RUN TICKET", 64, "is a run; give one run, or ticket files only"),
      ("overlap TICKET TICKET", 64, "give them different names"),
    ] as [(String, Int32, String)])
  func isNamedInOneLine(line: String, code: Int32, message: String) throws {
    expect(try run(line), code, message)
  }

  @Test func stagesOutOfOrder() throws {
    #expect(try run("warmup NEW DATA --tasks pos=1,ner=3").code == 0)
    expect(try run("prune new --task xyz"), 64, "--task xyz: the run has the tasks pos, ner")
    expect(try run("train new --sharing sparse"), 66, "run 'tickets prune new --task pos' first")
    expect(try run("overlap new"), 66, "no task has a ticket yet; run 'tickets prune new' first")
    expect(try run("predict new test.conll"), 66, "run 'tickets train new' first")
    let weights = scratch.path("new/warmup/weights.safetensors")
    try FileManager.default.removeItem(atPath: weights)
    expect(try tickets(["train", "new", "--sharing", "hard"], in: scratch.path), 66, "warmup")
    let early = try run("prune new --quiet")
    #expect(early.code == 66 && early.errors.contains("run 'tickets warmup --out new' first"))
  }

  @Test func unseenLabelsAreAWarning() throws {
    let text = String(decoding: try Files.read(scratch.path("dev.conll")), as: UTF8.self)
    let changed = text.replacingOccurrences(of: "B-PER", with: "B-NEW")
    #expect(changed != text)
    try scratch.file("dev.conll", changed)
    try scratch.file("test.conll", changed)
    let run = ["run", "--out", "new", "--tasks", "ner=3", "--sharing", "hard"] + Sample.size
    let files = Sample.words("--train train.conll --dev dev.conll --test test.conll")
    let outcome = try tickets(run + files, in: scratch.path)
    #expect(outcome.code == 0)
    #expect(outcome.errors.contains("warning: task ner: ") && outcome.errors.contains("unseen"))
    let evaluated = try tickets(["evaluate", "new", "--json"], in: scratch.path)
    #expect(evaluated.code == 0)
    #expect(evaluated.errors.hasPrefix("tickets: warning: task ner: "))
    #expect(evaluated.errors.filter(\.isNewline).count == 1)
  }

  @Test func damagedFilesOfARun() throws {
    let copy = try sample.copy(to: scratch)
    let ticket = "\(copy)/tickets/ner/ticket.ticket"
    var bytes = try Files.read(ticket)
    bytes[bytes.startIndex + 90] ^= 1
    try Files.writeAtomically(bytes, to: ticket)
    for arguments in [
      ["inspect", ticket], ["overlap", copy], ["report", copy], ["overlap", ticket],
      ["export", ticket, "--out", scratch.path("x")], ["predict", copy, "words.conll"],
    ] {
      expect(try tickets(arguments, in: scratch.path), 65, "\(ticket): is damaged: its checksum")
    }
    #expect(!FileManager.default.fileExists(atPath: scratch.path("x")))

    let weights = "\(copy)/train/hard/weights.safetensors"
    let whole = try Files.read(weights)
    try Files.writeAtomically(whole.prefix(whole.count / 2), to: weights)
    for arguments in [
      ["inspect", weights], ["evaluate", copy, "--sharing", "hard"],
      ["predict", copy, "words.conll", "--sharing", "hard"],
    ] {
      expect(try tickets(arguments, in: scratch.path), 65, "\(weights): its tensors need")
    }

    try scratch.file("run/vocabulary.json", "{")
    expect(try tickets(["evaluate", copy]), 65, "\(copy)/vocabulary.json: is damaged")
    try scratch.file("run/run.json", "garbage")
    for arguments in [["evaluate", copy], ["prune", copy], ["run", "--out", copy]] {
      expect(try tickets(arguments), 65, "\(copy)/run.json: is damaged")
    }
  }

  @Test(arguments: ["test", "dev"]) func dataChangedUnderARun(split: String) throws {
    let run = "run NEW DATA --tasks pos=1 --sharing hard"
    #expect(try self.run(run).code == 0)
    try scratch.file("\(split).conll", "a\tDT\tO\tO\n")
    let file = scratch.path("\(split).conll")
    for line in ["evaluate new --split \(split)", "report new", run] {
      expect(try self.run(line), 65, "\(file): has changed since the run new first read it")
    }
  }

  @Test func folderThatCannotBeWritten() throws {
    let copy = try sample.copy(to: scratch)
    for (gone, line, code) in [
      ("train/hard", "train run --sharing hard --quiet", Int32(73)),
      ("tickets/pos", "prune run --task pos --quiet", 73), ("lock", "train run --quiet", 73),
    ] {
      try FileManager.default.removeItem(atPath: "\(copy)/\(gone)")
      // A file in place of a folder, and a folder in place of a file, keep even root out.
      if gone == "lock" {
        try Files.makeFolder("\(copy)/\(gone)")
      } else {
        try scratch.file("run/\(gone)", "")
      }
      let outcome = try run(line)
      #expect(outcome.code == code, "\(outcome.errors)")
      #expect(outcome.errors.contains("run/\(gone): "), "\(outcome.errors)")
      #expect(outcome.errors.filter(\.isNewline).count == 1)
    }
  }

  /// The disk fills while a result is replaced: the old one stays.
  @Test func fullDiskLosesNothing() throws {
    try scratch.file("out", "old")
    // The largest file a process may write is the nearest thing to a full disk anybody can make.
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    let command = "trap '' XFSZ; ulimit -f 1; exec \"$0\" predict \"$1\" test.conll --out out"
    shell.arguments = ["-c", command, tool.path, sample.run]
    shell.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
    let errors = Pipe()
    shell.standardError = errors
    try shell.run()
    let text = String(
      decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 74)
    #expect(text == "tickets: out: writing broke off (File too large); nothing was replaced\n")
    #expect(try Files.read(scratch.path("out")) == Data("old".utf8))
    let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
    #expect(left.allSatisfy { !$0.hasSuffix(".tmp") })
  }
}
