import Tensors

/// What stages may use and whom they tell; none of it changes a result.
public struct StageResources: Sendable {
  /// The threads the run may use at the moment.
  let threads: @Sendable () -> Int
  /// Whether the work may be given up, because something beside it has failed.
  let isCancelled: @Sendable () -> Bool
  /// What stands before everything the user sees of the run, if there are several.
  let label: String
  /// Seconds between checkpoints.
  public let checkpointSeconds: Double
  /// What the user sees.
  public let progress: ProgressDisplay
  /// Who is told of every epoch's numbers.
  let observer: (any MetricsObserver)?
  /// The only part of the run that is worked on, while others may be elsewhere; nil for all of it.
  let unit: String?
  /// Which workers on other machines are known to be dead.
  let takesOver: TakeOver

  /// Those of one run with `jobs` jobs.
  public init(
    jobs: Int, checkpointSeconds: Double, progress: ProgressDisplay,
    observer: (any MetricsObserver)? = nil, unit: String? = nil, takesOver: TakeOver = .none
  ) {
    self.init(
      Parallel.Circumstances(threads: { jobs }, isCancelled: { false }), label: "",
      checkpointSeconds: checkpointSeconds, progress: progress, observer: observer, unit: unit,
      takesOver: takesOver)
  }

  /// Those of one of several runs under `circumstances`; the user sees it called `label`.
  package init(
    _ circumstances: Parallel.Circumstances, label: String, checkpointSeconds: Double,
    progress: ProgressDisplay, observer: (any MetricsObserver)?, unit: String? = nil,
    takesOver: TakeOver = .none
  ) {
    threads = circumstances.threads
    isCancelled = circumstances.isCancelled
    self.label = label
    self.checkpointSeconds = checkpointSeconds
    self.progress = progress
    self.observer = observer
    self.unit = unit
    self.takesOver = takesOver
  }

  /// Tasks worked on side by side, or threads of one training.
  var jobs: Int { threads() }

  /// `text` as the user sees it.
  func shown(_ text: String) -> String { label.isEmpty ? text : "\(label): \(text)" }
}
