import Basics
import Batches
import Corpora
import Foundation

/// The steps of one epoch: which task's which batch comes when.
///
/// A task's batches depend on the seed, the stage, the task's name and the epoch only, so that a
/// task sees the same batches whether it is trained alone or beside others.
package struct EpochPlan {
  /// One step: the task, and the number of its batch among those the task trains on in the epoch.
  /// Joint steps have that batch of every task; the task is the first.
  package struct Step {
    package let task: Int
    let index: Int
  }

  package let steps: [Step]
  private let batches: [BatchList]
  private let isJoint: Bool

  /// The batch of `step`; packed at every call.
  package func batch(_ step: Step) -> Batch {
    let list = batches[step.task]
    return list[step.index % list.count]
  }

  /// The batch of another task with the number of `step`'s.
  func batch(of task: Int, at step: Step) -> Batch {
    batches[task][step.index % batches[task].count]
  }

  /// The tokens of `step`'s batch, or of its batches.
  package func tokenCount(_ step: Step) -> Int {
    (isJoint ? Array(batches.indices) : [step.task]).reduce(0) { sum, task in
      sum + batches[task].tokenCount(step.index % batches[task].count)
    }
  }

  init(
    _ data: [TaskData], settings: TrainingSettings, stage: String, epoch: Int
  ) {
    func stream(_ names: String...) -> RandomStream {
      RandomStream(seed: settings.seed, names: [stage, "epoch \(epoch)"] + names)
    }
    var order = stream("task order")
    batches = data.map { task in
      var sentences = stream("sentence order", task.task.name)
      return task.batches(size: settings.batchSize, stream: &sentences)
    }
    isJoint = settings.steps.isJoint && data.count > 1
    if isJoint {
      // As many batches as all tasks have: an epoch reads as much as one of other steps.
      let all = batches.reduce(0) { $0 + $1.count }
      steps = (0..<(all + data.count - 1) / data.count).map { Step(task: 0, index: $0) }
      return
    }
    switch settings.sampling {
    case .proportional:
      // Each task's batches spread evenly over the epoch; ties by an order drawn every epoch.
      let ranks = Array(data.indices).shuffled(using: &order)
      let places = batches.enumerated().flatMap { task, list in
        list.indices.map { index in
          (place: (Double(index) + 0.5) / Double(list.count), rank: ranks[task], task, index)
        }
      }
      steps = places.sorted { ($0.place, $0.rank) < ($1.place, $1.rank) }
        .map { Step(task: $0.2, index: $0.3) }
    case .uniform:
      steps = Self.drawing(batches) { order.below(data.count) }
    case .temperature:
      let shares = batches.map { pow(Double($0.count), 1 / settings.samplingTemperature) }
      let total = shares.reduce(0, +)
      steps = Self.drawing(batches) {
        var left = Double(order.uniform()) * total
        return shares.dropLast().firstIndex {
          left -= $0
          return left < 0
        } ?? shares.count - 1
      }
    }
  }

  /// As many steps as there are batches, the task of each as `draw` gives it.
  private static func drawing(_ batches: [BatchList], _ draw: () -> Int) -> [Step] {
    var next = [Int](repeating: 0, count: batches.count)
    return (0..<batches.reduce(0) { $0 + $1.count }).map { _ in
      let task = draw()
      next[task] += 1
      return Step(task: task, index: next[task] - 1)
    }
  }
}
