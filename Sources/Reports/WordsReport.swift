import Basics
import Corpora
import Figures
import Recipes
import Runs
import Sharing
import Training

/// The words that the units of the shared encoder respond to most (Liu and Huang 2018, section
/// 5.4.3): among the words of all tasks' texts, and among the others.
public struct WordsReport: Encodable, Sendable {
  /// A word.
  public struct Word: Encodable, Sendable {
    /// Lower-cased.
    public let word: String
    /// The share of its occurrences on which a unit has its highest state of the text, over units.
    public let q: Double
    /// How often it occurs.
    public let occurrences: Int
  }

  /// The architecture.
  public let sharing: String
  /// `dev` or `test`.
  public let split: String
  /// Units of the shared encoder, both directions.
  public let units: Int
  /// Words in the texts of every task, and the other ones, by falling q.
  public let common: [Word], others: [Word]
  /// How many words there are of either kind, those below `minimum` not counted.
  public let commonCount: Int, otherCount: Int
  /// How often a word has to occur.
  public let minimum: Int

  /// Counts over the texts or sentences of `split` what the shared units of the architecture `name`
  /// (the first trained one that has some if it is nil) respond to.
  ///
  /// - Throws: `Failure` of kind `usage` if it has no states that all tasks share, `missingInput` if
  ///   nothing is trained.
  public static func read(
    _ run: RunDirectory, sharing name: String?, split: RunData.Split, atLeast minimum: Int,
    top: Int, jobs: Int
  ) throws -> WordsReport {
    let networks = try TrainedNetworks(run)
    let shared = networks.architectures.first { run.recipe.hasSharedStates($0) }?.name
    let architecture = try networks.architecture(name ?? shared)
    guard run.recipe.hasSharedStates(architecture) else {
      throw Failure(
        .usage, setting: "sharing", value: architecture.name,
        "has no states that all tasks read as they are")
    }
    guard !run.recipe.tasks.contains(where: \.readsVectors) else {
      throw Failure(.usage, "\(run.path): its tasks read vectors; there are no words")
    }
    try run.checkData()
    let source = try RunData(run.recipe)
    if split == .test { try run.openTestData() }
    let data = try source.tasks(source.corpora(split), networks.vocabulary)
    var units = 0
    let counts = try data.enumerated().map { index, task in
      let (network, own) = try networks.network(architecture, task: index)
      var counts: WordActivity?
      let corpus = task.encoded.corpus
      try Evaluation(network, threads: { min(2, jobs) }).forEachSharedStates(of: own, task.encoded)
      {
        batch, states in
        try Interrupt.check()
        units = states.shape[1]
        let sentences = batch.sentences.map { corpus.words(ofSentence: $0) }
        let words = batch.packing.stepSizes.enumerated().flatMap { step, size in
          sentences.prefix(size).map { Vocabulary.word(of: $0[step]) }
        }
        counts = counts ?? WordActivity(units: units)
        counts!.add(states.values, packing: batch.packing, words: words)
      }
      return counts ?? WordActivity(units: max(1, units))
    }
    let ranked = WordActivity.ranked(counts, atLeast: minimum)
    func words(_ found: [WordActivity.Ranked]) -> [Word] {
      found.prefix(top).map { Word(word: $0.word, q: $0.q, occurrences: $0.occurrences) }
    }
    return WordsReport(
      sharing: architecture.name, split: split.rawValue, units: units,
      common: words(ranked.common), others: words(ranked.others),
      commonCount: ranked.common.count, otherCount: ranked.others.count, minimum: minimum)
  }

  /// Both lists, beside one another.
  public var text: String {
    let rows = (0..<max(common.count, others.count)).map { index in
      [common, others].flatMap { words in
        index < words.count
          ? [words[index].word, fixed(words[index].q, 4), "\(words[index].occurrences)"]
          : ["", "", ""]
      }
    }
    return "Words with the highest q on the \(units) shared units of \(sharing), \(split): "
      + "\(commonCount) words of all tasks, \(otherCount) others, \(minimum) times or more\n"
      + table([["of all tasks", "q", "n", "others", "q", "n"]] + rows)
  }

  /// A row a word.
  public var csv: String {
    let rows = [("common", common), ("others", others)].flatMap { kind, words in
      words.map { [kind, $0.word, "\($0.q)", "\($0.occurrences)"] }
    }
    return csvText([["kind", "word", "q", "occurrences"]] + rows)
  }
}

extension Recipe {
  /// Whether tasks trained together in `architecture` have states that they all read.
  fileprivate func hasSharedStates(_ architecture: Architecture) -> Bool {
    !architecture.trainsTasksAlone
      && (architecture.needsTickets ? baseArchitecture : architecture).hasSharedStates
  }
}
