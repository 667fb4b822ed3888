import Batches
import Reports
import Testing

/// How often the units of a layer are most active on a word, counted by hand.
@Suite struct WordActivityTests {
  /// Two texts, "a b a" and "c b", of two units; rows by step: a c | b b | a.
  @Test func peaksOfEveryUnitInEveryText() {
    var activity = WordActivity(units: 2)
    activity.add(
      [1, -1, 0, 7, 5, -2, 0, 7, 2, -3], packing: Packing(stepSizes: [2, 2, 1]),
      words: ["a", "c", "b", "b", "a"])
    // Unit 1: 5 on b of the first text; 0 and 0 in the second, the first of them counts. Unit 2: -1
    // on a, though all are negative; 7 on c, before the equal one.
    #expect(activity.counts["a"]?.peaks == 1 && activity.counts["a"]?.occurrences == 2)
    #expect(activity.counts["b"]?.peaks == 1 && activity.counts["b"]?.occurrences == 2)
    #expect(activity.counts["c"]?.peaks == 2 && activity.counts["c"]?.occurrences == 1)
    let ranked = WordActivity.ranked([activity], atLeast: 1)
    #expect(ranked.common.map(\.word) == ["c", "a", "b"] && ranked.others.isEmpty)
    #expect(ranked.common.map(\.q) == [1, 0.25, 0.25])
  }

  @Test func wordsOfAllTasksAndTheRest() {
    func activity(_ words: [String], _ states: [Float]) -> WordActivity {
      var activity = WordActivity(units: 1)
      activity.add(
        states, packing: Packing(stepSizes: words.map { _ in 1 }), words: words)
      return activity
    }
    let tasks = [
      activity(["good", "book", "good"], [1, 0, 2]), activity(["film", "good"], [3, 1]),
    ]
    let ranked = WordActivity.ranked(tasks, atLeast: 1)
    // One peak for three times "good" over both tasks.
    #expect(ranked.common == [.init(word: "good", q: 1.0 / 3, occurrences: 3)])
    #expect(ranked.others.map(\.word) == ["film", "book"] && ranked.others.map(\.q) == [1, 0])
    let frequent = WordActivity.ranked(tasks, atLeast: 2)
    #expect(frequent.common.count == 1 && frequent.others.isEmpty)
    #expect(WordActivity.ranked([], atLeast: 1).common.isEmpty)
  }
}
