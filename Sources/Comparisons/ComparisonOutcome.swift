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
          && row.values.allSatisfy(\.isShowable) && row.summary.count == row.values.count
          && row.summary.mean.isShowable
      }
      && efforts.allSatisfy { effort in
        variations.contains(effort.variation) && names.contains(effort.sharing)
          && effort.isPlausible
      }
  }
}

extension Comparison {
  /// Where the comparison's outcome is kept, and what it is computed from.
  func kept() throws -> KeptResult<ComparisonOutcome> {
    // The plan says what the recipes of all runs are.
    var settings = "comparison \(ComparisonOutcome.format)\n\(try jsonText(ComparisonRecord(plan)))"
    var inputs = ComparisonInputs()
    var series: Set<Int> = []
    for (index, cell) in cells.enumerated() {
      let places = cell.compared.indices.filter { isMeasurable(index, $0) }
      if !places.isEmpty || isFinished(index), series.insert(cell.series).inserted {
        inputs.add(data: cell.recipe.trainingData.union(cell.recipe.testData))
      }
      for place in places {
        settings += "\n\(cell.folder) \(cell.compared[place].name)"
        settings += " in \(home(of: index, place).folder)"
        try inputs.add(self, index, place)
      }
    }
    return KeptResult("\(path)/results/comparison.json", settings: settings, inputs: inputs.list)
  }
}
