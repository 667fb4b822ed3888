import Figures

extension Overlap {
  /// The result as comma-separated values (RFC 4180), one line for each set of tasks compared
  /// over each part of the network; an undefined ratio is an empty field.
  ///
  /// A line with one task counts that task's alive weights.
  public var csv: String {
    var lines = [["group", "name", "tasks", "ratio", "intersection", "union", "prunable"]]
    func add(
      _ group: String, _ name: String, _ tasks: [String], _ ratio: Double?, _ intersection: Int,
      _ union: Int, _ prunable: Int
    ) {
      lines.append([
        group, name, tasks.joined(separator: " "), ratio.map { "\($0)" } ?? "",
        "\(intersection)", "\(union)", "\(prunable)",
      ])
    }
    func add(
      _ group: String, _ name: String, prunable: Int, alive: [String: Int], pairs: [Pair],
      ratio: Double?, intersection: Int, union: Int
    ) {
      for task in tasks {
        let count = alive[task]!
        add(group, name, [task], count == 0 ? nil : 1, count, count, prunable)
      }
      for pair in pairs {
        add(group, name, pair.tasks, pair.ratio, pair.intersection, pair.union, prunable)
      }
      if tasks.count > 2 { add(group, name, tasks, ratio, intersection, union, prunable) }
    }
    add(
      "all", "", prunable: prunable, alive: alive, pairs: overlap.pairs, ratio: overlap.all,
      intersection: overlap.intersection, union: union)
    for part in tensors + groups {
      add(
        part.group, part.name, prunable: part.prunable, alive: part.alive, pairs: part.pairs,
        ratio: part.ratio, intersection: part.intersection, union: part.union)
    }
    return csvText(lines, lineBreak: "\r\n") + "\r\n"
  }

  /// The result as a table for a terminal.
  public var table: String {
    var blocks: [[[String]]] = []
    blocks.append(
      [["ticket", "alive", "density"]]
        + tasks.map { [$0, "\(alive[$0]!)", Self.decimal(density[$0]!)] }
        + [
          [
            "union", "\(union)", Self.decimal(prunable == 0 ? 0 : Double(union) / Double(prunable)),
          ],
          ["prunable", "\(prunable)", ""],
        ])
    let all = ["all", Self.decimal(overlap.all), "\(overlap.intersection)", "\(union)"]
    blocks.append(
      [["overlap", "ratio", "intersection", "union"]]
        + overlap.pairs.map { pair in
          [
            pair.tasks.joined(separator: ", "), Self.decimal(pair.ratio), "\(pair.intersection)",
            "\(pair.union)",
          ]
        } + [all])
    for kind in ["tensor", "gate", "direction", "layer", "module"] {
      let parts = (tensors + groups).filter { $0.group == kind }
      if parts.isEmpty { continue }
      // With few tasks every pair gets a column; with many the table would not fit.
      let showsPairs = (2...3).contains(overlap.pairs.count)
      blocks.append(
        [
          [kind, "all"]
            + (showsPairs ? overlap.pairs.map { $0.tasks.joined(separator: ", ") } : [])
            + ["union", "prunable"]
        ]
          + parts.map { part in
            [part.name, Self.decimal(part.ratio)]
              + (showsPairs ? part.pairs.map { Self.decimal($0.ratio) } : [])
              + ["\(part.union)", "\(part.prunable)"]
          })
    }
    return blocks.map { Figures.table($0) + "\n" }.joined(separator: "\n")
  }

  private static func decimal(_ value: Double?) -> String {
    value.map { fixed($0, 4) } ?? "undefined"
  }
}
