/// The base chunks of a tree, as in the shared task of CoNLL-2000 (Tjong Kim Sang and Buchholz
/// 2000): what stands before the head of a phrase, and the head.
///
/// Words of a tree are told by their position in the sentence, from 0.
struct Chunker {
  /// Labels of all words, `O` where nothing else has been found.
  private(set) var labels: [String]

  /// Chunks `tree`, a whole sentence.
  init(_ tree: PennTree) {
    labels = Array(repeating: "O", count: tree.wordCount)
    visit(Part(tree: tree, start: 0))
  }

  /// A word or phrase and its place in the sentence.
  struct Part {
    let tree: PennTree
    let start: Int

    var words: Range<Int> { start..<start + tree.wordCount }
    /// The part of speech of a word.
    var tag: String? { tree.word == nil ? nil : tree.label }
    var kind: ChunkKind? { tree.word == nil ? ChunkKind(tree.category) : nil }

    var parts: [Part] {
      var start = start
      return tree.children.map { child in
        defer { start += child.wordCount }
        return Part(tree: child, start: start)
      }
    }

    /// Punctuation, or a conjunction.
    var joinsOrEnds: Bool { tag.map { ChunkKind.joinsOrEnds.contains($0) } ?? false }

    /// Whether all of it becomes part of the chunk whose head it stands before.
    var isFlat: Bool {
      tag != nil
        || ["ADJP", "ADVP", "WHADJP", "WHADVP", "QP", "NX", "NML", "UCP"].contains(tree.category)
          && parts.allSatisfy(\.isFlat)
    }

    /// Whether it is a noun phrase that ends with a possessive marker.
    var isPossessive: Bool { kind == .noun && parts.last?.tag == "POS" }
  }

  private mutating func put(_ kind: ChunkKind, _ words: Range<Int>?) {
    for word in words ?? 0..<0 {
      labels[word] = (word == words?.lowerBound ? "B-" : "I-") + kind.rawValue
    }
  }

  mutating func visit(_ part: Part, in phrase: ChunkKind? = nil) {
    if let tag = part.tag { return put(loose: tag, part.words, in: phrase) }
    switch part.kind {
    case .noun: nounPhrase(part.parts)
    case .verb: verbPhrase(part.parts, after: nil)
    case let kind?: headedPhrase(part.parts, kind)
    case nil: visit(each: part.parts)
    }
  }

  /// Visits the parts of what is no chunk itself; words side by side that end with a noun are one.
  private mutating func visit(each parts: [Part], in phrase: ChunkKind? = nil) {
    var rest = parts[...]
    while let first = rest.first {
      let words = rest.prefix {
        $0.tag.map { Self.nouns.union(Self.attributes).contains($0) } ?? false
      }
      if let noun = words.lastIndex(where: { Self.nouns.contains($0.tag ?? "") }) {
        put(.noun, first.start..<parts[noun].words.upperBound)
        rest = parts[(noun + 1)...]
      } else {
        visit(first, in: phrase)
        rest = rest.dropFirst()
      }
    }
  }

  /// Parts of speech that stand before a noun.
  private static let attributes: Set = ["DT", "PDT", "PRP$", "WP$", "JJ", "JJR", "JJS"]

  /// Parts of speech that a noun phrase has as its head before all others.
  private static let nouns: Set = [
    "NN", "NNS", "NNP", "NNPS", "CD", "PRP", "WP", "EX", "WDT", "$", "FW",
  ]

  /// A word that is neither a phrase's head nor before it is a chunk by its part of speech, if at all:
  /// auxiliaries before their subject, and adverbs, are none.
  private mutating func put(loose tag: String, _ words: Range<Int>, in phrase: ChunkKind?) {
    switch tag {
    case "JJ", "JJR", "JJS": put(.adjective, words)
    case "DT" where phrase == .noun, "PDT" where phrase == .noun, "PRP$": put(.noun, words)
    case "RP": put(.particle, words)
    case "WRB": put(.adverb, words)
    default: if Self.nouns.contains(tag) { put(.noun, words) }
    }
  }

  /// A noun phrase of noun phrases falls apart into these; in a base noun phrase the chunk reaches
  /// up to the head, and a possessive marker begins another.
  private mutating func nounPhrase(_ parts: [Part]) {
    guard !parts.contains(where: { $0.isNestedNounPhrase }) else {
      return visit(each: parts, in: .noun)
    }
    let head = headOfNounPhrase(parts) ?? -1
    var run: Range<Int>?
    for (index, part) in parts.enumerated() {
      if index <= head && part.isFlat && part.tag != "POS" {
        if run != nil || !part.joinsOrEnds { run = joined(run, part.words) }
        continue
      }
      put(.noun, run)
      run = nil
      if part.tag == "POS" {
        run = part.words
      } else if index <= head && part.isPossessive {
        nounPhrase(Array(part.parts.dropLast()))
        run = part.parts.last?.words
      } else {
        visit(part, in: .noun)
      }
    }
    put(.noun, run)
  }

