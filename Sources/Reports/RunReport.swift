import Basics
import Figures
import Foundation
import Masks
import Recipes
import Runs
import Sharing

/// What a run came to so far: scores, tickets, overlap, time spent, recipe.
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

  /// The finished rounds of a task that keeps no ticket yet.
  public struct OpenPruning: Encodable {
    let task: String
    let rounds: [RoundSummary]
  }

  /// The resolved settings.
  let recipe: Recipe
  /// The kept tickets, of the tasks that have theirs.
  let tickets: [TicketSummary]
  /// Tasks in the midst of their pruning; left out where there are none.
  let pruning: [OpenPruning]?
  /// How far the tickets overlap that there are; left out before there is one.
  let overlap: Overlap?
  /// Seconds of training by stage, evaluation not counted.
  let seconds: [String: Double]
  /// The scores.
  let results: [EvaluationReport.Result]
  /// Labels of the scored files that training never saw.
  let warnings: [String]
  /// What is still to be done, in one line; left out of a finished run.
  let missing: String?

  /// The name of the run's folder.
  let name: String
  /// What networks were scored on.
  let split: RunData.Split
  /// What the scores were computed from; nil where they were kept.
  let predicted: [EvaluationReport.Predicted]?

  private enum CodingKeys: String, CodingKey {
    case recipe, tickets, pruning, overlap, seconds, results, warnings, missing
  }

  /// Gathers what is finished of `run`; evaluates on test what is trained, or on dev if there is no
  /// test.
  public static func gather(_ run: RunDirectory, jobs: Int) throws -> RunReport {
    let recipe = run.recipe
    let metrics = try MetricsLog.read(run.metrics)
    let isPruned = try run.isPruned
    let tickets =
      try isPruned
      ? run.chosenTickets(recipe)
      : recipe.tasks.compactMap { task in
        let path = try run.chosenTicket(task: task.name)
        return FileManager.default.fileExists(atPath: path) ? try Ticket(contentsOf: path) : nil
      }
    let pruning = try recipe.tasks.map(\.name)
      .filter { name in !tickets.contains { $0.task == name } }
      .map { OpenPruning(task: $0, rounds: try rounds(of: $0, run, metrics)) }
      .filter { !$0.rounds.isEmpty }
    var seconds: [String: Double] = [:]
    for line in metrics {
      let stage = line.task.map { "\(line.stage) \($0)" } ?? line.stage
      seconds[stage, default: 0] += line.measured("seconds")
    }
    let split: RunData.Split = recipe.taskWithoutTest == nil ? .test : .dev
    let evaluation =
      try run.trainedArchitectures.isEmpty
      ? nil : try EvaluationReport.evaluate(run, split: split, jobs: jobs)
    return RunReport(
      recipe: recipe,
      tickets: try tickets.map { ticket in
        TicketSummary(
          task: ticket.task, round: ticket.round, density: ticket.masks.density,
          alive: ticket.masks.aliveCount, bytes: try ticket.encoded().count,
          boundBytes: ticket.boundBytes, devScore: ticket.devScore,
          rounds: try rounds(of: ticket.task, run, metrics))
      },
      pruning: pruning.isEmpty ? nil : pruning,
      overlap: try run.hasVocabulary ? run.overlapSoFar().overlap : nil,
      seconds: seconds, results: evaluation?.results ?? [], warnings: evaluation?.warnings ?? [],
      missing: try run.missing(pruning), name: URL(fileURLWithPath: run.path).lastPathComponent,
      split: split, predicted: evaluation.map(\.predicted) ?? [])
  }

  /// The finished rounds of `task`.
  private static func rounds(
    of task: String, _ run: RunDirectory, _ metrics: [MetricsLine]
  ) throws -> [RoundSummary] {
    guard FileManager.default.fileExists(atPath: run.theta0) else { return [] }
    let results = try run.finishedRounds(of: task, checksTickets: true)
    guard let first = results.first else { return [] }
    let masks = try Ticket(contentsOf: run.ticket(task: task, round: first.round)).masks
    let own = metrics.filter { $0.stage == "prune" && $0.task == task }
    return results.map { RoundSummary($0, prunable: masks.prunableCount, metrics: own) }
  }
}

extension RunDirectory {
  /// The architectures whose training is finished; none before a vocabulary is there.
  package var trainedArchitectures: [Architecture] {
    get throws {
      try hasVocabulary ? TrainedNetworks(self).architectures : []
    }
  }

  /// Whether a stage has made its vocabulary, without which there is nothing to look at.
  fileprivate var hasVocabulary: Bool {
    FileManager.default.fileExists(atPath: vocabulary)
      // Where something is trained one has been there, and reading it says that it is gone.
      || FileManager.default.fileExists(atPath: warmupWeights)
      || FileManager.default.fileExists(atPath: path + "/train")
  }

  /// What the recipe asks for and is not done, where `pruning` is under way; nil if nothing is.
  fileprivate func missing(_ pruning: [RunReport.OpenPruning]) throws -> String? {
    let trained = try trainedArchitectures.map(\.name)
    let open = recipe.sharing.filter { !trained.contains($0) }
    var parts: [String] = []
    let architectures = open.compactMap(Architecture.named)
    let starts = architectures.flatMap(recipe.trainingUnits).map(\.start)
    if starts.contains(where: { $0 != .initialisation }),
      !FileManager.default.fileExists(atPath: warmupWeights)
    {
      parts.append("the warm-up")
    }
    if architectures.contains(where: \.needsTickets) {
      let unpruned = try recipe.tasks.map(\.name).filter {
        try !FileManager.default.fileExists(atPath: chosenTicket(task: $0))
      }
      let shown = unpruned.map { name in
        let done = pruning.first { $0.task == name }?.rounds.count ?? 0
        return done == 0 ? name : "\(name) (\(done) of \(recipe.pruning.prunings + 1) rounds done)"
      }
      if !shown.isEmpty { parts.append("the tickets of " + shown.joined(separator: ", ")) }
    }
    if !open.isEmpty { parts.append("the training of " + open.joined(separator: ", ")) }
    return parts.isEmpty ? nil : "not finished yet: " + parts.joined(separator: "; ")
  }
}
