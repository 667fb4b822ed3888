import Corpora
import Foundation

/// Multinomial naive Bayes over lower-cased words, every count one greater than it is.
///
/// P(label | text) ∝ P(label) Π P(word | label), with P(word | label) = (n + 1) / (N + V): n times
/// the word in training texts of the label, N words in them all, V distinct words in training.
/// Words that training does not have say nothing.
struct NaiveBayes {
  private let labels: [String]
  /// By label: the logarithm of its share of the training texts, and of N + V.
  private let priors: [Double]
  private let totals: [Double]
  /// By word: log(n + 1) of the labels whose texts have it. Empty for words unseen in training.
  private let words: [[(label: Int, log: Double)]]

  /// Counts `training`, whose texts `column` labels.
  init(_ training: EncodedCorpus, _ column: TaskColumn) {
    // Where two labels are equally likely, the first by its bytes wins.
    let order = column.table.byFalling([Int](repeating: 0, count: column.table.count))
    var places = [Int](repeating: 0, count: order.count)
    for (place, label) in order.enumerated() { places[Int(label)] = place }
    labels = order.map { column.table[$0] }

    var texts = [Int](repeating: 0, count: order.count)
    var tokens = texts
    var counts: [[Int: Int]] = Array(repeating: [:], count: training.vocabulary.words.count)
    for (sentence, label) in column.labels.enumerated() {
      let place = places[Int(label)]
      texts[place] += 1
      for token in training.corpus.range(ofSentence: sentence) where !training.isUnknown(token) {
        counts[Int(training.word(of: token))][place, default: 0] += 1
        tokens[place] += 1
      }
    }
    let distinct = counts.count { !$0.isEmpty }
    priors = texts.map { log(Double($0)) - log(Double(column.labels.count)) }
    totals = tokens.map { log(Double($0 + distinct)) }
    words = counts.map { $0.sorted { $0.key < $1.key }.map { ($0.key, log(Double($0.value + 1))) } }
  }

  /// The most likely label of a sentence of `corpus`, which has the vocabulary of training.
  func label(ofSentence sentence: Int, _ corpus: EncodedCorpus) -> String {
    var scores = priors
    for token in corpus.corpus.range(ofSentence: sentence) {
      let known = words[Int(corpus.word(of: token))]
      if known.isEmpty { continue }
      for place in scores.indices { scores[place] -= totals[place] }
      for (place, log) in known { scores[place] += log }
    }
    return labels[scores.indices.max { (scores[$0], -$0) < (scores[$1], -$1) }!]
  }
}
