import ArgumentParser
import Basics
import Benchmarks
import Figures
import Foundation
import Recipes
import Runs

/// `tickets bench`: how fast this machine trains and predicts.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure tokens a second of training and prediction, dense, masked and sparse.",
    discussion: """
      Lists have commas; every combination is measured. Measurements of different
      combinations alternate, and the median counts, because machines drift. Without
      options it takes about two minutes, on the built-in corpus.

      '% of peak' is the arithmetic of the BiLSTMs over what the processor's
      multiply-adds could do, measured beside: of alive weights, of all where dead ones
      are executed as zeros. '% as dense' counts all weights, whatever was executed.
      A token takes 6 operations for each weight in training, 2 in prediction.

      Examples:
        tickets bench
        tickets bench --parts --mode train --density 1,0.1
            where the time of a step goes
        tickets bench --density 1,0.5,0.3,0.2,0.1,0.05 --batch 10,16,32 --threads 1,2
        tickets bench --growth --seconds 0.5
            against sentence length, hidden units, layers, tasks and density
        tickets bench --run RUN --json
            the network, data and tickets of a run
      """)

  @OptionGroup(title: "Data") var data: BenchDataOptions
  @OptionGroup(title: "What is measured") var lists: BenchLists

  @Option(help: ArgumentHelp("Seconds of a measurement (default: 1)", valueName: "x"))
  var seconds: String?
  @Option(help: ArgumentHelp("Measurements of each combination (default: 5)", valueName: "n"))
  var repeats: String?
  @Option(
    help: ArgumentHelp("Seed of random masks and of the built-in corpus", valueName: "n"))
  var seed: UInt64 = 1
  @Flag(
    help: "Let one list after the other grow from the published network; lists given count.")
  var growth = false
  @Flag(help: "Measure the BiLSTM alone: no embeddings, characters, heads and optimiser.")
  var bare = false
  @Flag(help: "Break a step down by part.")
  var parts = false
  @Flag(help: "Show no progress.")
  var quiet = false
  @OptionGroup var output: OutputOptions

  func run() throws {
    var settings = BenchmarkSettings()
    for case (let name, let text?) in lists.given + [("seconds", seconds), ("repeats", repeats)] {
      try settings.set(name, text)
    }
    settings.seed = seed
    settings.isGrowth = growth
    settings.isBare = bare
    settings.wantsParts = parts
    let benchmark = try Benchmark(data.source(seed: seed, lists), settings)
    let showsProgress = !quiet && ProgressDisplay.canRedraw
    let report = try benchmark.run { done, all in
      guard showsProgress else { return }
      try? FileHandle.standardError.write(contentsOf: Data("\rmeasuring \(done + 1)/\(all) ".utf8))
    }
    if showsProgress { try? FileHandle.standardError.write(contentsOf: Data("\r\u{1b}[K".utf8)) }
    try Output.write(output.json ? jsonText(report) : report.text)
  }
}

/// What `bench` measures on.
struct BenchDataOptions: ParsableArguments {
  @Option(help: .recipe("train")) var train: [String] = []
  @Option(help: .recipe("tasks")) var tasks: String?
  @Option(help: .recipe("word-column")) var wordColumn: String?
  @Option(
    help: ArgumentHelp(
      "Ticket in place of random masks: one for all tasks, or repeated, one a task",
      valueName: "file"), completion: .file())
  var ticket: [String] = []
  @Option(
    help: ArgumentHelp(
      "A run whose data, network and tickets to measure", valueName: "run"), completion: .directory)
  var run: String?

  /// What the options say.
  func source(seed: UInt64, _ lists: BenchLists) throws -> BenchmarkSource {
    guard let run else {
      return try BenchmarkSource(
        train: train, tasks: tasks, wordColumn: wordColumn, seed: seed, tickets: ticket)
    }
    let others = [
      ("train", !train.isEmpty), ("tasks", tasks != nil), ("word-column", wordColumn != nil),
      ("ticket", !ticket.isEmpty), ("hidden", lists.hidden != nil), ("layers", lists.layers != nil),
    ]
    if let (name, _) = others.first(where: \.1) {
      throw Failure(.usage, "--run and --\(name) exclude each other: a run brings its own")
    }
    return try BenchmarkSource(RunDirectory.open(run, forWork: false))
  }
}

/// The lists of `bench`; text here, `Benchmarks` parses and checks them.
struct BenchLists: ParsableArguments {
  @Option(help: ArgumentHelp("train, predict (default: both)", valueName: "list"))
  var mode: String?
  @Option(help: ArgumentHelp("Sentences a batch (default: 10)", valueName: "list"))
  var batch: String?
  @Option(help: ArgumentHelp("Threads (default: 2)", valueName: "list"))
  var threads: String?
  @Option(
    help: ArgumentHelp(
      "Densities of random masks, 1 for no masks (default: 1,0.3,0.1)", valueName: "list"))
  var density: String?
  @Option(
    help: ArgumentHelp(
      "How masked products are executed: auto, dense, sparse (default: all)", valueName: "list"))
  var execution: String?
  @Option(help: ArgumentHelp("Hidden units per direction (default: 200)", valueName: "list"))
  var hidden: String?
  @Option(help: ArgumentHelp("BiLSTM layers (default: 2)", valueName: "list"))
  var layers: String?
  @Option(
    help: ArgumentHelp("How many tasks; the data's are used again if need be", valueName: "list"))
  var tasksCount: String?
  @Option(
    help: ArgumentHelp(
      "Tokens a sentence: the data are cut anew (default: as they are)", valueName: "list"))
  var sentenceLength: String?

  var given: [(name: String, value: String?)] {
    [
      ("mode", mode), ("batch", batch), ("threads", threads), ("density", density),
      ("execution", execution), ("hidden", hidden), ("layers", layers),
      ("tasks-count", tasksCount), ("sentence-length", sentenceLength),
    ]
  }
}
