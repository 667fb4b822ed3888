import Basics
import Foundation
import TestSupport
import Testing

/// Every command with every file and folder it takes, missing, of the wrong kind, or where nothing
/// can be written: 66 for what cannot be read, 65 for what is no good, 73 for what cannot be made,
/// before any work and with nothing left behind.
@Suite(.timeLimit(.minutes(10))) struct FileArgumentTests {
  private let sample: Sample, scratch: Scratch

  init() throws {
    (sample, scratch, _) = try Sample.beside()
    try sample.copyData(to: scratch)
    try scratch.file("file", "x")
    try Files.makeFolder(scratch.path("folder/inner"))
    // As much of a comparison, and of a run of a later version, as is looked at.
    try Files.makeFolder(scratch.path("comparison/seed-1"))
    try scratch.file("comparison/comparison.json", #"{"format": 99}"#)
    try scratch.file("comparison/seed-1/run.json", "{}")
    try Files.makeFolder(scratch.path("newer"))
    try scratch.file("newer/run.json", #"{"format": 99}"#)
  }

  /// `NEW` stands for a new run or comparison, `DATA` for its files, `RUN` for a finished run that
  /// nobody changes.
  private func expect(
    _ line: String, _ code: Int32, _ message: String, _ place: SourceLocation = #_sourceLocation
  ) throws {
    let arguments = Sample.words(line).flatMap { word in
      switch word {
      case "NEW": ["--out", "new", "--quiet", "--jobs", "1"] + Sample.size
      case "DATA":
        Sample.words("--train train.conll --dev dev.conll --test test.conll --tasks pos=1")
      case "RUN": [sample.run]
      case "TICKET": [sample.run + "/tickets/ner/ticket.ticket"]
      default: [word]
      }
    }
    let outcome = try tickets(arguments, in: scratch.path, input: "")
    #expect(
      outcome.code == code && !outcome.isKilled, "\(line)\n\(outcome.errors)", sourceLocation: place
    )
    #expect(outcome.errors.contains(message), "\(line)\n\(outcome.errors)", sourceLocation: place)
    #expect(
      outcome.errors.hasPrefix("tickets: ") && outcome.errors.filter(\.isNewline).count == 1,
      "\(line)\n\(outcome.errors)", sourceLocation: place)
    #expect(
      !FileManager.default.fileExists(atPath: scratch.path("new")), "\(line)", sourceLocation: place
    )
  }

  @Test(
    arguments: [
      "prune X", "train X", "overlap X/", "localize X", "evaluate X", "report X",
      "predict X test.conll", "sluices X", "paths X", "relatedness X", "conflicts X",
      "trajectory X",
      "words X", "adapt X --task new=3", "bench --run X",
    ])
  func whereARunIsNeeded(line: String) throws {
    let call = { (path: String) in line.replacing("X/", with: path).replacing("X", with: path) }
    let isForFilesToo = line.hasPrefix("overlap")
    if !isForFilesToo {
      try expect(call("none"), 66, "none: is no run (it has no run.json)")
      try expect(
        call("file"), 66, "file: is no run (it has no run.json); it is a file, and a run is")
    }
    try expect(call("folder"), 66, "folder: is no run (it has no run.json)")
    // The report of a comparison is one.
    if !line.hasPrefix("report") {
      try expect(
        call("comparison"), 66,
        "it is a comparison, whose runs are folders in it, such as "
          + "comparison/seed-1")
    }
    try expect(call("newer"), 65, "newer/run.json: has format 99, made by a newer program")
  }

  @Test func whereAComparisonIsNeeded() throws {
    try expect("stability none", 66, "none: is no comparison (it has no comparison.json)")
    try expect("stability file", 66, "file: is no comparison")
    try expect("stability RUN", 66, "is no comparison (it has no comparison.json); it is a run")
    try expect(
      "stability comparison", 65, "comparison.json: has format 99, made by a newer program")
    try expect(
      "compare --out comparison DATA", 65, "comparison.json: has format 99, made by a newer program"
    )
    try expect(
      "compare --out newer DATA", 73, "newer: holds other files ('run.json') and is no comp")
  }

  @Test(
    arguments: [
      "run NEW --train X --dev dev.conll --tasks pos=1",
      "run NEW --train train.conll --dev X --tasks pos=1",
      "run NEW DATA --test X", "run NEW DATA --embeddings X", "run NEW DATA --start-ticket X",
      "run NEW DATA --recipe X", "run NEW DATA --token-features {name}.X",
      "warmup NEW --train X --dev dev.conll --tasks pos=1", "warmup NEW DATA --embeddings X",
      "run NEW DATA --weights X", "warmup NEW DATA --start-ticket X", "warmup NEW DATA --recipe X",
      "compare NEW --train X --dev dev.conll --tasks pos=1", "compare NEW DATA --test X",
      "compare NEW DATA --embeddings X", "compare NEW DATA --start-ticket X",
      "compare NEW DATA --recipe X", "recipe --recipe X", "data check --recipe X",
      "predict RUN X", "inspect X", "export X --out new", "overlap TICKET X",
      "overlap TICKET --origin X",
      "adapt RUN --task new=3 --train X --dev dev.conll --test test.conll --out new",
      "adapt RUN --task new=3 --train train.conll --dev dev.conll --test X --out new",
      "bench --train X --tasks pos=1",
      "bench --ticket X", "data convert trees X", "data convert conllu X",
      "data convert conllu train.conll --columns chunk --trees X", "data convert ontonotes X",
      "data convert spans X --from bio --to bioes", "data convert machamp X",
    ])
  func whereAFileIsNeeded(line: String) throws {
    try expect(line.replacing("X", with: "none"), 66, "none: cannot be read (No such file")
    if !line.contains("{name}") {
      try expect(line.replacing("X", with: "folder"), 66, "folder: is a folder, a file is needed")
    }
  }

  @Test(
    arguments: [
      ("run NEW DATA --embeddings X", "file:1: the vectors have 0 values"),
      ("inspect X", "is no safetensors file"),
      ("export X --out new", "is not a ticket file"), ("overlap X", "is no safetensors file"),
      ("overlap TICKET --origin X", "does not belong to these weights"),
      ("recipe --recipe X", "file: "),
      ("bench --ticket X", "is not a ticket file"),
      ("data convert trees X", "file:1: the word 'x' has no part of speech"),
      ("data convert conllu X", "file: has 1 columns; a CoNLL-U file has ten"),
      ("data convert ontonotes X", "file:1: has 1 columns, of which CoNLL-2012 has 12 or more"),
      ("data convert spans X --from bio --to bioes", "file:1: labels: the label x is not one of"),
      ("data convert machamp X", "file: must hold"),
    ])
  func whereAFileIsBad(line: String, message: String) throws {
    try expect(line.replacing("X", with: "file"), 65, message)
  }

  /// `data check` lists a missing file among the problems and checks the others all the same.
  @Test func dataCheckListsMissingFiles() throws {
    let line = "data check --train none --dev folder --test file --tasks pos=1"
    let outcome = try tickets(Sample.words(line), in: scratch.path)
    #expect(outcome.code == 66 && outcome.errors.contains("3 problems, listed above"))
    #expect(
      outcome.output.contains("none: cannot be read")
        && outcome.output.contains("file: tasks pos=1: "))
    let bad = try tickets(
      Sample.words("data check --train file --tasks pos=1"), in: scratch.path)
    #expect(bad.code == 65)
  }

  @Test(
    arguments: [
      "predict RUN test.conll --out X", "predict RUN test.conll --logits X",
      "export TICKET --out X",
      "overlap RUN --svg X", "sluices RUN --svg X", "paths RUN --svg X", "relatedness RUN --svg X",
      "conflicts RUN --svg X", "trajectory RUN --svg X", "stability none --svg X",
      "adapt RUN --task new=3 --svg X --out new", "compare NEW DATA --svg X",
      "data convert trees none --out X",
    ])
  func whereAFileIsWritten(line: String) throws {
    let call = { (path: String) in line.replacing("X", with: path) }
    try expect(call("none/x.svg"), 73, "none/x.svg: cannot be created (No such file or directory)")
    try expect(call("folder"), 73, "folder: cannot be created (Is a directory)")
    try expect(call("file/x.svg"), 73, "file/x.svg: cannot be created (Not a directory)")
  }

  @Test(
    arguments: [
      "run --out X DATA", "warmup --out X DATA", "compare --out X DATA", "data builtin --out X",
    ])
  func whereAFolderIsMade(line: String) throws {
    let call = { (path: String) in line.replacing("X", with: path) }
    try expect(call("file"), 73, "file: the folder cannot be created (File exists)")
    try expect(call("file/x"), 73, "file/x: the folder cannot be created (Not a directory)")
    // Where the system has files but lets nobody make any.
    try expect(call("/proc/x/y"), 73, "/proc/x: the folder cannot be created (")
    if !line.hasPrefix("data") {
      try expect(call("folder"), 73, "folder: holds other files ('inner') and is no ")
    }
  }

  /// A setting that the command has no option for is not called one.
  @Test func settingsOfOthersAreNoOptions() throws {
    try scratch.file(
      "recipe.yaml", "word-dim: 0\nchar-filters: 0\ntrain: train.conll\ntasks: pos=1\n")
    try expect(
      "data check --recipe recipe.yaml", 64,
      "tickets: setting word-dim 0: nothing is left to read; "
        + "give word vectors, characters (char-filters) or --token-features")
    try expect(
      "run NEW DATA --word-dim 0 --char-filters 0", 64,
      "tickets: --word-dim 0: nothing is left to "
        + "read; give word vectors, characters (--char-filters) or --token-features")
  }
}
