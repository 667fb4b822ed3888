import Basics
import Foundation
import Recipes
import TestSupport
import Testing

/// The built tool, as a user meets it.
@Suite struct CommandTests {
  @Test func printsTheRecipeItWouldUse() throws {
    let scratch = try Scratch()
    try scratch.file("small.yaml", "layers: 1\nlr: 0.5\n")
    let arguments = ["recipe", "--recipe", "small.yaml", "--lr", "0.25"]
    let yaml = try tickets(arguments, in: scratch.path)
    #expect(yaml.code == 0 && yaml.errors == "")
    #expect(yaml.output.contains("\nlr: 0.25\n") && yaml.output.contains("\nlayers: 1\n"))
    let json = try tickets(arguments + ["--json"], in: scratch.path)
    let recipe = try JSONDecoder().decode(Recipe.self, from: Data(json.output.utf8))
    try scratch.file("printed.yaml", yaml.output)
    let layer = try RecipeLayer.file(scratch.path("printed.yaml"))
    #expect(try Recipe.resolve([layer], knownSharings: sharings) == recipe)
  }

  @Test func everyOptionReachesTheRecipe() throws {
    let values = [
      "train": "/{domain}", "dev": "/b", "test": "/c", "word-column": "4", "tasks": "x=5,y=6",
      "embeddings": "/e", "span-encoding": "bio", "head": "crf", "optimizer": "adam",
      "clip-by": "value", "sampling": "uniform", "scope": "layer", "criterion": "random",
      "rewind": "epoch:2", "mask-scope": "heads,encoder", "select": "last", "start-ticket": "/t",
      "schedule": "one-shot", "score-batches": "7", "combine": "exclude", "after": "lr-rewind",
      "sharing": "hard",
      "dropout": "0.25", "word-dropout": "0.25", "momentum": "0.25", "density": "0.25",
      "execution": "sparse", "char-encoder": "bilstm", "base": "sluice", "task-layers": "x=3",
      "subspaces": "1", "alpha": "constant", "alpha-init": "balanced", "layer-mix": "skip",
      "beta-init": "balanced", "loss-weights": "x=3", "main-task": "x", "text-format": "csv",
      "pooling": "max", "token-features": "{file}.x", "communicate": "listwise",
      "passing": "first-order", "passing-weights": "measured", "directions": "forward",
      "paths": "x=1-2,y=3", "search-updates": "together", "search-rewards": "raw",
      "search-exploration": "0.25", "search-baseline": "0.25",
      "task-domains": "news,bio", "domains-as": "united",
    ]
    // They exclude --dev, --communicate, --combine and --embeddings.
    let isApart = { (option: RecipeOption) in
      ["hold-out", "balance", "union-density", "weights"].contains(option.name)
    }
    let arguments = RecipeOption.all.filter { !isApart($0) }
      .flatMap { ["--\($0.name)", values[$0.name] ?? "3"] }
    let outcome = try tickets(["recipe", "--json"] + arguments)
    #expect(outcome.errors == "")
    let recipe = try JSONDecoder().decode(Recipe.self, from: Data(outcome.output.utf8))
    let held = try tickets(
      [
        "recipe", "--json", "--train", "/a", "--tasks", "tone,mood", "--hold-out", "0.125",
        "--balance", "pcgrad", "--union-density", "0.25", "--select", "last",
      ])
    let other = try JSONDecoder().decode(Recipe.self, from: Data(held.output.utf8))
    #expect(other.holdOut == 0.125 && other.tasks[0].column == .text(column: nil))
    #expect(other.steps.balance == .pcgrad && other.masks.unionDensity == 0.25)
    let usual = Recipe()
    for option in RecipeOption.all where !isApart(option) {
      #expect(option.value(in: recipe) != option.value(in: usual), "\(option.name)")
    }
  }

  @Test func helpExplainsEveryOption() throws {
    let help = try tickets(["recipe", "--help"])
    #expect(help.code == 0 && help.errors == "")
    let words = help.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for option in RecipeOption.all {
      #expect(words.contains("--\(option.name) <\(option.placeholder)> \(option.help)"))
    }
  }

  @Test(arguments: [
    (["recipe", "--lr", "0"], 64, "tickets: --lr 0: must be a number above 0 and at most 1000\n"),
    (
      ["recipe", "--recipe", "/nowhere.yaml"], 66,
      "tickets: /nowhere.yaml: cannot be read (No such file or directory)\n"
    ),
    (
      ["recipe", "--execution", "fast"], 64,
      "tickets: --execution fast: must be auto or dense or sparse\n"
    ),
    (["recipe", "--lerning-rate", "1"], 64, "tickets: Unknown option '--lerning-rate'"),
    (["recipe", "--lr"], 64, "tickets: Missing value for '--lr <x>'"),
    (["prume"], 64, "tickets: "),
  ])
  func errorsGoToStandardErrorWithTheirCode(
    arguments: [String], code: Int32, message: String
  ) throws {
    let outcome = try tickets(arguments)
    #expect(outcome.code == code)
    #expect(outcome.output == "")
    #expect(outcome.errors.hasPrefix(message), "\(outcome.errors)")
    #expect(outcome.errors.filter(\.isNewline).count == 1, "\(outcome.errors)")
  }

  @Test func fullDiskIsReported() throws {
    let outcome = try shell("\"$0\" recipe > /dev/full")
    #expect(outcome.code == 74)
    #expect(
      outcome.errors
        == "tickets: standard output: cannot be written (No space left on device)\n")
  }

  @Test func closedPipeEndsQuietly() throws {
    let outcome = try shell("(sleep 0.2; \"$0\" recipe; echo $? >&2) | true")
    #expect(outcome.errors == "0\n")
  }

  /// A file opened in the place of a closed stream would take what is meant for the stream.
  @Test func closedStreamsSpoilNoFiles() throws {
    let scratch = try Scratch()
    let options = (["--jobs 1 --sharing hard"] + Sample.size).joined(separator: " ")
    let run = { (name: String, closing: String) in
      try shell("\"$0\" run --out \(scratch.path)/\(name) \(options) \(closing)")
    }
    let outcome = try run("run", ">&-")
    #expect(outcome.code == 74)
    #expect(
      outcome.errors.hasSuffix(
        "tickets: standard output: cannot be written (Bad file descriptor)\n"))
    #expect(try run("other", "2>&-").code == 0)
    for name in ["run", "other"] {
      for file in ["run.json", "vocabulary.json"] {
        #expect(throws: Never.self) {
          try JSONSerialization.jsonObject(with: Files.read(scratch.path("\(name)/\(file)")))
        }
      }
      let lock = try scratch.text("\(name)/lock")
      #expect(!lock.contains("Recipe") && !lock.contains("epoch"))
    }
  }

  @Test func versionAndBareCallSucceed() throws {
    #expect(try tickets(["--version"]).output.split(separator: ".").count == 3)
    let bare = try tickets([])
    #expect(bare.code == 0 && bare.output.contains("SUBCOMMANDS:"))
  }
}
