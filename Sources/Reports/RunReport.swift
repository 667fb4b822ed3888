import Figures
import Foundation
import Masks
import Recipes
import Runs

/// What a run came to: recipe, tickets, overlap, time spent, scores on the test data.
public struct RunReport: Encodable {
  /// One task's ticket.
  public struct TicketSummary: Encodable {
    let task: String, round: Int, density: Double, alive: Int, bytes: Int
    let boundBytes: Int
    let devScore: Double?
    let rounds: [RoundSummary]

    private enum CodingKeys: String, CodingKey {
      case task, round, density, alive, bytes, rounds
      case boundBytes = "bound_bytes"
      case devScore = "dev_score"
    }
  }

  /// The resolved settings.
  let recipe: Recipe
  /// The kept tickets; empty before pruning is done.
  let tickets: [TicketSummary]
  /// How far the tickets overlap; left out before pruning is done.
  let overlap: Overlap?
  /// Seconds of training by stage, evaluation not counted.
  let seconds: [String: Double]
  /// The scores.
  let results: [EvaluationReport.Result]
  /// Labels of the scored files that training never saw.
  let warnings: [String]

  private let scores: String, scoresTitle: String

  /// Gathers the report of `run`; evaluates on test what is trained, or on dev if there is no test.
  public static func gather(_ run: RunDirectory, jobs: Int) throws -> RunReport {
    let recipe = run.recipe
    let metrics = try MetricsLog.read(run.metrics)
    let isPruned = try run.isPruned
    let tickets = isPruned ? try run.chosenTickets(recipe) : []
    var seconds: [String: Double] = [:]
    for line in metrics {
      let stage = line.task.map { "\(line.stage) \($0)" } ?? line.stage
      seconds[stage, default: 0] += line.values["seconds"] ?? 0
    }
    let split: RunData.Split = recipe.taskWithoutTest == nil ? .test : .dev
    let evaluation =
      try TrainedNetworks(run).architectures.isEmpty
      ? nil : try EvaluationReport.evaluate(run, split: split, jobs: jobs)
    return RunReport(
      recipe: recipe, tickets: try tickets.map { try summary(of: $0, run, metrics) },
      overlap: isPruned ? try run.overlap() : nil,
      seconds: seconds, results: evaluation?.results ?? [], warnings: evaluation?.warnings ?? [],
      scores: evaluation?.text ?? "nothing is trained yet",
      scoresTitle: split == .test ? "Test scores" : "Dev scores (there are no test files)")
  }

  private static func summary(
    of ticket: Ticket, _ run: RunDirectory, _ metrics: [MetricsLine]
  ) throws -> TicketSummary {
    let own = metrics.filter { $0.stage == "prune" && $0.task == ticket.task }
    let rounds = try TicketRounds(run, task: ticket.task, recipe: run.recipe).results()
    return TicketSummary(
      task: ticket.task, round: ticket.round, density: ticket.masks.density,
      alive: ticket.masks.aliveCount, bytes: try ticket.encoded().count,
      boundBytes: ticket.boundBytes, devScore: ticket.devScore,
      rounds: rounds.map { RoundSummary($0, prunable: ticket.masks.prunableCount, metrics: own) })
  }

  private enum CodingKeys: String, CodingKey {
    case recipe, tickets, overlap, seconds, results, warnings
  }

  /// The report for people.
  public var text: String {
    var parts = ["Recipe", (try? recipe.yaml()) ?? ""]
    for ticket in tickets {
      let rows = ticket.rounds.map { $0.row(isKept: $0.round == ticket.round) }
      parts.append(table([RoundSummary.head(ticket.task)] + rows) + "\n")
      parts.append(
        "* the ticket: density \(fixed(ticket.density, 4)), \(ticket.bytes) bytes "
          + "(entropy bound \(ticket.boundBytes))\n")
    }
    if let overlap { parts += ["Mask overlap", overlap.table] }
    parts.append("Seconds of training")
    parts.append(table(seconds.sorted { $0.key < $1.key }.map { [$0.key, fixed($0.value, 1)] }))
    parts += ["", scoresTitle, scores]
    return (parts + warnings.map { "warning: \($0)" }).joined(separator: "\n")
  }
}
