import Basics
import Figures
import Pruning
import Runs

extension RunPage {
  /// Loss and dev score by epoch, of the warm-up and every architecture, and of every task's pruning
  /// over its rounds.
  var curveSections: [Document.Section] {
    let stages = metrics.map(\.stage).uniqued()
    let blocks = stages.flatMap { stage -> [Document.Block] in
      let lines = metrics.filter { $0.stage == stage }
      let tasks = lines.map(\.task).uniqued()
      let parts = tasks.flatMap { task in
        let own = lines.filter { $0.task == task }
        let name = Self.name(stage) + (task.map { " \($0)" } ?? "")
        return stage == "prune" ? pruningCurve(name, task ?? "", own) : curves(name, task, own)
      }
      let isLong = parts.count > 2
      return isLong
        ? [.folded("\(Self.name(stage)): \(counted(parts.count, "chart"))", parts)] : parts
    }
    return blocks.isEmpty ? [] : [Document.Section("Learning curves", blocks)]
  }

  /// The most tasks with a line of their own in one chart, and the most points of a line.
  private static let (mostLines, mostPoints) = (6, 120)

  private static func name(_ stage: String) -> String {
    switch stage {
    case "warmup": "Warm-up"
    case "prune": "Pruning"
    default:
      stage.split(separator: "/", maxSplits: 1).last.map { name in
        stage.hasPrefix("train/") ? "Training \(name)" : "Fine-tuning \(name)"
      } ?? stage
    }
  }

  /// A chart of losses and one of dev scores, or both in one where there is a single task.
  private func curves(_ name: String, _ task: String?, _ lines: [MetricsLine]) -> [Document.Block] {
    let epochs = lines.sorted { $0.epoch < $1.epoch }.map { (x: Double($0.epoch), line: $0) }
    let tasks = report.recipe.tasks.map(\.name).filter { name in
      lines.contains { $0.values["dev.\(name)"] != nil }
    }
    let main = report.recipe.mainTask.flatMap { tasks.contains($0) ? "dev.\($0)" : nil } ?? "mean"
    var best = epochs.first
    for epoch in epochs.dropFirst()
    where (epoch.line.values[main] ?? 0) > (best?.line.values[main] ?? 0) { best = epoch }
    let marks = best.map { [(x: $0.x, label: "best: epoch \($0.line.epoch)")] } ?? []
    if tasks.count == 1 {
      return [chart(name, tasks, epochs, marks)]
    }
    let isMany = tasks.count > Self.mostLines
    let shown = isMany ? [] : tasks
    func series(_ prefix: String, scale: Double) -> [LineChart.Series] {
      shown.map { task in
        Self.series(task, epochs) { $0.values["\(prefix).\(task)"].map { scale * $0 } }
      }
        + [
          Self.series("mean of \(tasks.count) tasks", epochs) { line in
            let values = tasks.compactMap { line.values["\(prefix).\($0)"] }
            return values.isEmpty ? nil : scale * values.reduce(0, +) / Double(values.count)
          }
        ]
    }
    return [
      .figure(
        LineChart(
          title: "\(name): loss", xLabel: "epoch", yLabel: "training loss",
          series: series("loss", scale: 1), countsX: true, marks: marks
        ).figure),
      .figure(
        LineChart(
          title: "\(name): dev score", xLabel: "epoch", yLabel: "dev score (%)",
          series: series("dev", scale: 100), countsX: true, marks: marks
        ).figure),
    ]
  }

  /// One chart over all rounds of a task, the best epoch of every round marked with its number.
  private func pruningCurve(
    _ name: String, _ task: String, _ lines: [MetricsLine]
  ) -> [Document.Block] {
    let sorted = lines.sorted { (($0.round ?? 0), $0.epoch) < (($1.round ?? 0), $1.epoch) }
    let epochs = sorted.enumerated().map { (x: Double($0 + 1), line: $1) }
    let rounds =
      report.tickets.first { $0.task == task }?.rounds
      ?? report.pruning?.first { $0.task == task }?.rounds ?? []
    let marks = rounds.compactMap { round in
      epochs.first { $0.line.round == round.round && $0.line.epoch == round.bestEpoch }
        .map { (x: $0.x, label: "\(round.round)") }
    }
    return epochs.isEmpty
      ? [] : [chart("\(name), best epoch of every round", [task], epochs, marks)]
  }

  /// Loss and dev score of the single task in one chart.
  private func chart(
    _ name: String, _ tasks: [String], _ epochs: [(x: Double, line: MetricsLine)],
    _ marks: [(x: Double, label: String)]
  ) -> Document.Block {
    .figure(
      LineChart(
        title: name, xLabel: "epoch", yLabel: "training loss",
        series: [Self.series("loss", epochs) { $0.values["loss.\(tasks[0])"] }], countsX: true,
        secondary: (
          label: "dev score (%)",
          series: [Self.series("dev", epochs) { $0.values["dev.\(tasks[0])"].map { 100 * $0 } }]
        ), marks: marks
      ).figure)
  }

  /// A line with at most `mostPoints` points, evenly chosen.
  static func series(
    _ name: String, _ epochs: [(x: Double, line: MetricsLine)],
    _ value: (MetricsLine) -> Double?
  ) -> LineChart.Series {
    let step = (epochs.count + mostPoints - 1) / mostPoints
    let points = epochs.enumerated().compactMap { index, epoch in
      index % max(1, step) == 0 || index == epochs.count - 1
        ? value(epoch.line).map { (x: epoch.x, y: $0, deviation: nil as Double?) } : nil
    }
    return LineChart.Series(name: name, points: points)
  }
}
