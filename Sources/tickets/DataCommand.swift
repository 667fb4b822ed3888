import ArgumentParser
import Basics
import Figures
import Recipes
import Reports
import Runs
import Sharing

/// `tickets data`: looks at data, and writes the built-in corpus.
struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Check and convert column files and files of texts; write the built-in corpus.",
    subcommands: [Check.self, ConvertCommand.self, BuiltIn.self])

  /// `tickets data check`.
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check",
      abstract: "Count what files hold and list every problem with file and line.",
      discussion: """
        Exits with 65 if there is a problem, 66 if a file cannot be read.

        Example:
          tickets data check --train train.txt --dev dev.txt --tasks pos=1,ner=3
          tickets data check --train '{task}.train.tsv' --tasks books,dvd
        """)

    @Option(help: ArgumentHelp("Recipe file, YAML or JSON", valueName: "file"), completion: .file())
    var recipe: String?
    @OptionGroup var data: SectionOptions<DataSection>
    @OptionGroup var output: OutputOptions

    func run() throws {
      let files = try recipe.map { [try RecipeLayer.file($0)] } ?? []
      let resolved = try Recipe.resolve(
        files + [RecipeLayer.commandLine(data.given)],
        knownSharings: Architecture.all.map(\.name), needsDev: false)
      let summary = try DataSummary.check(resolved)
      try Output.write(output.json ? jsonText(summary) : summary.text)
      if summary.problemCount > 0 {
        let count = summary.problemCount
        // All problems are listed, and still a file that is not there has its own code.
        let files = resolved.trainingData.union(resolved.testData)
        let isMissing = files.contains { (try? Files.requireReadable($0)) == nil }
        throw Failure(
          isMissing ? .missingInput : .badData,
          "the data have \(counted(count, "problem")), listed above")
      }
    }
  }

  /// `tickets data builtin`.
  struct BuiltIn: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "builtin",
      abstract:
        "Write the built-in synthetic corpus: word, pos, chunk, ner; comments name the form.",
      discussion: """
        Example:
          tickets data builtin --out corpus --seed 2
        """)

    @Option(
      help: ArgumentHelp(
        "Folder to write train.conll, dev.conll and test.conll to", valueName: "folder")
    )
    var out: String
    @Option(help: ArgumentHelp("Seed", valueName: "n"))
    var seed: UInt64 = 1

    func run() throws { try DataSummary.writeBuiltIn(to: out, seed: seed) }
  }
}