  /// The last noun, number or pronoun; without one the last quantity; without that the last word that
  /// can be a head.
  private func headOfNounPhrase(_ parts: [Part]) -> Int? {
    parts.lastIndex { Self.nouns.contains($0.tag ?? "") }
      ?? parts.lastIndex { $0.tag == nil && $0.isFlat && $0.kind == .noun }
      ?? parts.lastIndex { $0.isFlat && !$0.joinsOrEnds && !["POS", "RB", "IN"].contains($0.tag) }
      ?? parts.lastIndex { $0.isFlat && !$0.joinsOrEnds && $0.tag != "POS" }
  }

  /// A chunk of the words up to the last that can be the phrase's head.
  private mutating func headedPhrase(_ parts: [Part], _ kind: ChunkKind) {
    let head = parts.lastIndex { part in part.tag.map { kind.mayHaveHead($0) } ?? false } ?? -1
    var run: Range<Int>?
    for (index, part) in parts.enumerated() {
      if index <= head && part.isFlat {
        if run != nil || !part.joinsOrEnds || kind == .conjunction {
          run = joined(run, part.words)
        }
      } else {
        put(kind, run)
        run = nil
        visit(part, in: kind)
      }
    }
    put(kind, run)
  }

  /// Verbs with what stands between them, over verb phrases in verb phrases and clauses without a
  /// subject, while nothing but adverbs and quotation marks stands between.
  ///
  /// - Parameter chunk: the words of the chunk that goes on in this phrase.
  private mutating func verbPhrase(_ parts: [Part], after chunk: Range<Int>?) {
    var run = chunk
    // Adverbs, and what joins verbs, that belong to the chunk if a verb follows.
    var adverbs: [Part] = []
    var goesOn = true
    for (index, part) in parts.enumerated() {
      if part.isVerb {
        run = joined(joined(run, adverbs), part.words)
        adverbs = []
        goesOn = true
      } else if goesOn && part.isAdverb || run != nil && part.tag == "``"
        || run != nil && part.joinsOrEnds && parts.dropFirst(index + 1).first?.isVerb == true
      {
        adverbs.append(part)
      } else if goesOn && part.kind == .verb {
        verbPhrase(part.parts, after: joined(run, adverbs))
        (run, adverbs, goesOn) = (nil, [], false)
      } else if goesOn, run != nil, adverbs.isEmpty, part.tree.isPlainClause,
        let inner = part.parts.first, inner.kind == .verb, !endsWithBe(parts)
      {
        verbPhrase(inner.parts, after: run)
        (run, goesOn) = (nil, false)
        visit(each: Array(part.parts.dropFirst()))
      } else {
        end(run, adverbs)
        (run, adverbs, goesOn) = (nil, [], false)
        visit(part, in: .verb)
      }
    }
    end(run, adverbs)
  }

  /// Ends a chunk of verbs before the adverbs that stand behind it.
  private mutating func end(_ run: Range<Int>?, _ adverbs: [Part]) {
    put(.verb, run)
    for adverb in adverbs { visit(adverb, in: .verb) }
  }

  private func endsWithBe(_ parts: [Part]) -> Bool {
    let verb = parts.last { $0.isVerb }?.tree.word?.lowercased() ?? ""
    return [
      "be", "is", "are", "am", "was", "were", "been", "being", "'s", "'re", "'m", "’s", "’re", "’m",
    ].contains(verb)
  }

  private func joined(_ run: Range<Int>?, _ words: Range<Int>) -> Range<Int> {
    (run?.lowerBound ?? words.lowerBound)..<words.upperBound
  }

  private func joined(_ run: Range<Int>?, _ parts: [Part]) -> Range<Int>? {
    parts.reduce(run) { joined($0, $1.words) }
  }
}

extension Chunker.Part {
  fileprivate var isVerb: Bool {
    tag.map { $0.hasPrefix("VB") || $0 == "MD" || $0 == "TO" } ?? false
  }

  fileprivate var isAdverb: Bool {
    tag.map { ["RB", "RBR"].contains($0) } ?? (tree.category == "ADVP" && isFlat)
  }

  /// Whether it is a noun phrase that stands for itself within another.
  fileprivate var isNestedNounPhrase: Bool {
    kind == .noun && !["QP", "NX", "NML"].contains(tree.category) && !isPossessive
  }
}

extension PennTree {
  /// The base chunks of the sentence (IOB2), a label a word; see `Sources/Conversion/README.md` for
  /// the rules.
  public var chunks: [String] { Chunker(self).labels }
}
