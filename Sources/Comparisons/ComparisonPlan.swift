import Basics
import Recipes
import Sharing

/// What a comparison compares: a grid of ordinary runs, variation × domain × seed, in each of
/// which the same architectures are trained; variants of them have runs of their own.
public struct ComparisonPlan: Equatable, Sendable {
  /// One data set that networks are trained on, and that all networks are scored on.
  public struct Domain: Equatable, Sendable, Codable {
    /// The name, of letters, digits, `_` and `-`; a folder of the comparison carries it.
    public let name: String
    let train: [String], dev: [String], test: [String]
  }

  /// An option of which the comparison tries several values.
  public struct Axis: Equatable, Sendable {
    /// The option's name.
    public let option: String
    /// Its values, as the recipe's table of options reads them back.
    public let values: [RecipeValue]

    /// A name for each value that is safe as a folder's, as in `density=0.5`; values of which one
    /// cannot be that (paths, very long ones) are numbered from 1.
    var slugs: [String] {
      let named = values.map { "\(option)=\($0.scalarText ?? "")" }
      let isSafe = zip(values, named).allSatisfy { value, name in
        value.scalarText?.isEmpty == false && name.utf8.count <= 80
          && name.utf8.allSatisfy { $0.isLetterDigitOrDash || ".,=+".utf8.contains($0) }
      }
      // File systems may hold names that differ in case for the same.
      return isSafe && Set(named.map { $0.lowercased() }).count == named.count
        ? named : values.indices.map { "\(option)=\($0 + 1)" }
    }
  }

  /// The settings that all runs have in common; not complete by itself where tasks or files are
  /// varied.
  public var base: Recipe
  /// Runs a variation and domain: seeds from the recipe's on, one after the other.
  public var seeds: Int
  /// The one of `compared` that the others are compared with.
  public var baseline: String
  /// The options that vary; the grid holds every combination of their values.
  public var axes: [Axis]
  /// The data sets; empty means the recipe's own files alone.
  public var domains: [Domain]
  /// Architectures with settings of their own; without any of the recipe's beside them its
  /// `sharing` is empty.
  public var variants: [ComparisonVariant]

  /// The most runs a comparison may have.
  static let cellLimit = 10_000

  /// Every combination of the varied options' values, the last option changing fastest; one
  /// without values if nothing varies.
  public var variations: [ComparisonVariation] {
    axes.reduce([ComparisonVariation(values: [], folders: [])]) { variations, axis in
      variations.flatMap { variation in
        zip(axis.values, axis.slugs).map { value, slug in
          ComparisonVariation(
            values: variation.values + [.init(axis.option, value)],
            folders: variation.folders + [slug])
        }
      }
    }
  }

  /// The runs: by variation, then variant, then domain, then seed.
  ///
  /// - Throws: `Failure` of kind `usage` naming the option that a run cannot have.
  public func cells(knownSharings: [String]) throws -> [ComparisonCell] {
    let comparedByRun = comparedByRun
    var count = seeds * max(1, domains.count) * comparedByRun.count
    // The product is not built before it is known to be small.
    for axis in axes where count <= Self.cellLimit { count *= axis.values.count }
    guard count <= Self.cellLimit else {
      throw Failure(
        .usage, setting: "vary",
        "makes more than \(Self.cellLimit) runs; leave out values or seeds")
    }
    var cells: [ComparisonCell] = []
    var series = 0
    for (index, variation) in variations.enumerated() {
      for compared in comparedByRun {
        for domain in domains.isEmpty ? [nil] : domains.map({ $0 }) {
          // What differs by the seed alone is resolved and checked once.
          let first = try ComparisonCell(
            self, variation, index, compared, domain, series: series,
            knownSharings: knownSharings)
          cells += (0..<seeds).map { first.seeded(base.seed + UInt64($0)) }
          series += 1
        }
      }
    }
    return cells
  }
}

/// One value for each option that a comparison varies.
public struct ComparisonVariation: Equatable, Sendable {
  /// The options' values; empty if nothing varies.
  let values: [RecipeValue.Entry]
  /// The folders that lead to its runs.
  let folders: [String]

  /// What messages and tables call it, as in `density=0.5 epochs=3`; empty if nothing varies.
  var label: String { values.map { "\($0.key)=\($0.value.shown)" }.joined(separator: " ") }
}

/// One run of a comparison.
public struct ComparisonCell: Sendable {
  /// Where its folder is, seen from the comparison's.
  public var folder: String { "\(folders)seed-\(seed)" }
  /// What progress lines call it, as in `density=0.5 news seed 2`.
  public var label: String { "\(labels)seed \(seed)" }
  /// Its settings.
  public private(set) var recipe: Recipe
  /// The number of its series from 0: the runs that differ by their seeds alone, one after the other.
  let series: Int
  /// The index of its variation.
  let variation: Int
  /// What is trained in it.
  let compared: [ComparisonVariant]
  let domain: String?
  /// What all folders and labels of the series begin with.
  private let folders: String, labels: String

  var seed: UInt64 { recipe.seed }

  /// The first of a series.
  fileprivate init(
    _ plan: ComparisonPlan, _ variation: ComparisonVariation, _ index: Int,
    _ compared: [ComparisonVariant], _ domain: ComparisonPlan.Domain?, series: Int,
    knownSharings: [String]
  ) throws {
    var recipe = plan.base
    recipe.sharing = compared.map(\.sharing)
    // Where there are settings, there is one variant.
    for (name, entries) in [("vary", variation.values), ("variant", compared[0].settings)] {
      for entry in entries {
        let option = RecipeOption.named(entry.key)!
        try option.set(
          entry.value, in: &recipe, at: RecipePlace(name: "--\(name) \(entry.key)", folder: "/"))
      }
    }
    if let domain {
      (recipe.train, recipe.dev, recipe.test) = (domain.train, domain.dev, domain.test)
    }
    recipe.fillTasks()
    let variant = compared[0].isPlain ? nil : compared[0].name
    let settings = [variation.label, variant ?? ""].filter { !$0.isEmpty }
    labels = (settings + (domain.map { [$0.name] } ?? [])).map { $0 + " " }.joined()
    do {
      try recipe.validate(knownSharings: knownSharings)
    } catch let failure as Failure where !settings.isEmpty {
      throw failure.adding(" (in \(settings.joined(separator: " ")))")
    }
    if domain != nil, let task = recipe.tasks.first(where: \.hasOwnFiles) {
      throw Failure(
        .usage, setting: "domain",
        "task '\(task.name)' has files of its own; leave them to the domains")
    }
    self.recipe = recipe
    self.series = series
    self.compared = compared
    self.variation = index
    self.domain = domain?.name
    let parts = [compared[0].folder, domain?.name].compactMap(\.self)
    folders = (variation.folders + parts).map { $0 + "/" }.joined()
  }

  /// That of the same series with another seed.
  fileprivate func seeded(_ seed: UInt64) -> ComparisonCell {
    var other = self
    other.recipe.seed = seed
    return other
  }
}

extension Recipe {
  /// What of the recipe the training of `architecture` follows: networks without tickets are the
  /// same however tasks are pruned, so for these pruning has its usual settings.
  func governing(_ architecture: Architecture) -> Recipe {
    var recipe = self
    recipe.sharing = [architecture.name]
    guard !architecture.needsTickets else { return recipe }
    let usual = Recipe()
    for option in RecipeOption.all where option.group == .prune {
      // An option accepts its own values.
      try? option.set(
        option.value(in: usual), in: &recipe, at: RecipePlace(name: option.name, folder: "/"))
    }
    return recipe
  }
}
