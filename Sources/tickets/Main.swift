import ArgumentParser
import Foundation

/// The tool: finds the subcommand, runs it, and leaves through `Exit` whatever happens.
@main
struct Tickets: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tickets",
    abstract: "Sparse sharing for multi-task taggers: prune a ticket per task, train them as one.",
    discussion: """
      Examples:
        tickets recipe
            the published settings, on the built-in corpus
        tickets recipe --train a.conll --dev b.conll --tasks pos=1,ner=3 --layers 1
            the same with other files and a smaller network
        tickets recipe --recipe small.yaml --seed 2 --json
            a recipe file with one option changed, as JSON
      """,
    version: "0.1.0",
    subcommands: [RecipeCommand.self])

  static func main() async {
    // A reader that goes away is told by write(2) instead, where it can be handled.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      Exit.leave(with: error)
    }
  }
}
