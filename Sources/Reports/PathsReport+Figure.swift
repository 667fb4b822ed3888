import Figures

extension PathsReport {
  /// Heat maps of choices along every path, and of modules' positions in paths; the tasks' vectors.
  public var figure: Figure {
    Figure(
      "Paths of \(network)",
      stacking: vectors.map { [choiceMap, positionMap, plot(of: $0)] } ?? [positionMap])
  }

  private var choiceMap: Figure {
    let choices = choices
    let steps = tasks.flatMap { task in
      (task.steps ?? []).enumerated().map { index, step in
        (
          name: "\(task.task) \(index + 1) → \(step.choice.map(String.init) ?? "stop")",
          values: choices.values(step).map { $0 ?? .nan }
        )
      }
    }
    return HeatMap(
      title: "Probability of every choice along the paths of \(network)", rows: steps.map(\.name),
      columns: choices.names, values: steps.map(\.values), greatest: 1, isCompact: true
    ).figure
  }

  private var positionMap: Figure {
    let positions = tasks.map { task in used.map { self.positions(of: $0, in: task) } }
    return HeatMap(
      title: "Positions of modules in the paths of \(network)", rows: tasks.map(\.task),
      columns: used.map { "\($0.module)" },
      values: positions.map { row in
        row.map { $0.isEmpty ? .nan : Self.mean($0.map(Double.init)) }
      },
      labels: positions.map { row in row.map { $0.map(String.init).joined(separator: ",") } },
      isCompact: true
    ).figure
  }

  private func plot(of vectors: Vectors) -> Figure {
    let labels = vectors.explained.enumerated().map { index, share in
      "component \(index + 1) (\(percent(share)) %)"
    }
    return ScatterPlot(
      title: "The controller's vectors of the tasks, principal components", xLabel: labels[0],
      yLabel: labels[1],
      points: zip(tasks, vectors.coordinates).map { ($0.task, $1[0], $1[1]) }
    ).figure
  }
}
