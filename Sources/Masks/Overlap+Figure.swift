import Figures

extension Overlap {
  /// The ratios of all pairs as a heat map, a row and a column a task; an undefined one is empty.
  public var figure: Figure {
    let ratios = Dictionary(
      uniqueKeysWithValues: overlap.pairs.map { (Set($0.tasks), $0.ratio ?? .nan) })
    return HeatMap(
      title: "Mask overlap ratio", rows: tasks, columns: tasks,
      values: tasks.map { row in
        tasks.map { column in
          row == column ? (alive[row]! > 0 ? 1 : .nan) : ratios[[row, column]] ?? .nan
        }
      }
    ).figure
  }
}
