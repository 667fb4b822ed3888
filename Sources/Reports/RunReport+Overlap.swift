import Figures
import Masks

extension RunReport {
  /// How far tickets overlap; on a page with heat maps, by pair and by part of the network.
  func overlapSections(isPage: Bool) -> [Document.Section] {
    guard let overlap else { return [] }
    let tables = overlap.tables.map { rows in
      let kind = rows[0][0]
      let captions = [
        "ticket": "Tickets", "overlap": "Overlap of all weights, beside that of random masks",
      ]
      return Document.Table(captions[kind] ?? "Overlap by \(kind)", rows)
    }
    guard isPage else {
      return [Document.Section("Mask overlap", tables.map { .table($0) })]
    }
    let maps = ["tensor", "gate", "layer"].compactMap { kind in
      overlap.figure(by: kind).map { Document.Block.folded("Overlap by \(kind)", [.figure($0)]) }
    }
    let pairs: [Document.Block] = overlap.tasks.count > 1 ? [.figure(overlap.figure)] : []
    let isLong = overlap.overlap.pairs.count > Self.mostPairs
    let head: [Document.Block] =
      isLong
      ? [.folded("All \(overlap.overlap.pairs.count) pairs", tables[1].capped())]
      : [.table(tables[1])]
    return [
      Document.Section(
        "Mask overlap",
        pairs + head + maps
          + [
            .folded(
              "Tickets, and overlap by tensor, gate, direction, layer and module as numbers",
              ([tables[0]] + tables.dropFirst(2)).flatMap { $0.capped() })
          ])
    ]
  }

  /// The most pairs of tasks whose ratios are shown at once.
  private static let mostPairs = 15
}

extension Document.Table {
  /// The table as a page shows it: with its first `limit` rows, and a note if these are not all.
  func capped(_ limit: Int = 200) -> [Document.Block] {
    let count = groups.reduce(0) { $0 + $1.count }
    guard count > limit else { return [.table(self)] }
    let shown = groups.joined().prefix(limit)
    return [
      .table(Document.Table(caption, head: head, groups: [Array(shown)])),
      .note("the first \(limit) of \(count) rows are shown"),
    ]
  }
}
