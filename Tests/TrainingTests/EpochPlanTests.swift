import Corpora
import Testing
import Training

/// Which task's which batch comes when.
@Suite struct EpochPlanTests {
  private let data: SmallData
  /// 40 sentences of the first task, 10 of the second.
  private let uneven: [TaskSplits]

  init() throws {
    data = try SmallData()
    let few = try SmallData(sentences: 10)
    uneven = [data.splits[0], few.splits[1]]
  }

  private func plan(
    _ splits: [TaskSplits], _ change: (inout TrainingSettings) -> Void = { _ in }
  ) throws -> EpochPlan {
    let settings = SmallData.settings(epochs: 2) {
      $0.batchSize = 2
      change(&$0)
    }
    return Trainer(data.network(), data: splits, settings: settings, stage: "train").plan()
  }

  /// In proportion: every batch of every task once, tasks spread evenly over the epoch.
  @Test func proportional() throws {
    let plan = try plan(uneven)
    let tasks = plan.steps.map(\.task)
    #expect(tasks.count == 25 && tasks.count { $0 == 1 } == 5)
    // Of each five steps in a row one is the smaller task's, give or take the edges.
    for start in stride(from: 0, to: 25, by: 5) {
      #expect((0...2).contains(tasks[start..<start + 5].count { $0 == 1 }))
    }
    let gaps = tasks.indices.filter { tasks[$0] == 1 }
    #expect(zip(gaps, gaps.dropFirst()).allSatisfy { (4...6).contains($1 - $0) })
    for task in 0..<2 {
      let sentences = plan.steps.filter { $0.task == task }.flatMap { plan.batch($0).sentences }
      #expect(sentences.sorted() == Array(0..<(task == 0 ? 40 : 10)))
    }
  }

  /// Two tasks of equal size take turns.
  @Test func equalTasksAlternate() throws {
    let tasks = try plan(data.splits).steps.map(\.task)
    #expect(tasks.count == 40)
    for pair in stride(from: 0, to: 40, by: 2) { #expect(Set(tasks[pair...pair + 1]) == [0, 1]) }
  }

  /// Uniformly: as many steps as there are batches, each task with the same probability; a task
  /// whose batches are used up begins again with its first.
  @Test func uniform() throws {
    var counts = [0, 0]
    for seed in 1...40 {
      let plan = try plan(uneven) {
        $0.sampling = .uniform
        $0.seed = UInt64(seed)
      }
      #expect(plan.steps.count == 25)
      for step in plan.steps { counts[step.task] += 1 }
      let own = plan.steps.filter { $0.task == 1 }.map { plan.batch($0).sentences }
      for (index, batch) in own.enumerated() where index >= 5 { #expect(batch == own[index - 5]) }
    }
    // 1000 draws: within four standard deviations of one half.
    #expect(abs(counts[1] - 500) < 64)
  }

  /// By temperature: p ∝ n^(1/T), here n = 20 and 5 batches.
  @Test(arguments: [(1.0, 0.2), (2.0, 1 / 3.0), (1000.0, 0.5)])
  func temperature(temperature: Double, share: Double) throws {
    var counts = [0, 0]
    for seed in 1...80 {
      let plan = try plan(uneven) {
        $0.sampling = .temperature
        $0.samplingTemperature = temperature
        $0.seed = UInt64(seed)
      }
      for step in plan.steps { counts[step.task] += 1 }
    }
    let deviation = (2000 * share * (1 - share)).squareRoot()
    #expect(abs(Double(counts[1]) - 2000 * share) < 4 * deviation)
  }

  /// A task's batches do not depend on which other tasks there are.
  @Test func batchesAreTheTasksOwn() throws {
    let together = try plan(uneven)
    let settings = SmallData.settings(epochs: 1) { $0.batchSize = 2 }
    let alone = Trainer(
      data.network([1]), data: [uneven[1]], settings: settings, stage: "train"
    ).plan()
    #expect(
      together.steps.filter { $0.task == 1 }.map { together.batch($0).sentences }
        == alone.steps.map { alone.batch($0).sentences })
  }
}
