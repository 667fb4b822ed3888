import Basics
import Figures
import Foundation
import Recipes
import Runs
import Scoring

/// What there is to measure in one cell of a comparison, as it was found when it was looked at.
struct CellMeasuring {
  /// The cell.
  let index: Int
  /// Those of what is compared in it that are trained, as indices.
  let places: [Int]
  /// The cells on whose data they are scored.
  let targets: [Int]
}

extension Comparison {
  /// What there is to measure in cell `index` now. Test files of runs that are not finished stay closed.
  func measuring(_ index: Int) -> CellMeasuring {
    CellMeasuring(
      index: index, places: cells[index].compared.indices.filter { isMeasurable(index, $0) },
      targets: peers(of: index).filter(isFinished))
  }

  /// The cells of all domains, itself among them, that are otherwise as cell `index`.
  func peers(of index: Int) -> [Int] {
    // By domain, then by seed.
    let domains = max(1, plan.domains.count)
    let (series, seed) = index.quotientAndRemainder(dividingBy: plan.seeds)
    let first = series - series % domains
    return (first..<first + domains).map { $0 * plan.seeds + seed }
  }

  /// Where the scores of one cell are kept, and what they are computed from.
  ///
  /// Neither the seeds nor the values, domains and variants of other cells belong to it, so that it
  /// stands when the comparison grows.
  func kept(
    _ measuring: CellMeasuring, _ split: RunData.Split
  ) throws -> KeptResult<ComparisonMeasurements> {
    let cell = cells[measuring.index]
    var settings = "cell \(ComparisonMeasurements.format)\n\(split.rawValue)"
    settings += "\nsentences \(hasCommonSentences(cell))\n\(try jsonText(cell.recipe))"
    var inputs = ComparisonInputs()
    inputs.add(data: cell.recipe.trainingData)
    for place in measuring.places {
      settings += "\n\(cell.compared[place].name) in \(home(of: measuring.index, place).folder)"
      try inputs.add(self, measuring.index, place)
    }
    for target in measuring.targets.map({ cells[$0] }) {
      settings += "\non \(target.folder)"
      if target.folder != cell.folder { settings += " \(try jsonText(target.recipe))" }
      inputs.add(data: target.recipe.evaluationData(split))
    }
    return KeptResult(
      "\(path)/results/\(cell.folder).json", settings: settings, inputs: inputs.list)
  }

  /// The kept scores of one cell; nil if there are none that fit.
  func readKept(
    _ measuring: CellMeasuring, _ split: RunData.Split
  ) throws -> ComparisonMeasurements? {
    let cell = cells[measuring.index]
    guard var found = try kept(measuring, split).read() else { return nil }
    found.move(toVariation: cell.variation)
    return found.fit(
      cell, places: measuring.places, targets: measuring.targets.map { cells[$0].domain }, split)
      ? found : nil
  }

  /// Whether networks of several seeds are scored on the same sentences: the built-in corpus is another
  /// one for every seed.
  func hasCommonSentences(_ cell: ComparisonCell) -> Bool {
    !cell.recipe.usesBuiltInCorpus || plan.seeds == 1
  }
}

extension ComparisonMeasurements {
  /// Raise it where the same networks come to something else, or this type changes.
  fileprivate static let format = 1

  /// The index of a variation changes when values are added before its own.
  fileprivate mutating func move(toVariation index: Int) {
    for place in scores.indices { scores[place].variation = index }
    for place in others.indices { others[place].variation = index }
    for place in efforts.indices { efforts[place].variation = index }
  }

  /// Whether it can be what was measured of those at `places` in `cell`, on the data of `targets`: a
  /// file says so, which may come from anywhere.
  fileprivate func fit(
    _ cell: ComparisonCell, places: [Int], targets: [String?], _ split: RunData.Split
  ) -> Bool {
    let names = places.map { cell.compared[$0].name }
    let tasks = cell.recipe.tasks.map(\.name)
    let asked: [[String?]] = names.flatMap { name in
      tasks.flatMap { task in targets.map { [name, task, $0] } }
    }
    let metrics = Set([Score.Metric.f1, .accuracy, .spearman].map(\.rawValue))
    let isOfCell = { (score: ComparisonScore) in
      score.seed == cell.seed && score.source == cell.domain && names.contains(score.sharing)
    }
    return self.split == split && scores.map { [$0.sharing, $0.task, $0.domain] } == asked
      && scores.allSatisfy {
        isOfCell($0) && metrics.contains($0.metric) && (-1...1).contains($0.value)
      }
      && others.allSatisfy {
        isOfCell($0) && $0.value.isShowable && $0.sentences.isEmpty
          && metrics.union(ComparisonRow.otherMetrics).contains($0.metric)
      }
      && efforts.map(\.sharing) == names && efforts.allSatisfy(\.isPlausible)
  }
}

extension ComparisonEffort {
  /// Whether a training can have taken that.
  var isPlausible: Bool {
    [Double(parameters), train, warmup, prune, pruneEpochs, tokens, processor]
      .allSatisfy { $0 >= 0 && $0.isShowable }
  }
}

extension Double {
  /// Whether averages of such numbers can be shown.
  var isShowable: Bool { abs(self) < 1e15 }
}
