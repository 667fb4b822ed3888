import ArgumentParser
import Basics
import Foundation

/// The tool: finds the subcommand, runs it, and leaves through `Exit` whatever happens.
@main
struct Tickets: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tickets",
    abstract: "Sparse sharing for multi-task taggers: prune a ticket per task, train them as one.",
    discussion: """
      Examples:
        tickets run --recipe Tools/recipes/small.yaml --out RUN
            everything from warm-up to report, on the built-in corpus: minutes
        tickets run --out RUN --train a.conll --dev b.conll --test c.conll \\
            --tasks pos=1,ner=3
            the published settings on own column files: hours
        tickets prune RUN --task ner
            one stage by itself; 'tickets help prune' tells more
        tickets overlap RUN
            how far the tasks' subnets overlap

      A run is a folder. It keeps its settings: later commands need only its path.

      Exit codes: 64 wrong usage, 65 bad data, 66 missing input, 73 and 74 cannot
      create or write, 75 the run is busy, 130 interrupted, 70 a defect of the tool.
      """,
    version: Program.version,
    subcommands: [
      RunCommand.self, WarmupCommand.self, PruneCommand.self, TrainCommand.self,
      OverlapCommand.self, LocalizeCommand.self, EvaluateCommand.self, PredictCommand.self,
      InspectCommand.self,
      ExportCommand.self, ImportCommand.self, ReportCommand.self, StatusCommand.self,
      DataCommand.self,
      RecipeCommand.self,
      CompareCommand.self, StabilityCommand.self, AdaptCommand.self, SluicesCommand.self,
      PathsCommand.self, RelatednessCommand.self, ConflictsCommand.self, TrajectoryCommand.self,
      WordsCommand.self, BenchCommand.self, JobsCommand.self,
    ])

  static func main() async {
    Output.holdClosedStreams()
    // A reader that goes away is told by write(2) instead, where it can be handled.
    signal(SIGPIPE, SIG_IGN)
    // So is a file that grows beyond what the system allows.
    signal(SIGXFSZ, SIG_IGN)
    var running: (any ParsableCommand.Type)?
    do {
      var command = try parseAsRoot()
      running = type(of: command)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      Exit.leave(with: error, of: running)
    }
  }
}
