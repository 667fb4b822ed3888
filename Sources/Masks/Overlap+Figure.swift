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
      }, greatest: 1
    ).figure
  }

  /// The ratios of all tasks and of all pairs in every part of one kind (`tensor`, `gate`, `layer`,
  /// …) as a heat map, a row a part; nil if there is none, or of more than `mostPairs` pairs only
  /// those of all tasks.
  package func figure(by kind: String) -> Figure? {
    let parts = (tensors + groups).filter { $0.group == kind }
    guard !parts.isEmpty else { return nil }
    let showsPairs = overlap.pairs.count <= Self.mostPairs
    // The ratio of two tasks is that of their only pair.
    let columns =
      (tasks.count == 2 ? [] : ["all"])
      + (showsPairs ? overlap.pairs.map { $0.tasks.joined(separator: ", ") } : [])
    return HeatMap(
      title: "Mask overlap ratio by \(kind)", rows: parts.map(\.name), columns: columns,
      values: parts.map { part in
        (tasks.count == 2 ? [] : [part.ratio ?? .nan])
          + (showsPairs ? part.pairs.map { $0.ratio ?? .nan } : [])
      }, greatest: 1, isCompact: columns.count > 6
    ).figure
  }

  /// The most pairs of tasks that maps of parts have columns for.
  private static let mostPairs = 15
}
