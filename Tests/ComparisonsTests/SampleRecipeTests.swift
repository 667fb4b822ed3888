import Basics
import Comparisons
import Foundation
import Recipes
import TestSupport
import Testing

/// The recipes in Tools/recipes; the data they name need not be here.
@Suite struct SampleRecipeTests {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Tools/recipes").path

  private static let files = try! FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    .filter { $0.hasSuffix(".yaml") }

  private func recipe(_ name: String) throws -> Recipe {
    let file = try RecipeLayer.file("\(Self.folder)/\(name)")
    return try Recipe.resolve([file], knownSharings: sharings)
  }

  private static let runs = [
    "gum-conflicts.yaml", "gum.yaml", "small.yaml", "sluice.yaml", "sparse-sharing.yaml",
  ]

  @Test(arguments: runs) func resolves(name: String) throws {
    let recipe = try recipe(name)
    let paths = recipe.train + recipe.dev + recipe.test
    #expect(recipe.usesBuiltInCorpus ? paths.isEmpty : Set(paths).count >= 3)
  }

  @Test(arguments: files.filter { !runs.contains($0) }) func plans(name: String) throws {
    let plan = try ComparisonPlan([ComparisonRequest.file("\(Self.folder)/\(name)")])
    let cells = try plan.cells(knownSharings: sharings)
    #expect(!cells.isEmpty && plan.compared.contains { $0.name == plan.baseline })
    for cell in cells {
      #expect(cell.recipe.train.count == cell.recipe.test.count && !cell.recipe.train.isEmpty)
    }
  }

  @Test func defaultsArePublishedSettings() throws {
    var expected = Recipe()
    expected.train = [Self.folder + "/train.txt"]
    expected.dev = [Self.folder + "/testa.txt"]
    expected.test = [Self.folder + "/testb.txt"]
    expected.declaredTasks = RecipeTask.builtIn
    #expect(try recipe("sparse-sharing.yaml") == expected)
  }

  @Test func positionPredictionDiffersInTasksAndNetwork() throws {
    var expected = try recipe("sparse-sharing.yaml")
    expected.declaredTasks = [
      RecipeTask(name: "ner", column: .index(3)), RecipeTask(name: "pp", column: .position),
    ]
    (expected.layers, expected.hidden, expected.wordDim, expected.charFilters) = (1, 50, 50, 0)
    expected.sharing = ["single", "hard", "sparse"]
    let cells = try ComparisonPlan([.file("\(Self.folder)/position-prediction.yaml")])
      .cells(knownSharings: sharings)
    #expect(Set(cells.map(\.recipe.warmupEpochs)) == [0, 20])
    #expect(cells.contains { $0.recipe == expected })
  }

  @Test func gumTakesEveryGenreInEverySplit() throws {
    let recipe = try recipe("gum.yaml")
    let splits = [("train", recipe.train), ("dev", recipe.dev), ("test", recipe.test)]
    for (split, files) in splits {
      let genres = ["academic", "bio", "court", "interview", "news", "voyage"]
      let ends = genres.map { "/shared/data/gum/\(split)/\($0).conll" }
      #expect(files.count == ends.count)
      #expect(zip(files, ends).allSatisfy { $0.hasSuffix($1) }, "\(split)")
    }
  }
}
