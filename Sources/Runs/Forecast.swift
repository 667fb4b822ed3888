import Foundation

/// How long the rest of a run takes: from the epochs that it has measured, else from a few steps, and
/// from the early stopping that it has seen.
///
/// A training ends at the earliest its patience after its best epoch, at the latest with its last
/// epoch. Probably it takes as many epochs as those that have ended of its kind and with as many epochs
/// at most, and before there are any, three times the patience. An epoch takes as long as those that
/// were measured, give or take what they differ by, or what a few steps are known to miss by.
package struct Forecast: Sendable {
  /// What is left of each stage of the plan; nil where no epoch like it has been measured.
  package let stages: [(name: String, left: TimeRange?)]

  /// All of it; nil if that of a stage is not known.
  package var total: TimeRange? {
    stages.reduce(TimeRange.zero) { sum, stage in
      sum.flatMap { sum in stage.left.map { sum + $0 } }
    }
  }

  /// The forecast of `plan`, of which `done` is done, on `jobs` cores.
  ///
  /// - Parameters:
  ///   - pace: what was measured before there were epochs.
  ///   - usual: how many epochs are usual; nil to tell from `done`.
  package init(
    _ plan: WorkPlan, _ done: WorkDone, _ pace: Pace, jobs: Int, usual: UsualEpochs? = nil
  ) {
    let usual = usual ?? UsualEpochs(of: [(plan, done)])
    stages = plan.stages.map { stage in
      var lanes: [TimeRange]? = []
      for lane in stage.lanes {
        let left = Self.left(lane, plan, done, pace, usual)
        lanes = lanes.flatMap { lanes in left.map { lanes + [$0] } }
      }
      return (stage.name, lanes.map { TimeRange.sideBySide($0, jobs: jobs) })
    }
  }

  /// The seconds that are probably left of `trainings`, one after the other; nil if that is not known.
  package static func seconds(
    of trainings: [WorkPlan.Training], _ plan: WorkPlan, _ done: WorkDone, _ pace: Pace
  ) -> Double? {
    left(trainings, plan, done, pace, UsualEpochs(of: [(plan, done)]))?.probable
  }

  /// What is left of `lane`; nil if its speed is not known.
  private static func left(
    _ lane: [WorkPlan.Training], _ plan: WorkPlan, _ done: WorkDone, _ pace: Pace,
    _ usual: UsualEpochs
  ) -> TimeRange? {
    var sum = TimeRange.zero
    // Rounds get faster as weights go: the last one measured counts for those that follow.
    var measured: TimeRange?
    for training in lane {
      let own = done[training.key]
      measured = own.epochSeconds ?? measured
      guard !own.isFinished, own.epochs < training.epochs else { continue }
      guard let seconds = measured ?? pace.seconds(training.key) else { return nil }
      let epochs = Self.epochsLeft(
        training, own, patience: plan.patience,
        typical: usual.epochs(of: training) ?? Double(3 * plan.patience))
      sum = sum + seconds * epochs
    }
    return sum
  }

  private static func epochsLeft(
    _ training: WorkPlan.Training, _ done: WorkDone.Progress, patience: Int, typical: Double
  ) -> TimeRange {
    let most = Double(training.epochs)
    var (least, probable) = (most, most)
    if patience > 0 {
      least = min(most, Double(max(max(1, done.bestEpoch) + patience, training.leastEpochs)))
      probable = min(most, max(least, typical))
    }
    let epochs = Double(done.epochs)
    return TimeRange(
      least: max(0, least - epochs), probable: max(0, probable - epochs), most: most - epochs)
  }
}

/// The mean number of epochs of trainings that have ended, by kind.
package struct UsualEpochs: Sendable {
  private let means: [Kind: Double]

  /// Those of all `runs`.
  package init(of runs: [(plan: WorkPlan, done: WorkDone)]) {
    var ended: [Kind: [Double]] = [:]
    for (plan, done) in runs {
      for training in plan.stages.flatMap(\.trainings) {
        let own = done[training.key]
        guard own.isFinished, own.epochs > 0 else { continue }
        ended[Kind(training), default: []].append(Double(own.epochs))
      }
    }
    means = ended.mapValues { $0.reduce(0, +) / Double($0.count) }
  }

  /// That of trainings like `training`; nil if none has ended.
  func epochs(of training: WorkPlan.Training) -> Double? { means[Kind(training)] }

  /// Trainings that may be expected to take as many epochs.
  private struct Kind: Hashable {
    /// `train` of `train/sparse`.
    let stage: Substring
    /// The most epochs.
    let epochs: Int

    init(_ training: WorkPlan.Training) {
      (stage, epochs) = (training.key.stage.prefix { $0 != "/" }, training.epochs)
    }
  }
}
