import Basics
import Corpora
import Figures
import Scoring

/// A sentence or text on whose labels architectures disagree.
struct Disagreement {
  /// One token, or the whole text, that some label wrong and others not.
  struct Place {
    /// The token, counted from 1; nil for a text.
    let position: Int?
    let word: String
    let gold: String
    /// By architecture.
    let predicted: [String]
  }

  let task: String
  /// The architectures.
  let sharings: [String]
  /// Where it stands: file and line.
  let source: String
  let words: [String]
  let places: [Place]

  /// How many labels of the places are wrong.
  var errors: Int {
    places.reduce(0) { sum, place in sum + place.predicted.count { $0 != place.gold } }
  }

  /// The most sentences of a sample.
  static let most = 20

  /// Sentences on which the networks that have `predicted` disagree, those with most errors first,
  /// then in their order; where there is one architecture, those with errors.
  ///
  /// Of many tasks a few sentences each are considered. Vectors have no words to show.
  static func sample(_ predicted: [EvaluationReport.Predicted]) throws -> [Disagreement] {
    let shown = predicted.filter { own in
      own.domain == nil && Baseline(rawValue: own.sharing) == nil
        && own.data.task.kind == .classification
        && own.data.encoded.corpus.hasWords
    }
    let tasks = shown.map(\.data.task.name).uniqued()
    let all = try tasks.flatMap { task in
      let own = shown.filter { $0.data.task.name == task }
      var labels = StringTable()
      let numbers = own.map { $0.predictions.labels.map { labels.intern($0) } }
      return try disagreements(
        on: own[0].data, numbers, labels, sharings: own.map(\.sharing)
      ).prefix(max(2, most / max(1, tasks.count)))
    }
    return Array(sorted(all).prefix(most))
  }

  /// Those with most errors first, others as they stand.
  private static func sorted(_ all: [Disagreement]) -> [Disagreement] {
    all.enumerated().sorted { a, b in
      a.element.errors != b.element.errors
        ? a.element.errors > b.element.errors : a.offset < b.offset
    }.map(\.element)
  }

  private static func disagreements(
    on data: TaskData, _ predicted: [[Int32]], _ labels: StringTable, sharings: [String]
  ) throws -> [Disagreement] {
    var labels = labels
    let corpus = data.encoded.corpus
    let column = try corpus.task(data.task.name)
    let ids = column.table.strings.map { labels.intern($0) }
    let isText = data.task.level != .token
    /// Whether the place is one to show.
    func isContested(_ place: Int) -> Bool {
      let own = predicted.map { $0[place] }
      return Set(own).count > 1 || (own.count == 1 && own[0] != ids[Int(column.labels[place])])
    }
    // Only numbers are looked at until it is known which sentences are shown.
    var found: [(sentence: Int, places: [Int], errors: Int)] = []
    for sentence in 0..<corpus.sentenceCount {
      let range = isText ? sentence..<sentence + 1 : corpus.range(ofSentence: sentence)
      let places = range.filter(isContested)
      guard !places.isEmpty else { continue }
      let errors = places.reduce(0) { sum, place in
        sum + predicted.count { $0[place] != ids[Int(column.labels[place])] }
      }
      found.append((sentence, places, errors))
    }
    found.sort { ($1.errors, $0.sentence) < ($0.errors, $1.sentence) }
    return found.prefix(most).map { sentence, places, _ in
      let range = corpus.range(ofSentence: sentence)
      let words = corpus.words(ofSentence: sentence)
      return Disagreement(
        task: data.task.name, sharings: sharings,
        source:
          "\(corpus.files[Int(corpus.sentenceFiles[sentence])]):\(corpus.lines[range.lowerBound])",
        words: words,
        places: places.map { place in
          Place(
            position: isText ? nil : place - range.lowerBound + 1,
            word: isText ? "" : words[place - range.lowerBound],
            gold: labels[ids[Int(column.labels[place])]],
            predicted: predicted.map { labels[$0[place]] })
        })
    }
  }
}
