import Corpora

/// What can be scored without a network, to set beside the networks' scores.
public enum Baseline: String, Codable, Sendable, CaseIterable {
  /// Every token has the label that is most frequent in training.
  case majority
  /// Every token has the label most frequent in training for its lower-cased word; a word unseen
  /// in training has the majority label.
  case mostFrequentTag = "most-frequent-tag"

  /// A label id for every token of `data`, counted in `training`.
  ///
  /// Ties go to the lower id. Spans are labelled in the training encoding.
  ///
  /// - Parameters:
  ///   - data: the corpus to label.
  ///   - training: the training corpus of the same task and vocabulary.
  public func predict(_ data: TaskData, training: TaskData) -> [Int32] {
    precondition(
      data.task == training.task && !training.task.labels.isEmpty, "the task is another")
    let labelCount = training.task.labels.count
    let wordCount = training.encoded.vocabulary.words.count
    var perLabel = [Int](repeating: 0, count: labelCount)
    var perWord: [[Int32: Int]] = Array(repeating: [:], count: wordCount)
    let trained = training.encoded
    for (form, label) in zip(trained.corpus.tokens, training.labels) where label >= 0 {
      perLabel[Int(label)] += 1
      perWord[Int(trained.formWords[Int(form)])][label, default: 0] += 1
    }
    let majority = Int32(perLabel.indices.max { (perLabel[$0], -$0) < (perLabel[$1], -$1) }!)
    guard self == .mostFrequentTag else {
      return [Int32](repeating: majority, count: data.labels.count)
    }
    var byWord = perWord.map { counts in
      counts.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key ?? majority
    }
    byWord[0] = majority
    return data.encoded.corpus.tokens.map { byWord[Int(data.encoded.formWords[Int($0)])] }
  }

  /// The score of the baseline on `data`.
  public func score(_ data: TaskData, training: TaskData) throws -> Score {
    try Score(predicted: predict(data, training: training), for: data)
  }
}
