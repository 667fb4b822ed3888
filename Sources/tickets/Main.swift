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
        tickets run --out demo
            the published settings on the built-in corpus, from warm-up to report
        tickets run --out RUN --train a.conll --dev b.conll --test c.conll --tasks pos=1,ner=3
            the same on own column files
        tickets prune RUN --task ner
            one stage by itself; 'tickets help prune' tells more
        tickets overlap RUN
            how far the tasks' subnets overlap
      """,
    version: "0.1.0",
    subcommands: [
      RunCommand.self, WarmupCommand.self, PruneCommand.self, TrainCommand.self,
      OverlapCommand.self, EvaluateCommand.self, PredictCommand.self, InspectCommand.self,
      ExportCommand.self, ReportCommand.self, DataCommand.self, RecipeCommand.self,
    ])

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
