import Figures
import Scoring

extension EvaluationReport {
  /// One score.
  public struct Result: Codable, Sendable {
    /// The architecture, or a baseline: `majority`, `most-frequent-tag`, `naive-bayes`, `mean-value`.
    public let sharing: String
    /// `dev` or `test`, or `on` for other files than the run's.
    public let split: String
    /// The task.
    public let task: String
    /// The domain on whose files alone a task of united domains is scored; left out for all its files.
    public let domain: String?
    /// `f1`, `accuracy` or `spearman`.
    public let metric: String
    /// From 0 to 1; ρ from -1.
    public let value: Double
    /// Prunable weights of all the architecture's networks together: |∪M_t| for sparse sharing.
    public let parameters: Int
    /// Prunable weights that this task uses: ‖M_t‖₀ for sparse sharing.
    public let taskParameters: Int
    /// Precision and recall over spans.
    public let precision: Double?, recall: Double?
    /// The unweighted mean of F1 over the labels, or over types of spans; null for values.
    public let macroF1: Double?
    /// The mean squared error of a task of regression.
    public let meanSquaredError: Double?
    /// Accuracy of tokens, texts or vectors, and of tokens over words seen and unseen in training;
    /// null where there are none.
    public let accuracy: Double?, knownAccuracy: Double?, unknownAccuracy: Double?
    /// Every label, or type of spans, that is gold or predicted, by falling support; null for values.
    public let labels: [Label]?
    /// Over `labels`; null for values.
    public let averages: Averages?
    /// How often a gold label was predicted as which, right or wrong, by falling count, the
    /// `mostPairs` most frequent; null for values.
    public let confusion: [Confusion]?
    /// The same of types of spans where first and last token agree; a span that was missed has no
    /// `predicted`, a spurious one no `gold`. Null for a task without spans.
    public let spanConfusion: [Confusion]?

    /// Whether no network predicted.
    var isBaseline: Bool { Baseline(rawValue: sharing) != nil }

    /// How many pairs of labels are listed: all of 30 labels, and what matters of more.
    public static let mostPairs = 1000

    /// How one label was predicted; shares from 0 to 1.
    public struct Label: Codable, Sendable {
      /// The label as files write it, or the type of spans.
      public let label: String
      /// Precision, recall and F1.
      public let precision: Double, recall: Double, f1: Double
      /// How often it is gold, and how often predicted.
      public let support: Int, predicted: Int

      init(_ score: LabelScore) {
        label = score.label
        precision = score.counts.precision
        recall = score.counts.recall
        f1 = score.counts.f1
        support = score.counts.gold
        predicted = score.counts.predicted
      }
    }

    /// Averages over labels, as seqeval and scikit-learn define them.
    public struct Averages: Codable, Sendable {
      /// All counts together, the mean over labels, and that weighted by support.
      public let micro: LabelAverage, macro: LabelAverage, weighted: LabelAverage

      init(_ labels: [LabelScore]) {
        (micro, macro, weighted) = (labels.micro, labels.macro, labels.weighted)
      }
    }

    private enum CodingKeys: String, CodingKey {
      case sharing, split, task, domain, metric, value, parameters, precision, recall, accuracy
      case labels, averages, confusion
      case spanConfusion = "span_confusion"
      case taskParameters = "task_parameters"
      case macroF1 = "macro_f1"
      case meanSquaredError = "mse"
      case knownAccuracy = "known_accuracy"
      case unknownAccuracy = "unknown_accuracy"
    }

    init(
      _ score: Score, sharing: String, split: String, domain: String? = nil,
      parameters: (all: Int, task: Int)
    ) {
      self.sharing = sharing
      self.split = split
      self.domain = domain
      task = score.task
      metric = score.metric.rawValue
      value = score.value
      self.parameters = parameters.all
      taskParameters = parameters.task
      precision = score.spans?.overall.precision
      recall = score.spans?.overall.recall
      macroF1 = score.labels?.macro.f1
      meanSquaredError = score.meanSquaredError
      accuracy = score.accuracy.total > 0 ? score.accuracy.value : nil
      knownAccuracy = score.known.total > 0 ? score.known.value : nil
      unknownAccuracy = score.unknown.total > 0 ? score.unknown.value : nil
      labels = score.labels?.map(Label.init)
      averages = score.labels.map(Averages.init)
      confusion = score.confusion.map { Array($0.prefix(Self.mostPairs)) }
      spanConfusion = score.spanConfusion.map { Array($0.prefix(Self.mostPairs)) }
    }
  }
}
