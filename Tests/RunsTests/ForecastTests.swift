import Basics
import Foundation
import Recipes
import Runs
import Sharing
import TestSupport
import Testing

/// What there is to do, and how long it takes.
@Suite struct ForecastTests {
  private func plan(_ sharing: String, _ given: (String, String)...) throws -> WorkPlan {
    let recipe = try Recipe.resolve(
      [layer(given + [("sharing", sharing)])], knownSharings: sharings)
    return recipe.workPlan(recipe.sharing.compactMap(Architecture.named))
  }

  /// The most epochs of every training, lane by lane.
  private func epochs(_ stage: WorkPlan.Stage) -> [[Int]] {
    stage.lanes.map { $0.map(\.epochs) }
  }

  private func line(
    _ stage: String, _ task: String? = nil, _ round: Int? = nil, epoch: Int, dev: Double = 0.5,
    seconds: Double = 8, evaluation: Double = 2
  ) -> MetricsLine {
    MetricsLine(
      stage: stage, task: task, round: round, epoch: epoch,
      values: ["mean": dev, "seconds": seconds, "evaluation_seconds": evaluation, "tokens": 400])
  }

  private func range(_ least: Double, _ probable: Double, _ most: Double) -> TimeRange {
    TimeRange(least: least, probable: probable, most: most)
  }

