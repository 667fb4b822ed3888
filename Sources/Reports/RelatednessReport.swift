import Figures
import Runs

/// What was measured of how tasks are related, and the weights that come of it.
public struct RelatednessReport: Encodable, Sendable {
  /// The tasks, in the recipe's order; M of them.
  public let tasks: [String]
  /// V [M, M]: a row the task trained on, a column the task whose dev data it was scored on.
  public let scores: [[Double]]
  /// β [M, M].
  public let weights: [[Double]]

  /// The report of what was `measured`.
  ///
  /// - Parameter root: q of equation 11.
  public init(_ measured: Relatedness, root: Double) {
    tasks = measured.tasks
    scores = measured.scores
    weights = measured.weights(root: root)
  }

  /// Tables for people.
  public var text: String {
    func rows(_ values: [[Double]], _ scale: Double, _ digits: Int) -> String {
      table(
        [["trained on"] + tasks]
          + zip(tasks, values).map { [$0] + $1.map { fixed(scale * $0, digits) } })
    }
    return "dev scores in per cent (columns: the task scored)\n" + rows(scores, 100, 2)
      + "\n\nweights β (columns: the task that a gradient is passed to)\n" + rows(weights, 1, 3)
  }

  /// A row a pair of tasks.
  public var csv: String {
    csvText(
      [["trained_on", "scored_on", "score", "weight"]]
        + tasks.indices.flatMap { i in
          tasks.indices.map { j in
            [tasks[i], tasks[j], "\(scores[i][j])", "\(weights[i][j])"]
          }
        })
  }

  /// The weights as a heat map.
  public var figure: Figure {
    HeatMap(
      title: "β, from the task of a row to that of a column", rows: tasks, columns: tasks,
      values: weights
    ).figure
  }
}
