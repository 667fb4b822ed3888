import Corpora

/// The named entities of a sentence whose mentions of entities, named or not, are marked.
///
/// A mention is named if its head is a proper noun, or a number that a proper noun belongs to
/// (`February 23`). Its name is what proper nouns, and numbers, around the head form with it. Of a
/// name that several mentions have, the shortest decides the type; of names that overlap, those are
/// kept that cover most words, then those that are most.
struct NameFinder {
  private let sentence: UniversalSentence
  /// Positions of the words' heads, -1 for the root.
  private let heads: [Int]
  private let mentions: [EntityMention]
  /// Positions that are heads of mentions.
  private let mentioned: Set<Int>

  /// The names in a sentence, from left to right.
  ///
  /// - Throws: `Failure` of kind `badData` with the line of a head that is none, or of a bracket of a
  ///   mention that does not match.
  static func names(in sentence: UniversalSentence, of source: SourceText) throws -> [Span] {
    try NameFinder(sentence, source).names
  }

  private init(_ sentence: UniversalSentence, _ source: SourceText) throws {
    self.sentence = sentence
    let heads = try sentence.words.map { word in
      guard let head = Int(word[.head]), (0...sentence.words.count).contains(head) else {
        throw source.problem(word.line, "the head '\(word[.head])' is no word of the sentence")
      }
      return head - 1
    }
    self.heads = heads
    mentions = try EntityMention.read(sentence, of: source)
    mentioned = Set(mentions.compactMap { Self.head(of: $0, heads) })
  }

  /// The first word of a mention whose own head is outside.
  private static func head(of mention: EntityMention, _ heads: [Int]) -> Int? {
    mention.words.first { !mention.words.contains(heads[$0]) }
  }

  private var names: [Span] {
    var best: [Range<Int>: (length: Int, type: String)] = [:]
    for mention in mentions {
      guard let name = name(of: mention) else { continue }
      if mention.words.count < best[name]?.length ?? .max {
        best[name] = (mention.words.count, Self.labels[mention.type] ?? "MISC")
      }
    }
    return Self.disjoint(Array(best.keys)).map {
      Span(type: best[$0]!.type, start: $0.lowerBound, end: $0.upperBound)
    }
  }

  /// What CoNLL-2003 calls the types.
  private static let labels = ["person": "PER", "place": "LOC", "organization": "ORG"]

  private func isProper(_ word: Int) -> Bool { sentence.words[word][.xpos].hasPrefix("NNP") }
  private func isNumber(_ word: Int) -> Bool { sentence.words[word][.xpos] == "CD" }
  private func relation(_ word: Int) -> String { sentence.words[word][.deprel] }
  private func universalRelation(_ word: Int) -> Substring {
    relation(word).prefix { $0 != ":" }
  }

  /// Whether a word forms one name with its head without more ado.
  private func formsName(_ word: Int) -> Bool {
    ["compound", "flat", "amod"].contains(universalRelation(word))
      || relation(word) == "nmod:unmarked"
  }

  private func name(of mention: EntityMention) -> Range<Int>? {
    guard let head = Self.head(of: mention, heads) else { return nil }
    let isNamed =
      isProper(head)
      || isNumber(head)
        && mention.words.contains {
          heads[$0] == head && isProper($0) && formsName($0) && universalRelation($0) != "amod"
        }
    guard isNamed else { return nil }
    let parts = parts(around: head, in: mention)
    let first = farthest(of: parts, through: (mention.words.lowerBound..<head).reversed())
    let last = farthest(of: parts, through: Array(head + 1..<mention.words.upperBound))
    return (first ?? head)..<(last ?? head) + 1
  }

  /// The words that may stand in the name around `head`.
  private func parts(around head: Int, in mention: EntityMention) -> Set<Int> {
    var found: Set = [head]
    // Below an attribute with a preposition or a possessive marker, as in `Bank of England`,
    // conjuncts are names of their own.
    var next = [(word: head, isBelowAttribute: false)]
    let isPerson = mention.type == "person"
    while let (word, isBelowAttribute) = next.popLast() {
      for part in mention.words where heads[part] == word && !found.contains(part) {
        guard isProper(part) || isNumber(part) else { continue }
        let isAttribute =
          !isPerson
          && (relation(part) == "nmod"
            || relation(part) == "nmod:poss" && !mentioned.contains(part))
        let isConjunct = universalRelation(part) == "conj" && !isBelowAttribute
        guard formsName(part) || isAttribute || isConjunct else { continue }
        found.insert(part)
        next.append((part, isBelowAttribute || isAttribute))
      }
    }
    return found
  }

  /// The last of `parts` that is reached from the head along `path` with nothing but linking words
  /// between.
  private func farthest(of parts: Set<Int>, through path: [Int]) -> Int? {
    path.prefix { parts.contains($0) || isLink($0) }.last { parts.contains($0) }
  }

  /// Whether a word can stand between parts of a name: `of`, `for`, `the`, `and`, `'s`, a hyphen.
  private func isLink(_ word: Int) -> Bool {
    if ["HYPH", "SYM", "POS", "``", "''"].contains(sentence.words[word][.xpos]) { return true }
    switch universalRelation(word) {
    case "cc", "det": return true
    case "case": return ["of", "for"].contains(sentence.words[word][.form].lowercased())
    default: return false
    }
  }

  /// Those of `ranges` that do not overlap and cover most words, then those that are most.
  private static func disjoint(_ ranges: [Range<Int>]) -> [Range<Int>] {
    let ranges = ranges.sorted { ($0.upperBound, $0.lowerBound) < ($1.upperBound, $1.lowerBound) }
    var best: [(covered: Int, kept: [Range<Int>])] = [(0, [])]
    for (index, range) in ranges.enumerated() {
      let before = ranges[..<index].lastIndex { $0.upperBound <= range.lowerBound }
      let rest = best[before.map { $0 + 1 } ?? 0]
      let with = (covered: rest.covered + range.count, kept: rest.kept + [range])
      let without = best[index]
      best.append(
        (with.covered, with.kept.count) > (without.covered, without.kept.count) ? with : without)
    }
    return best[ranges.count].kept
  }
}
