import Figures

extension Overlap {
  /// The result as comma-separated values (RFC 4180), one line for each set of tasks compared
  /// over each part of the network; what is undefined or not known is an empty field.
  ///
  /// A line with one task counts that task's alive weights.
  public var csv: String {
    var lines = [
      [
        "group", "name", "tasks", "ratio", "intersection", "union", "prunable", "expected", "z",
        "theta0", "theta0_z", "in_first", "in_second", "magnitude",
      ]
    ]
    func add(
      _ part: (group: String, name: String, prunable: Int), _ tasks: [String], _ ratio: Double?,
      _ intersection: Int, _ union: Int, expected: Expectation? = nil, theta0: Expectation? = nil,
      containments: [Double?] = [nil, nil], magnitude: Double? = nil
    ) {
      let numbers =
        [expected?.ratio, expected?.z, theta0?.ratio, theta0?.z] + containments + [magnitude]
      lines.append(
        [
          part.group, part.name, tasks.joined(separator: " "), ratio.map { "\($0)" } ?? "",
          "\(intersection)", "\(union)", "\(part.prunable)",
        ] + numbers.map { $0.map { "\($0)" } ?? "" })
    }
    func add(
      _ part: (group: String, name: String, prunable: Int), alive: [String: Int], pairs: [Pair],
      magnitude: [String: Double] = [:]
    ) {
      for task in tasks {
        let count = alive[task]!
        add(part, [task], count == 0 ? nil : 1, count, count, magnitude: magnitude[task])
      }
      for pair in pairs {
        add(
          part, pair.tasks, pair.ratio, pair.intersection, pair.union, expected: pair.expected,
          theta0: pair.theta0, containments: pair.containments)
      }
    }
    let whole = ("all", "", prunable)
    add(whole, alive: alive, pairs: overlap.pairs, magnitude: magnitude ?? [:])
    if tasks.count > 2 {
      add(
        whole, tasks, overlap.all, overlap.intersection, union, expected: overlap.expected,
        theta0: overlap.theta0)
    }
    for part in tensors + groups {
      let place = (part.group, part.name, part.prunable)
      add(place, alive: part.alive, pairs: part.pairs)
      if tasks.count > 2 { add(place, tasks, part.ratio, part.intersection, part.union) }
    }
    return csvText(lines, lineBreak: "\r\n") + "\r\n"
  }

  /// The result as a table for a terminal: of the whole network with what random masks would have,
  /// where θ⁰ is known also those that keep as many of its weights of every size, and the shares of
  /// the first and of the second task's weights that a pair has in common.
  public var table: String {
    tables.map { Figures.table($0) + "\n" }.joined(separator: "\n")
  }

  /// The tables one by one, their first rows the heads: of the tickets, of all pairs, and of the parts
  /// of the network by kind.
  package var tables: [[[String]]] {
    let kinds = ["tensor", "gate", "direction", "layer", "module"]
    return [ticketTable, wholeTable]
      + kinds.compactMap { kind in
        let parts = (tensors + groups).filter { $0.group == kind }
        if parts.isEmpty { return nil }
        // With few tasks every pair gets a column; with many the table would not fit.
        let showsPairs = (2...3).contains(overlap.pairs.count)
        return [
          [kind, "all"]
            + (showsPairs ? overlap.pairs.map { $0.tasks.joined(separator: ", ") } : [])
            + ["union", "prunable"]
        ]
          + parts.map { part in
            [part.name, Self.decimal(part.ratio)]
              + (showsPairs ? part.pairs.map { Self.decimal($0.ratio) } : [])
              + ["\(part.union)", "\(part.prunable)"]
          }
      }
  }

  private var ticketTable: [[String]] {
    [["ticket", "alive", "density"] + (magnitude == nil ? [] : ["magnitude of θ⁰"])]
      + tasks.map { task in
        [
          task + (rounds?[task].map { " (round \($0))" } ?? ""), "\(alive[task]!)",
          Self.decimal(density[task]!),
        ]
          + (magnitude.map { [Self.decimal($0[task])] } ?? [])
      }
      + [
        ["union", "\(union)", Self.decimal(prunable == 0 ? 0 : Double(union) / Double(prunable))],
        ["prunable", "\(prunable)", ""],
      ]
  }

  private var wholeTable: [[String]] {
    let knowsTheta0 = overlap.theta0 != nil
    func row(
      _ name: String, _ ratio: Double?, _ expected: Expectation?, _ theta0: Expectation?,
      _ intersection: Int, _ union: Int, _ containments: [String]
    ) -> [String] {
      [name, Self.decimal(ratio), Self.decimal(expected?.ratio)]
        + [expected?.z.map { fixed($0, 1) } ?? "-"]
        + (knowsTheta0 ? [Self.decimal(theta0?.ratio)] : [])
        + ["\(intersection)", "\(union)"] + containments
    }
    let head =
      ["overlap", "ratio", "random", "z"] + (knowsTheta0 ? ["θ⁰"] : [])
      + ["intersection", "union"] + (overlap.pairs.isEmpty ? [] : ["in 1st", "in 2nd"])
    return [head]
      + overlap.pairs.map { pair in
        row(
          pair.tasks.joined(separator: ", "), pair.ratio, pair.expected, pair.theta0,
          pair.intersection, pair.union, pair.containments.map(Self.decimal))
      }
      + [
        row(
          "all", overlap.all, overlap.expected, overlap.theta0, overlap.intersection, union, [])
      ]
  }

  private static func decimal(_ value: Double?) -> String {
    value.map { fixed($0, 4) } ?? "undefined"
  }
}
