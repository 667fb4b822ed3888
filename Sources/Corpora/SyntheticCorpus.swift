import Basics
import Foundation

/// A corpus made from a seed, to try everything without data of one's own.
///
/// A probabilistic grammar writes sentences of invented words under English function words. It is
/// no easy win: stems are nouns, verbs and adjectives at once, function words have several parts of
/// speech, the same names are persons, organisations and places by context, and one noun, verb or
/// adjective in sixteen is new, so that suffixes and context have to be used. Columns: word, part
/// of speech, chunk (IOB2), named entity (IOB2). A comment before every sentence says what clauses
/// it has: `# form = simple`, `compound`, or `complex`, which follows from the words that join
/// them, most of which also stand elsewhere. The same seed gives the same bytes.
public struct SyntheticCorpus: Sendable {
  /// A part of the data.
  public enum Split: String, Codable, Sendable, CaseIterable {
    /// What networks learn from.
    case train
    /// What models are selected by.
    case dev
    /// What is reported.
    case test

    /// How many sentences the split has.
    public var sentenceCount: Int { self == .train ? 1500 : 300 }
  }

  /// What everything is derived from.
  public let seed: UInt64

  /// Creates the corpus of `seed`.
  public init(seed: UInt64) {
    self.seed = seed
  }

  /// The columns: tasks `pos`, `chunk` and `ner`; `form` has labels of sentences.
  public static var format: ColumnFormat {
    get throws {
      try ColumnFormat(
        wordColumn: 0,
        tasks: [
          TaskSource(name: "pos", source: .column(1)),
          TaskSource(name: "chunk", source: .column(2)),
          TaskSource(name: "ner", source: .column(3)),
        ])
    }
  }

  /// The form of every sentence, a task of texts: add it to the tasks of `format`.
  public static let form = TaskSource(name: "form", source: .comment("form"))

  /// The column file of `split`, separated by tabs.
  public func text(_ split: Split) -> Data {
    let lexicon = SyntheticLexicon(seed: seed)
    let stream = RandomStream(seed: seed, "synthetic corpus", split.rawValue)
    var grammar = SyntheticGrammar(lexicon: lexicon, stream: stream)
    var text = ""
    for _ in 0..<split.sentenceCount {
      let sentence = grammar.sentence()
      text += "# form = \(grammar.form)\n"
      for token in sentence {
        text += "\(token.word)\t\(token.tag)\t\(token.chunk)\t\(token.name)\n"
      }
      text += "\n"
    }
    return Data(text.utf8)
  }
}
