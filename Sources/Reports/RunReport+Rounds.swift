import Figures

extension RunReport {
  /// The most tasks that a page shows without folding what there is of each.
  static let mostOpen = 4

  /// The rounds of every task's pruning; on a page with density drawn against dev score.
  func roundSections(isPage: Bool) -> [Document.Section] {
    let kept = tickets.map { ($0.task, $0.rounds, $0.round as Int?) }
    let open = (pruning ?? []).map { ($0.task, $0.rounds, nil as Int?) }
    let parts = recipe.tasks.compactMap { task in
      (kept + open).first { $0.0 == task.name }
    }.filter { !$0.1.isEmpty }
    guard !parts.isEmpty else { return [] }
    let blocks = parts.flatMap { task, rounds, round in
      let own = roundBlocks(task, rounds, kept: round, isPage: isPage)
      return isPage && parts.count > Self.mostOpen ? [.folded(task, own)] : own
    }
    return [Document.Section("Pruning", (isPage ? ticketSummary : []) + blocks)]
  }

  private func roundBlocks(
    _ task: String, _ rounds: [RoundSummary], kept: Int?, isPage: Bool
  ) -> [Document.Block] {
    let ticket = tickets.first { $0.task == task }
    let caption =
      ticket.map {
        "\(task): round \($0.round) is kept (*), density \(fixed($0.density, 4)), \($0.bytes) bytes"
          + " (entropy bound \($0.boundBytes))"
      }
      ?? "\(task): \(counted(rounds.count, "round")) \(rounds.count == 1 ? "is" : "are") done, no ticket is kept yet"
    let table = Document.Block.table(
      Document.Table(
        caption, [RoundSummary.head] + rounds.map { $0.row(isKept: $0.round == kept) }))
    let points = rounds.compactMap { round in
      round.score.map { (x: round.density, y: 100 * $0, deviation: nil as Double?) }
    }
    guard isPage, !points.isEmpty else { return [table] }
    let marks = rounds.filter { $0.round == kept }.map {
      (x: $0.density, label: "kept: round \($0.round)")
    }
    let chart = LineChart(
      title: "\(task): dev score by density", xLabel: "density", yLabel: "dev score (%)",
      series: [LineChart.Series(name: "rounds of \(task)", points: points)], marks: marks)
    return [.figure(chart.figure), table]
  }

  /// One row a kept ticket.
  private var ticketSummary: [Document.Block] {
    guard tickets.count > 1 else { return [] }
    let head = ["task", "round", "density", "alive", "dev", "bytes", "entropy bound"]
    return [
      .table(
        Document.Table(
          "The tickets that tasks keep",
          [head]
            + tickets.map { ticket in
              [
                ticket.task, "\(ticket.round)", fixed(ticket.density, 4), "\(ticket.alive)",
                ticket.devScore.map(percent) ?? "-", "\(ticket.bytes)", "\(ticket.boundBytes)",
              ]
            }))
    ]
  }
}
