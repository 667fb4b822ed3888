import Figures
import Masks
import Runs

/// Where in the weights of hard sharing each task lives: masks from trained networks without pruning
/// (Wang et al. 2024), how well a task does on them alone, and how far they overlap.
public struct LocalizationReport: Encodable, Sendable {
  /// One λ that was tried.
  public struct Candidate: Encodable, Sendable {
    /// λ.
    public let lambda: Double
    /// Weights in the mask, and the same over the prunable ones.
    public let alive: Int, density: Double
    /// The dev score of the localised network.
    public let dev: Double
  }

  /// One task.
  public struct Task: Encodable, Sendable {
    /// Its name, and what it is measured by.
    public let task: String, metric: String
    /// What was chosen by dev.
    public let best: Candidate
    /// The dev scores of hard sharing and of the task's own network.
    public let hard: Double, single: Double
    /// Everything that was tried.
    public let candidates: [Candidate]
  }

  /// The tasks, in the recipe's order.
  public let tasks: [Task]
  /// How far the tasks' masks overlap.
  public let overlap: Overlap

  /// The report of what was `found`.
  ///
  /// - Throws: what comparing its tickets throws.
  package init(_ found: Localization) throws {
    tasks = found.tasks.map { task in
      Task(
        task: task.name, metric: task.metric, best: Candidate(task.best), hard: task.hard,
        single: task.single, candidates: task.candidates.map(Candidate.init))
    }
    overlap = try Overlap(of: found.tickets.map { ($0.task, $0) }, places: found.places)
  }

  /// Tables for people.
  public var text: String {
    table(
      [["task", "λ", "density", "localized", "hard", "single"]]
        + tasks.map { task in
          [
            "\(task.task) (\(task.metric))", "\(task.best.lambda)", fixed(task.best.density, 3),
            percent(task.best.dev), percent(task.hard), percent(task.single),
          ]
        }) + "\n\n" + overlap.table
  }

  /// A row a task.
  public var csv: String {
    csvText(
      [["task", "metric", "lambda", "alive", "density", "localized", "hard", "single"]]
        + tasks.map { task in
          [
            task.task, task.metric, "\(task.best.lambda)", "\(task.best.alive)",
            "\(task.best.density)", "\(task.best.dev)", "\(task.hard)", "\(task.single)",
          ]
        })
  }
}

extension LocalizationReport.Candidate {
  fileprivate init(_ found: Localization.Candidate) {
    self.init(
      lambda: found.lambda, alive: found.masks.aliveCount, density: found.masks.density,
      dev: found.score)
  }
}
