import Basics
import Figures
import Runs

extension RunPage {
  /// α and β of the networks that have them.
  var sluiceSection: Document.Section? {
    guard !sluices.isEmpty else { return nil }
    return Document.Section(
      "What stitch units learned",
      sluices.flatMap { report in
        let ratio = report.auxiliaryRatio.map { ratio -> Document.Block in
          .paragraph(
            "\(report.sharing): |α| of other tasks into \(report.tasks[0]) over its own: "
              + fixed(ratio, 4))
        }
        let isLarge = report.alpha[0].count > Self.mostSpaces
        return [ratio].compactMap(\.self)
          + (isLarge
            ? [.folded("α and β of \(report.sharing)", [.figure(report.figure)])]
            : [.figure(report.figure)])
      })
  }

  /// The tasks' paths through the modules.
  var pathSection: Document.Section? {
    paths.map { paths in
      let rows = paths.tasks.map { task in
        [task.task, task.path.map(String.init).joined(separator: "-")]
          + [task.probability.map { fixed($0, 4) } ?? "-"]
      }
      return Document.Section(
        "Paths through modules",
        [
          .table(
            Document.Table(
              "Paths of \(paths.network), of \(paths.modules) modules",
              [["task", "path", "probability"]] + rows)),
          .folded("Choices and positions", [.figure(paths.figure)]),
        ])
    }
  }

  /// What was observed of training beside losses and scores, such as the accuracy of an adversary.
  var observationSection: Document.Section? {
    let blocks = metrics.map(\.stage).uniqued().flatMap { stage -> [Document.Block] in
      let lines = metrics.filter { $0.stage == stage }.sorted { $0.epoch < $1.epoch }
      let names = Set(lines.flatMap(\.values.keys).compactMap(Self.observation)).sorted()
      return names.map { name in
        let tasks = report.recipe.tasks.map(\.name).filter { task in
          lines.contains { $0.values["\(name).\(task)"] != nil }
        }
        let series = tasks.prefix(Self.mostObserved).map { task in
          Self.series(task, lines.map { (x: Double($0.epoch), line: $0) }) {
            $0.values["\(name).\(task)"]
          }
        }
        return .figure(
          LineChart(
            title: "\(stage): \(name)", xLabel: "epoch", yLabel: name, series: Array(series),
            countsX: true
          ).figure)
      }
    }
    return blocks.isEmpty
      ? nil : Document.Section("Observed in training", isFolded: true, blocks)
  }

  private static let (mostSpaces, mostObserved) = (12, 6)

  /// The name of what a number of `metrics/` observes by task; nil for all other numbers.
  private static func observation(_ key: String) -> String? {
    let parts = key.split(separator: ".", maxSplits: 1)
    return parts.count == 2 && !["loss", "dev"].contains(parts[0]) ? String(parts[0]) : nil
  }
}
