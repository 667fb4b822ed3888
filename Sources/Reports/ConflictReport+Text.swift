import Figures

extension ConflictReport {
  private var pairs: [[String]] {
    tasks.indices.flatMap { a in tasks.indices.dropFirst(a + 1).map { [tasks[a], tasks[$0]] } }
  }

  private func rows(_ group: String, _ region: String) -> [Row] {
    rows.filter { $0.group == group && $0.region == region }
  }

  private func shown(_ value: Double?, _ digits: Int = 3) -> String {
    value.map { fixed($0, digits) } ?? "-"
  }

  /// Tables for people: all together, inside and outside of tickets, then part by part.
  public var text: String {
    let whole = rows("all", "all").map { row in
      [row.tasks[0], row.tasks[1], shown(row.mean), shown(row.std)]
        + [row.opposed.map { fixed(100 * $0, 0) } ?? "-", "\(row.n)"]
    }
    var parts = [
      "Cosines of the tasks' gradients on shared parameters of \(network): mean over \(batches) "
        + "batches of \(size); a task against itself: another batch\n"
        + table([["task", "task", "cosine", "±", "opposed %", "n"]] + whole)
    ]
    if !contrasts.isEmpty {
      let rows = contrasts.map { contrast in
        contrast.tasks
          + [
            shown(contrast.inside), shown(contrast.outside), shown(contrast.difference),
            contrast.p.map { $0 < 0.0001 ? "<0.0001" : fixed($0, 4) } ?? "-",
          ]
      }
      parts.append(
        "Inside and outside of what both tickets hold; p: paired t over batches\n"
          + table([["task", "task", "inside", "outside", "Δ", "p"]] + rows))
    }
    for group in ["module", "layer", "direction", "gate", "tensor"] {
      let names = rows(group, "all").map(\.name).uniqued()
      guard !names.isEmpty else { continue }
      let lines = names.map { name in [name] + pairs.map { shown(mean(group, name, $0)) } }
      parts.append(table([[group] + pairs.map { $0.joined(separator: "–") }] + lines))
    }
    return parts.joined(separator: "\n\n")
  }

  private func mean(_ group: String, _ name: String, _ pair: [String]) -> Double? {
    rows.first {
      $0.group == group && $0.name == name && $0.region == "all" && $0.tasks == pair
    }?.mean
  }

  /// A row a part, region and pair.
  public var csv: String {
    func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    return csvText(
      [["group", "name", "region", "task", "other", "mean", "std", "opposed", "n"]]
        + rows.map { row in
          [row.group, row.name, row.region] + row.tasks
            + [number(row.mean), number(row.std), number(row.opposed), "\(row.n)"]
        })
  }

  /// Heat maps: all tasks, regions by pair, and the parts of the network by pair.
  public var figure: Figure {
    let whole = tasks.map { a in
      tasks.map { b in
        rows("all", "all").first { Set($0.tasks) == [a, b] }?.mean ?? .nan
      }
    }
    var maps = [
      HeatMap(
        title: "Cosines of gradients, \(network)", rows: tasks, columns: tasks, values: whole
      ).figure
    ]
    let columns = pairs.map { $0.joined(separator: "–") }
    if !contrasts.isEmpty {
      maps.append(
        HeatMap(
          title: "Inside and outside of both tickets",
          rows: contrasts.map { $0.tasks.joined(separator: "–") }, columns: ["inside", "outside"],
          values: contrasts.map { [$0.inside, $0.outside] }
        ).figure)
    }
    for group in ["module", "layer", "gate", "tensor"] {
      let names = rows(group, "all").map(\.name).uniqued()
      guard !names.isEmpty else { continue }
      maps.append(
        HeatMap(
          title: "By \(group)", rows: names, columns: columns,
          values: names.map { name in pairs.map { mean(group, name, $0) ?? .nan } }
        ).figure)
    }
    return Figure("Cosines of the tasks' gradients", stacking: maps)
  }
}
