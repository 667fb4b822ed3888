import Figures

extension PathsReport {
  /// The most modules, and the most pairs, that tables for people list one by one.
  private static let (mostModules, mostPairs) = (24, 45)

  /// The columns of choices: modules, then the sum of others where all are too many, then stopping.
  var choices: (names: [String], values: (Step) -> [Double?]) {
    let shown = modules <= Self.mostModules ? Array(1...modules) : used.map(\.module)
    let others = (1...modules).filter { !shown.contains($0) }
    return (
      shown.map(String.init) + (others.isEmpty ? [] : ["others"]) + ["stop"],
      { step in
        let sum = others.reduce(0) { $0 + step.modules[$1 - 1] }
        return shown.map { step.modules[$0 - 1] } + (others.isEmpty ? [] : [sum]) + [step.stop]
      }
    )
  }

  /// The positions of `module` in `path`, counted from 1.
  func positions(of module: Module, in path: Path) -> [Int] {
    path.path.indices.filter { path.path[$0] == module.module }.map { $0 + 1 }
  }

  private func shown(_ value: Double?, _ digits: Int = 4) -> String {
    value.map { fixed($0, digits) } ?? "-"
  }

  /// Tables for people.
  public var text: String {
    let paths = tasks.map { task in
      [task.task, task.path.map(String.init).joined(separator: "-")]
        + (vectors == nil ? [] : [shown(task.probability)])
    }
    let counted = used.count == 1 ? "1 is" : "\(used.count) are"
    var parts = [
      "Paths of \(network); of \(modules) modules \(counted) used"
        + (vectors == nil ? "; paths are fixed" : "") + "\n"
        + table([["task", "path"] + (vectors == nil ? [] : ["probability"])] + paths)
    ]
    if vectors != nil {
      let choices = choices
      let rows = tasks.flatMap { task in
        (task.steps ?? []).enumerated().map { index, step in
          [task.task, "\(index + 1)", step.choice.map(String.init) ?? "stop"]
            + choices.values(step).map { shown($0, 2) }
        }
      }
      parts.append(
        "Probability of every choice along each path\n"
          + table([["task", "step", "choice"] + choices.names] + rows))
    }
    parts.append(
      "Positions of modules in tasks' paths\n"
        + table(
          [["task"] + used.map { "\($0.module)" }]
            + tasks.map { task in
              [task.task]
                + used.map { positions(of: $0, in: task).map(String.init).joined(separator: ",") }
            }))
    parts.append(
      table(
        [["module", "tasks", "mean depth"]]
          + used.map { ["\($0.module)", "\($0.tasks.count)", fixed($0.depth, 2)] }))
    if !pairs.isEmpty { parts.append(pairs.count <= Self.mostPairs ? pairTable : closestTable) }
    if let vectors {
      let shares = vectors.explained.map { percent($0) + " %" }.joined(separator: " and ")
      parts.append(
        "Tasks' vectors along their two principal components, which explain \(shares) of the "
          + "variance\n"
          + table(
            [["task", "component 1", "component 2"]]
              + zip(tasks, vectors.coordinates).map { [$0.task] + $1.map { shown($0) } }))
    }
    return parts.joined(separator: "\n\n")
  }

  private var hasMasks: Bool { (pairs + [all]).contains { $0.masks != nil } }

  private var pairTable: String {
    let rows = pairs + (pairs.count > 1 ? [all] : [])
    return "Modules that tasks share" + (hasMasks ? ", beside the overlap of their tickets" : "")
      + "\n"
      + table(
        [["overlap", "ratio", "intersection", "union"] + (hasMasks ? ["tickets"] : [])]
          + rows.map { row in
            [
              row.tasks.count == tasks.count && pairs.count > 1
                ? "all" : row.tasks.joined(separator: ", ")
            ]
              + [fixed(row.ratio, 4), "\(row.intersection)", "\(row.union)"]
              + (hasMasks ? [shown(row.masks)] : [])
          })
  }

  /// Of many tasks: what each shares with the others on average, and with whom most.
  private var closestTable: String {
    let rows = tasks.map { task in
      let own = pairs.filter { $0.tasks.contains(task.task) }
      let most = own.map(\.ratio).max()!
      let closest = own.filter { $0.ratio == most }.flatMap(\.tasks).filter { $0 != task.task }
      let masks = own.compactMap(\.masks)
      return [task.task, fixed(Self.mean(own.map(\.ratio)), 4)]
        + (hasMasks ? [masks.isEmpty ? "-" : fixed(Self.mean(masks), 4)] : [])
        + [
          fixed(most, 4),
          most == 0
            ? "-"
            : closest.prefix(3).joined(separator: ", ")
              + (closest.count > 3 ? " and \(closest.count - 3) more" : ""),
        ]
    }
    return "Overlap ratios of the modules of pairs of tasks; of all tasks \(fixed(all.ratio, 4))\n"
      + table(
        [["task", "mean"] + (hasMasks ? ["tickets' mean"] : []) + ["highest", "with"]] + rows)
  }

  static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  /// A row a number, told apart by what it is: `module_overlap` and `mask_overlap` of `task` and
  /// `other`, or of all where both are empty; `position` of the module `choice`; `probability` of
  /// every `choice` at every `step`, `path_probability`; `component_1` and `component_2` of a task's
  /// vector.
  public var csv: String {
    var rows = [["kind", "task", "other", "step", "choice", "value"]]
    for task in tasks {
      for (index, module) in task.path.enumerated() {
        rows.append(["position", task.task, "", "", "\(module)", "\(index + 1)"])
      }
      if let probability = task.probability {
        rows.append(["path_probability", task.task, "", "", "", "\(probability)"])
      }
      for (index, step) in (task.steps ?? []).enumerated() {
        let choices = step.modules.enumerated().map { ("\($0 + 1)", $1) }
        for (choice, value) in choices + (step.stop.map { [("stop", $0)] } ?? []) {
          rows.append(["probability", task.task, "", "\(index + 1)", choice, "\(value)"])
        }
      }
    }
    for (names, shared) in pairs.map({ ($0.tasks, $0) }) + [(["", ""], all)] {
      rows.append(["module_overlap"] + names + ["", "", "\(shared.ratio)"])
      if let masks = shared.masks {
        rows.append(["mask_overlap"] + names + ["", "", "\(masks)"])
      }
    }
    for (task, point) in zip(tasks, vectors?.coordinates ?? []) {
      for (index, value) in point.enumerated() {
        rows.append(["component_\(index + 1)", task.task, "", "", "", "\(value)"])
      }
    }
    return csvText(rows)
  }
}
