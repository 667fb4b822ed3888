import Basics
import Figures
import Recipes
import Runs

/// Everything that was measured in a comparison and averaged, as it is kept in `DIR/results`: what
/// its report shows, bootstraps included.
struct ComparisonOutcome: Codable {
  /// Raise it where the same runs come to something else, or this type changes.
  fileprivate static let format = 1

  let split: String
  let rows: [ComparisonRow]
  let efforts: [ComparisonEffort]
  let warnings: [String]

  /// Computes what was `measured` in the runs of `plan` comes to, bootstraps and all.
  static func compute(
    _ plan: ComparisonPlan, _ measured: ComparisonMeasurements, jobs: Int
  ) throws -> ComparisonOutcome {
    let table = try ComparisonTable(
      measured.scores + measured.others, sharings: plan.compared.map(\.name),
      baseline: plan.baseline, domains: plan.domains.map(\.name), seed: plan.base.seed, jobs: jobs)
    return ComparisonOutcome(
      split: measured.split.rawValue, rows: table.rows, efforts: measured.efforts,
      warnings: measured.warnings)
  }

  /// Whether it can be what runs of `plan` come to on `split`: a file says so, which may come from
  /// anywhere.
  func fits(_ plan: ComparisonPlan, _ split: RunData.Split) -> Bool {
    let variations = plan.variations.indices
    let names = Set(plan.compared.map(\.name))
    return self.split == split.rawValue
      && rows.allSatisfy { row in
        variations.contains(row.variation) && names.contains(row.sharing)
          && row.values.allSatisfy(Self.isPlausible) && row.summary.count == row.values.count
          && Self.isPlausible(row.summary.mean)
      }
      && efforts.allSatisfy { effort in
        variations.contains(effort.variation) && names.contains(effort.sharing)
          && ([
            Double(effort.parameters), effort.train, effort.warmup, effort.prune,
            effort.pruneEpochs, effort.tokens, effort.processor,
          ]).allSatisfy { $0 >= 0 && Self.isPlausible($0) }
      }
  }

  /// Whether averages of such numbers can be shown.
  private static func isPlausible(_ number: Double) -> Bool { abs(number) < 1e15 }
}

extension Comparison {
  /// Where the comparison's outcome is kept, and what it is computed from.
  func kept() throws -> KeptResult<ComparisonOutcome> {
    var settings = "comparison \(ComparisonOutcome.format)\n\(try jsonText(ComparisonRecord(plan)))"
    var inputs: [String: String] = [:]
    for (index, cell) in cells.enumerated() {
      settings += "\n\(cell.folder) \(try jsonText(cell.recipe))"
      for file in cell.recipe.trainingData.union(cell.recipe.testData) { inputs[file] = file }
      for (place, variant) in cell.compared.enumerated() where isMeasurable(index, place) {
        let home = home(of: index, place)
        settings += "\n\(variant.name) in \(home.folder)"
        let run = try RunDirectory.open(folder(home), forWork: false)
        for (name, path) in try run.files(of: variant.architecture) {
          inputs["\(home.folder)/\(name)"] = path
        }
        for path in ["\(run.path)/run.json"] + MetricsLog.files(of: run.metrics) {
          inputs["\(home.folder)\(path.dropFirst(run.path.count))"] = path
        }
      }
    }
    return KeptResult(
      "\(path)/results/comparison.json", settings: settings,
      inputs: inputs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
  }
}
