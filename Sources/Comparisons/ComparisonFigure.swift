import Basics
import Figures
import Recipes

/// Mean scores over the values of an option, a line an architecture, with the overlap of the
/// tickets or the ratio of α on an axis of its own (Sun et al. 2020, Figure 4; Ruder et al. 2019,
/// Figure 2).
struct ComparisonFigure {
  /// The chart, drawn.
  let figure: Figure

  /// The chart of `rows`.
  ///
  /// - Throws: `Failure` of kind `usage` if no numeric option varies.
  init(_ plan: ComparisonPlan, _ rows: [ComparisonRow]) throws {
    let place = try plan.numericAxis()
    let axis = plan.axes[place]
    let variations = plan.variations
    let overall = rows.filter(\.isOverall)
    // The mean over tasks, or the score of the only one.
    let scores = overall.filter { row in
      row.isScore
        && (row.task == ComparisonTable.all
          || !overall.contains {
            $0.isScore && $0.variation == row.variation && $0.task == ComparisonTable.all
          })
    }
    func series(_ rows: [ComparisonRow], scale: Double) -> [LineChart.Series] {
      let names = rows.map { row in
        let others = variations[row.variation].values.filter { $0.key != axis.option }
        return ([row.sharing] + others.map { "\($0.key)=\($0.value.shown)" })
          .joined(separator: " ")
      }
      let drawn = names.uniqued().map { name in
        let points = zip(names, rows).filter { $0.0 == name }.compactMap {
          _, row -> (x: Double, y: Double, deviation: Double?)? in
          guard let x = variations[row.variation].values[place].value.numericValue else {
            return nil
          }
          return (x, scale * row.summary.mean, row.summary.deviation.map { scale * $0 })
        }
        return LineChart.Series(name: name, points: points.sorted { $0.x < $1.x })
      }
      // What the other options leave as it is, is drawn once.
      let sharings = names.uniqued().map { name in rows[names.firstIndex(of: name)!].sharing }
      return sharings.uniqued().flatMap { sharing in
        let own = zip(sharings, drawn).filter { $0.0 == sharing }.map(\.1)
        let isOne = own.count > 1 && own.allSatisfy { $0.isDrawn(as: own[0]) }
        return isOne ? [LineChart.Series(name: sharing, points: own[0].points)] : own
      }
    }
    let overlaps = overall.filter { $0.metric == "overlap" }
    let ratios = overall.filter { $0.metric == "alpha_ratio" }
    let others = overlaps.isEmpty ? ratios : overlaps
    let values = axis.values.compactMap(\.numericValue)
    let isWide = values.min()! > 0 && values.max()! / values.min()! >= 20
    figure =
      LineChart(
        title: "Mean score by \(axis.option)", xLabel: axis.option, yLabel: "mean score (%)",
        series: series(scores, scale: 100), logX: isWide,
        countsX: values.allSatisfy { $0.rounded() == $0 },
        secondary: others.isEmpty
          ? nil
          : (
            label: overlaps.isEmpty ? "α ratio" : "overlap ratio", series: series(others, scale: 1)
          )
      ).figure
  }
}

extension ComparisonPlan {
  /// The first varied option whose values are numbers.
  ///
  /// - Throws: `Failure` of kind `usage` if there is none.
  public func numericAxis() throws -> Int {
    let place = axes.firstIndex { axis in
      axis.values.count > 1 && axis.values.allSatisfy { $0.numericValue != nil }
    }
    guard let place else {
      throw Failure(
        .usage, setting: "svg",
        "draws scores over a number; vary one, as in density=0.5;0.2;0.1")
    }
    return place
  }
}

extension RecipeValue {
  fileprivate var numericValue: Double? {
    if case .number(let number) = self { number } else { nil }
  }
}

extension LineChart.Series {
  /// Whether its points are those of `other`.
  fileprivate func isDrawn(as other: LineChart.Series) -> Bool {
    points.elementsEqual(other.points) { $0 == $1 }
  }
}
