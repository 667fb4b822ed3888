import Basics
import Comparisons
import Corpora
import Foundation
import Masks
import Recipes
import Reports
import Runs
import Sharing
import Training

extension FuzzTarget {
  /// Files in the folders of runs and comparisons.
  static let folders = [
    FuzzTarget(name: "run") { data in
      let folder = folder("run", with: [:])
      _ = file("run/run.json", data)
      let run = try RunDirectory.open(folder, forWork: false)
      _ = try RunStatus.look(at: folder)
      _ = run.recipe.workPlan(run.recipe.sharing.compactMap(Architecture.named))
    },
    FuzzTarget(name: "rounds") { data in
      _ = file("rounds/tickets/pos/rounds.json", data)
      _ = try pruned.finishedRounds(of: "pos")
    },
    FuzzTarget(name: "comparison") { data in
      let folder = folder("comparison", with: [:])
      _ = file("comparison/comparison.json", data)
      _ = try Comparison.open(folder, [])
    },
  ]

  /// A checkpoint of a small network; the trainer is the same for all inputs, as a refusal must leave
  /// it usable.
  static let checkpoint = FuzzTarget(name: "checkpoint") { data in
    _ = try trainer.restore(from: file("checkpoint", data))
  }

  /// The folder `name` with `files` in it, made at the first call.
  private static func folder(_ name: String, with files: [String: String]) -> String {
    let folder = "\(scratch)/\(name)"
    if mkdir(folder, 0o700) == 0 {
      for (path, text) in files {
        try! Files.makeFolder(
          URL(fileURLWithPath: "\(folder)/\(path)").deletingLastPathComponent().path)
        try! Files.writeAtomically(Data(text.utf8), to: "\(folder)/\(path)")
      }
    }
    return folder
  }

  private static let settings = [
    ("train", "data.conll"), ("dev", "data.conll"), ("tasks", "pos=1,ner=2"), ("layers", "1"),
    ("hidden", "2"), ("word-dim", "2"), ("char-dim", "2"), ("char-filters", "2"),
    ("sharing", "hard"), ("warmup-epochs", "0"), ("epochs", "1000000"), ("patience", "0"),
  ]

  private static let recipe: Recipe = {
    let data = file("data.conll", Data("the\tD\tO\ncat\tN\tB-X\n\nof\tP\tO\n".utf8))
    return try! Recipe.resolve(
      [
        .commandLine(
          settings.map { ($0.0, [$0.1 == "data.conll" ? data : $0.1]) })
      ], knownSharings: Architecture.all.map(\.name))
  }()

  /// The record of a run, and nothing else of it.
  private static let sample: [String: String] = {
    let folder = "\(scratch)/sample"
    _ = try! RunDirectory.create(folder, recipe: recipe)
    let record = try! String(contentsOfFile: folder + "/run.json", encoding: .utf8)
    return ["run.json": record, "tickets/pos/rounds.json": "[]"]
  }()

  private static let pruned = try! RunDirectory.open(
    folder("rounds", with: sample), forWork: false)

  nonisolated(unsafe) private static let trainer: Trainer = {
    let data = try! RunData(recipe)
    let corpora = try! data.corpora(.train)
    let vocabulary = try! Vocabulary(training: corpora, encoding: recipe.spanEncoding)
    let tasks = try! data.tasks(corpora, vocabulary)
    let network = try! recipe.makeNetwork(
      Architecture.named("hard")!, recipe.networkShape(vocabulary), recipe.taskShapes(vocabulary),
      seed: 1)
    return Trainer(
      network, data: tasks.map { TaskSplits(train: $0, dev: $0) },
      settings: recipe.training(epochs: recipe.epochs, threads: { 1 }), stage: "train")
  }()
}