  @Test func everythingARunTrainsIsPlanned() throws {
    let plan = try plan(
      "sparse,hard,single", ("warmup-epochs", "4"), ("rounds", "2"), ("round-epochs", "5"),
      ("epochs", "7"))
    #expect(
      plan.stages.map(\.name) == ["warmup", "prune", "train/sparse", "train/hard", "train/single"])
    #expect(
      plan.stages.map(epochs) == [
        [[4]], [[5, 5, 5], [5, 5, 5], [5, 5, 5]], [[7]], [[7]], [[11], [11], [11]],
      ])
  }

  @Test func whatIsNotNeededIsNotPlanned() throws {
    #expect(try plan("single").stages.map(\.name) == ["train/single"])
    #expect(try plan("hard", ("warmup-epochs", "0")).stages.map(\.name) == ["train/hard"])
    let searched = try plan("modules", ("base", "hard"), ("word-dim", "100"), ("hidden", "65"))
    #expect(searched.stages.map(\.name) == ["train/modules", "fine-tune/modules"])
  }

  @Test func pruningIsPlannedAsTheRecipePrunes() throws {
    func rounds(_ given: (String, String)...) throws -> [[Int]] {
      let recipe = try Recipe.resolve(
        [layer(given + [("rounds", "3"), ("round-epochs", "9")])], knownSharings: sharings)
      return epochs(recipe.workPlan([Architecture.named("sparse")!]).stages[1])
    }
    #expect(try rounds(("schedule", "one-shot"))[0] == [9, 9])
    #expect(try rounds(("schedule", "gradual"))[0] == [1, 1, 1, 6])
    // It looks ahead: the last ticket is neither measured nor trained.
    #expect(try rounds(("criterion", "snip"))[0] == [1, 1, 1])
    // A task after the other.
    #expect(
      try rounds(("combine", "exclude"), ("select", "last"))
        == [[Int](repeating: 9, count: 12)])
  }

  /// Of 10 seconds an epoch: patience 3 after the best epoch at the earliest, all epochs at the
  /// latest, and as many as have been usual.
  @Test func remainingTimeFollowsEpochsAndPatience() throws {
    let plan = try plan(
      "hard", ("warmup-epochs", "20"), ("epochs", "30"), ("patience", "3"))
    var pace = Pace(jobs: 1)
    pace.note(10, of: .init(stage: "train/hard"))
    var done = try WorkDone(nil, plan)
    #expect(Forecast(plan, done, pace, jobs: 1).total == nil)
    pace.note(10, of: .init(stage: "warmup"))
    // At least 1 + 3 epochs each; three times the patience before anything is known; and what steps
    // miss by.
    #expect(
      Forecast(plan, done, pace, jobs: 1).total
        == range(8 * 10 / 1.33, 180, 50 * 10 * 1.33))
    for epoch in 1...5 { done.add(line("warmup", epoch: epoch, dev: epoch == 4 ? 0.9 : 0.1)) }
    let begun = Forecast(plan, done, pace, jobs: 1)
    // The best epoch is the fourth of five: it ends after seven at the earliest.
    #expect(begun.stages[0].left == range(2 * 9, 40, 15 * 11))
    done.finish(.init(stage: "warmup"))
    #expect(Forecast(plan, done, pace, jobs: 1).stages[0].left == .zero)
    for epoch in 1...30 { done.add(line("train/hard", epoch: epoch)) }
    #expect(Forecast(plan, done, pace, jobs: 1).total == .zero)
  }

  @Test func measuredEpochsCountMoreThanSteps() throws {
    let plan = try plan(
      "sparse", ("tasks", "pos=1,ner=3"), ("warmup-epochs", "1"), ("rounds", "2"),
      ("round-epochs", "10"), ("epochs", "1"), ("patience", "0"))
    var (pace, done) = (Pace(jobs: 2), try WorkDone(nil, plan))
    for task in ["pos", "ner"] { pace.note(100, of: .init(stage: "prune", task: task)) }
    func pruning(jobs: Int) -> TimeRange? { Forecast(plan, done, pace, jobs: jobs).stages[1].left }
    #expect(pruning(jobs: 1)?.probable == 6000)
    #expect(pruning(jobs: 2)?.probable == 3000)
    for epoch in 1...10 { done.add(line("prune", "pos", 0, epoch: epoch)) }
    // Two rounds of pos are left at 10 seconds an epoch, three of ner at 100.
    #expect(pruning(jobs: 1)?.probable == 3200)
    #expect(pruning(jobs: 2) == range(3000 / 1.33, 3000, 3000 * 1.33))
  }

  @Test func trainingsThatHaveEndedTellOfTheOthers() throws {
    let plan = try plan(
      "single", ("tasks", "pos=1,ner=3"), ("warmup-epochs", "0"), ("epochs", "40"),
      ("patience", "2"))
    var done = try WorkDone(nil, plan)
    for epoch in 1...12 { done.add(line("train/single", "pos", epoch: epoch)) }
    done.finish(.init(stage: "train/single", task: "pos"))
    var pace = Pace(jobs: 1)
    pace.note(1, of: .init(stage: "train/single", task: "ner"))
    #expect(Forecast(plan, done, pace, jobs: 1).total == range(3 * (1 / 1.33), 12, 40 * 1.33))
  }

  @Test func epochsVaryAsTheyHave() throws {
    let plan = try plan("hard", ("warmup-epochs", "0"), ("epochs", "4"), ("patience", "0"))
    var done = try WorkDone(nil, plan)
    done.add(line("train/hard", epoch: 1, seconds: 10, evaluation: 0))
    #expect(Forecast(plan, done, Pace(), jobs: 1).total == range(3 * 9, 30, 3 * 11))
    done.add(line("train/hard", epoch: 2, seconds: 28, evaluation: 2))
    #expect(Forecast(plan, done, Pace(), jobs: 1).total == range(2 * 10, 40, 2 * 30))
  }

  /// Rounds that are one epoch long tell nothing of the last one's early stopping.
  @Test func onlyTrainingsOfAsManyEpochsTellOfTheOthers() throws {
    let plan = try plan(
      "sparse", ("tasks", "pos=1"), ("warmup-epochs", "0"), ("rounds", "3"), ("round-epochs", "33"),
      ("schedule", "gradual"), ("patience", "3"), ("epochs", "1"))
    var done = try WorkDone(nil, plan)
    for round in 0..<3 {
      done.add(line("prune", "pos", round, epoch: 1))
      done.finish(.init(stage: "prune", task: "pos", round: round))
    }
    #expect(Forecast(plan, done, Pace(), jobs: 1).stages[0].left == range(4 * 9, 90, 30 * 11))
  }

  @Test func measuredWeightsNeedEveryTaskAlone() throws {
    func stages(_ sharing: String) throws -> [String] {
      try plan(
        sharing, ("communicate", "listwise"), ("passing-weights", "measured"), ("rounds", "2")
      ).stages.map(\.name)
    }
    #expect(
      try stages("sparse,hard")
        == ["train/single", "warmup", "prune", "train/sparse", "train/hard"])
    #expect(try stages("hard,single") == ["train/single", "warmup", "train/hard"])
    #expect(try stages("single") == ["train/single"])
  }

  @Test func paceIsKeptAndDamagedFilesAreNot() throws {
    let scratch = try Scratch()
    var pace = Pace(jobs: 3)
    pace.note(1.5, of: .init(stage: "prune", task: "pos", round: 4))
    try pace.write(scratch.path)
    let read = try #require(Pace.read(scratch.path))
    #expect(
      read.jobs == 3
        && read.seconds(.init(stage: "prune", task: "pos", round: 0))?.probable == 1.5)
    #expect(read.seconds(.init(stage: "prune", task: "ner")) == nil)
    for text in [
      "{}", "", "[", #"{"jobs":0,"epoch_seconds":{}}"#, #"{"jobs":1,"epoch_seconds":{"a":-1}}"#,
    ] {
      try scratch.file("pace.json", text)
      #expect(Pace.read(scratch.path) == nil, "\(text)")
    }
  }

  @Test(arguments: [
    (0.0, "0 s"), (0.3, "0.3 s"), (1, "1 s"), (59.6, "1 min"), (75, "1 min 15 s"),
    (599, "9 min 59 s"), (725, "12 min"), (3600, "1 h"), (11_400, "3 h 10 min"),
    (86_400 * 2 + 3_700, "2 d 1 h"), (.infinity, "years"),
  ]) func durationsHaveTwoUnits(seconds: Double, text: String) {
    #expect(duration(seconds) == text)
  }

  @Test func whoWorksIsToldWithoutTheLock() throws {
    let scratch = try Scratch()
    #expect(RunLock.process(workingOn: scratch.path) == nil)
    var lock: RunLock? = try RunLock.take(run: scratch.path)
    #expect(RunLock.process(workingOn: scratch.path) == Int(getpid()))
    _ = lock
    lock = nil
    // The number still stands in the file.
    #expect(RunLock.process(workingOn: scratch.path) == nil)
    try scratch.file("lock", "no number")
    #expect(RunLock.process(workingOn: scratch.path) == nil)
  }
}
