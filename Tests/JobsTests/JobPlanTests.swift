import Basics
import Foundation
import Jobs
import Recipes
import Runs
import Sharing
import TestSupport
import Testing

/// Which parts a run has, and what each of them needs.
@Suite struct RunUnitTests {
  private func units(_ settings: (String, String)...) throws -> [String] {
    let recipe = try Recipe.resolve([layer(settings)], knownSharings: sharings)
    return recipe.units(recipe.sharing.compactMap(Architecture.named)).enumerated().map {
      "\($0): \($1.unit.name) after \($1.needs)"
    }
  }

  @Test func partsComeAfterThoseTheyNeed() throws {
    #expect(
      try units(("sharing", "sparse,hard,single"), ("tasks", "pos=1,ner=3")) == [
        "0: warmup after []", "1: prune/pos after [0]", "2: prune/ner after [0]",
        "3: train/sparse after [1, 2]", "4: train/hard after [0]", "5: train/single/pos after []",
        "6: train/single/ner after []", "7: evaluate after [0, 1, 2, 3, 4, 5, 6]",
      ])
    #expect(
      try units(("sharing", "single"), ("tasks", "pos=1")) == [
        "0: train/single/pos after []", "1: evaluate after [0]",
      ])
  }

  /// Tasks that leave nothing to each other are pruned in turn, those that decide together at once.
  @Test func tasksThatHaveToDoWithEachOther() throws {
    let tasks = ("tasks", "pos=1,chunk=2,ner=3")
    let excluding = try units(
      ("sharing", "sparse"), ("combine", "exclude"), ("select", "last"), tasks)
    #expect(
      excluding.prefix(4) == [
        "0: warmup after []", "1: prune/pos after [0]", "2: prune/chunk after [0, 1]",
        "3: prune/ner after [0, 2]",
      ])
    let agreeing = try units(("sharing", "sparse"), ("combine", "agree"), tasks)
    #expect(
      agreeing == [
        "0: warmup after []", "1: prune after [0]", "2: train/sparse after [1]",
        "3: evaluate after [0, 1, 2]",
      ])
  }

  @Test(arguments: [
    RunUnit.warmup, .prune(task: nil), .prune(task: "a.b"), .train("hard", task: nil),
    .train("single", task: "x_1"), .evaluate,
  ])
  func namesAreReadBack(unit: RunUnit) {
    #expect(RunUnit(unit.name) == unit)
  }

  @Test(arguments: [
    "", "warmup/x", "prune/../x", "train", "prune//", "train/a/b/c", "prune/.a", "x",
  ])
  func otherNamesAreNone(name: String) {
    #expect(RunUnit(name) == nil)
  }
}
