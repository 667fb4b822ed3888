/// What a training stage does, whatever it trains; the defaults are the published settings (Sun et
/// al. 2020).
public struct TrainingSettings: Sendable {
  /// How steps are shared out between tasks of different sizes.
  public enum Sampling: String, Sendable, CaseIterable, Codable {
    /// Every task's data once an epoch.
    case proportional
    /// The tasks are drawn with equal probability; an epoch has as many steps as all data.
    case uniform
    /// The tasks are drawn with probability ∝ n^(1/T) for n batches and the temperature T: T = 1
    /// is in proportion to the data, a large T nearly uniform; as many steps as all data.
    case temperature
  }

  /// The optimiser.
  public var optimizer = OptimizerKind.sgd
  /// Learning rate η at epoch 0.
  public var rate: Float = 0.1
  /// μ, for SGD.
  public var momentum: Float = 0.9
  /// The learning rate of epoch e is η / (1 + decay · e).
  public var rateDecay: Float = 0.05
  /// Epochs of the same training that came before: the learning rate goes on falling from there.
  public var epochsBefore = 0
  /// How gradients are clipped.
  public var clipping = Clipping(.norm, limit: 5)
  /// B, sentences in a batch.
  public var batchSize = 10
  /// The most epochs.
  public var epochs = 100
  /// Training ends after this many epochs without a better dev score; 0 for never.
  public var patience = 10
  /// The epochs that are done even so.
  public var leastEpochs = 0
  /// The task by whose dev score epochs are chosen; nil, or where it is not among those trained,
  /// the mean of all.
  public var mainTask: String?
  /// How steps are shared out between tasks.
  public var sampling = Sampling.proportional
  /// T, for sampling by temperature.
  public var samplingTemperature = 2.0
  /// What steps do where several tasks are trained together.
  public var steps = StepSettings()
  /// The run's seed.
  public var seed: UInt64 = 1
  /// The threads a step or an evaluated batch may use, asked anew for each: results do not depend
  /// on it, so it may change in mid-training.
  public var threads: @Sendable () -> Int = { 1 }

  /// The published settings.
  public init() {}

  /// The learning rate of epoch `epoch`, counted from 0.
  public func rate(epoch: Int) -> Float { rate / (1 + rateDecay * Float(epochsBefore + epoch)) }
}
