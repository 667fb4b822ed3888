import Batches

/// Which words the units of a layer are most active on (Liu and Huang 2018, section 5.4.3):
/// q(w) = N_max(w) / (n_w · D), where n_w is how often w occurs, D the number of units, and N_max(w)
/// how often a unit has its highest state of a text on w. Of equal states the first counts.
package struct WordActivity: Sendable {
  /// What was counted of one word.
  package struct Count: Equatable, Sendable {
    /// N_max(w).
    package fileprivate(set) var peaks = 0
    /// n_w.
    package fileprivate(set) var occurrences = 0
  }

  /// A word with its q.
  package struct Ranked: Equatable, Sendable {
    package let word: String
    package let q: Double
    package let occurrences: Int

    package init(word: String, q: Double, occurrences: Int) {
      (self.word, self.q, self.occurrences) = (word, q, occurrences)
    }
  }

  /// By word.
  package private(set) var counts: [String: Count] = [:]
  /// D.
  private let units: Int

  /// Nothing counted yet of a layer of `units` units.
  package init(units: Int) { self.units = units }

  /// Counts a batch.
  ///
  /// - Parameters:
  ///   - states: row-major [N, D].
  ///   - words: of every row; N of them.
  package mutating func add(_ states: [Float], packing: Packing, words: [String]) {
    precondition(words.count == packing.rowCount && states.count == words.count * units)
    for word in words { counts[word, default: Count()].occurrences += 1 }
    for sentence in 0..<packing.sentenceCount {
      let rows = packing.rows(of: sentence)
      for unit in 0..<units {
        var best = rows[0]
        for row in rows where states[row * units + unit] > states[best * units + unit] {
          best = row
        }
        counts[words[best]]!.peaks += 1
      }
    }
  }

  /// The words of all `tasks`' texts by falling q over all of them: those that every task has, and
  /// the rest. Of equal q the more frequent is first, then by bytes.
  ///
  /// - Parameter minimum: how often a word has to occur in all.
  package static func ranked(
    _ tasks: [WordActivity], atLeast minimum: Int
  ) -> (common: [Ranked], others: [Ranked]) {
    var all: [String: Count] = [:]
    for (word, count) in tasks.flatMap(\.counts) {
      all[word, default: Count()].peaks += count.peaks
      all[word]!.occurrences += count.occurrences
    }
    let units = tasks.first?.units ?? 1
    let ranked = all.filter { $0.value.occurrences >= minimum }.map { word, count in
      Ranked(
        word: word, q: Double(count.peaks) / Double(count.occurrences * units),
        occurrences: count.occurrences)
    }.sorted { a, b in
      if a.q != b.q { return a.q > b.q }
      if a.occurrences != b.occurrences { return a.occurrences > b.occurrences }
      return a.word.utf8.lexicographicallyPrecedes(b.word.utf8)
    }
    func isCommon(_ entry: Ranked) -> Bool { tasks.allSatisfy { $0.counts[entry.word] != nil } }
    return (ranked.filter(isCommon), ranked.filter { !isCommon($0) })
  }
}
