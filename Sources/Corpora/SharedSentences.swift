/// How many sentences, texts or feature vectors of one split another one has too, so that scores on
/// the one say less of unseen data.
///
/// The same are those of the same forms in the same order, or of the same numbers. Sentences of
/// fewer than five tokens do not count: "Yes ." and "Thank you !" are shared by nature.
public struct SharedSentences: Codable, Sendable, Equatable {
  /// The fewest tokens of a sentence or text that counts.
  public static let fewestTokens = 5

  /// The other split, as in `train`.
  public let split: String
  /// What is counted: `sentences`, `texts` or `vectors`.
  public let unit: String
  /// How many of this split count.
  public private(set) var counted = 0
  /// How many of them the other split has too.
  public private(set) var shared = 0
  /// How many of these bear the labels of all tasks that they bear there.
  public private(set) var sameLabels = 0

  private enum CodingKeys: String, CodingKey {
    case split, unit, counted, shared
    case sameLabels = "same_labels"
  }

  private init(split: String, unit: String) {
    self.split = split
    self.unit = unit
  }

  /// Counts what each of the corpora `own` shares with the one at its place in `others`, those of
  /// `split`, read by the same tasks, and adds it up.
  public init(_ own: [Corpus], with others: [Corpus], of split: String) {
    self.init(split: split, unit: own.first?.unit ?? "sentences")
    for (own, other) in zip(own, others) { add(SentenceKeys(own), SentenceKeys(other)) }
  }

  /// For every corpus what it shares with each of those before it.
  static func ofEach(_ corpora: [(split: String, corpus: Corpus)]) -> [[SharedSentences]] {
    let keys = corpora.map { SentenceKeys($0.corpus) }
    return corpora.indices.map { own in
      (0..<own).map { other in
        var shared = SharedSentences(
          split: corpora[other].split, unit: corpora[own].corpus.unit)
        shared.add(keys[own], keys[other])
        return shared
      }
    }
  }

  private mutating func add(_ own: SentenceKeys, _ other: SentenceKeys) {
    let (forms, whole) = (Set(other.forms), Set(other.whole))
    counted += own.forms.count
    shared += own.forms.count { forms.contains($0) }
    sameLabels += own.whole.count { whole.contains($0) }
  }

  /// What to tell the user, in one line; nil if nothing is shared.
  ///
  /// - Parameter own: the split whose sentences were counted, as in `dev`.
  public func note(of own: String) -> String? {
    guard shared > 0 else { return nil }
    let labels =
      switch sameLabels {
      case shared: "with the same labels"
      case 0: "with other labels"
      default: "\(sameLabels) of them with the same labels"
      }
    return "\(shared) of \(counted) \(own) \(unit) are in \(split) too, \(labels)"
  }
}

/// A number for each sentence of a corpus that counts, equal for equal ones; of two that differ
/// one in 2⁶⁴ has the same.
private struct SentenceKeys {
  /// By forms, or by features.
  var forms: [Int] = []
  /// By forms or features, and by the labels of all tasks.
  var whole: [Int] = []

  init(_ corpus: Corpus) {
    let formKeys = corpus.forms.keys
    let columns = corpus.tasks.filter { !$0.isRandom }.map { (task: $0, keys: $0.table.keys) }
    for sentence in 0..<corpus.sentenceCount {
      let range = corpus.range(ofSentence: sentence)
      guard !corpus.hasWords || range.count >= SharedSentences.fewestTokens else { continue }
      var hasher = Hasher()
      if corpus.hasWords {
        for token in range { hasher.combine(formKeys[Int(corpus.tokens[token])]) }
      } else if let features = corpus.features {
        features.withBytes(ofRows: range) { hasher.combine(bytes: $0) }
      }
      // A hasher can be asked once only: the copy is.
      let words = hasher
      forms.append(words.finalize())
      for (task, keys) in columns {
        if task.kind == .regression {
          hasher.combine(task.values[sentence])
        } else {
          let labels = task.level == .token ? range : sentence..<sentence + 1
          for label in task.labels[labels] { hasher.combine(keys[Int(label)]) }
        }
      }
      whole.append(hasher.finalize())
    }
  }
}

extension Corpus {
  /// What its sentences are to the user.
  fileprivate var unit: String {
    if !hasWords { return "vectors" }
    return tasks.allSatisfy { $0.level == .text } ? "texts" : "sentences"
  }
}

extension StringTable {
  /// A number for each string, by its own number: the same for the same string of any table.
  fileprivate var keys: [Int] {
    (0..<Int32(count)).map { id in
      var hasher = Hasher()
      utf8(of: id).withUnsafeBytes { hasher.combine(bytes: $0) }
      return hasher.finalize()
    }
  }
}
