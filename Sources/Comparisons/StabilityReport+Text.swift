import Figures

extension StabilityReport {
  /// Tables for people: of every group the ratios across and within seeds, then the tests.
  public var text: String {
    var parts = groups.map(\.text)
    if !leftOut.isEmpty {
      parts.append("Left out, as tickets are missing: " + leftOut.joined(separator: ", "))
    }
    return parts.joined(separator: "\n\n")
  }

  /// Every number as comma-separated values: a row a pair of tasks, `across` and `within` seeds, and
  /// a row a test.
  public var csv: String {
    let head = [
      "sharing", "domain", "origins", "kind", "task", "other", "mean", "std", "expected", "n", "t",
      "p",
    ]
    return csvText([axes + head] + groups.flatMap(\.csvRows))
  }

  /// Heat maps of the ratios across and within seeds, below one another.
  public var figure: Figure {
    let maps = groups.flatMap { group in
      [("different seeds", \Pair.across), ("the same seed", \Pair.within)].map { name, kind in
        HeatMap(
          title: "Overlap of tickets of \(name), \(group.label)", rows: group.tasks,
          columns: group.tasks,
          values: group.tasks.map { a in
            group.tasks.map { group.pair(a, $0)[keyPath: kind]?.ratio ?? .nan }
          }, greatest: group.greatest
        ).figure
      }
    }
    return Figure("Overlap of tickets across and within seeds", stacking: maps)
  }
}

extension StabilityReport.Group {
  fileprivate func pair(_ a: String, _ b: String) -> StabilityReport.Pair {
    pairs.first { $0.tasks == [a, b] || $0.tasks == [b, a] }!
  }

  /// The greatest ratio, so that both maps have one scale.
  fileprivate var greatest: Double {
    pairs.flatMap { [$0.across?.ratio, $0.within?.ratio] }.compactMap(\.self).max() ?? 1
  }

  fileprivate var csvRows: [[String]] {
    func row(_ kind: String, _ tasks: [String], _ numbers: [Double?], n: Int, _ test: [Double?])
      -> [String]
    {
      func texts(_ numbers: [Double?]) -> [String] { numbers.map { $0.map { "\($0)" } ?? "" } }
      let place = values + [sharing, domain ?? "", "\(origins)", kind] + tasks
      return place + texts(numbers) + ["\(n)"] + texts(test)
    }
    var rows: [[String]] = []
    for pair in pairs {
      for (kind, mean) in [("across", pair.across), ("within", pair.within)] {
        guard let mean else { continue }
        let numbers = [mean.ratio, mean.std, mean.expected]
        rows.append(row(kind, pair.tasks, numbers, n: mean.n, [nil, nil]))
      }
    }
    for test in tests {
      rows.append(
        row("test", test.tasks, [test.difference, nil, nil], n: test.n, [test.t, test.p]))
    }
    return rows
  }

  fileprivate var text: String {
    let start =
      origins == 1
      ? "all from one θ⁰"
      : "from \(origins) different θ⁰ (a weight's place means something else in each)"
    func ratios(
      _ title: String, _ kind: KeyPath<StabilityReport.Pair, StabilityReport.Mean?>
    ) -> String {
      func cell(_ a: String, _ b: String) -> String {
        guard let mean = pair(a, b)[keyPath: kind] else { return "-" }
        return "\(fixed(mean.ratio, 4)) (\(fixed(mean.expected, 4)))"
      }
      return table([[title] + tasks] + tasks.map { a in [a] + tasks.map { cell(a, $0) } })
    }
    var parts = [
      "\(label): tickets of seeds \(seeds.map(String.init).joined(separator: ", ")), \(start); "
        + "mean ratios, in brackets those of random masks",
      ratios("different seeds", \.across),
    ]
    guard !tests.isEmpty else { return parts.joined(separator: "\n\n") }
    parts.append(ratios("same seed", \.within))
    let rows = tests.map { test in
      test.tasks + [
        (test.difference < 0 ? "" : "+") + fixed(test.difference, 4),
        test.t.map { fixed($0, 2) } ?? "-",
        test.p.map { $0 < 0.0001 ? "<0.0001" : fixed($0, 4) } ?? "-", "\(test.n)",
      ]
    }
    parts.append(
      "Closer to another task of the same run than to itself under other seeds? p: paired t over "
        + "seeds\n" + table([["task", "other", "Δ", "t", "p", "n"]] + rows))
    return parts.joined(separator: "\n\n")
  }
}
