import Basics

/// The forms of sentences; the greater ones may hold what the smaller ones have.
enum SyntheticForm: String, Comparable {
  /// One clause.
  case simple
  /// Clauses joined by a conjunction.
  case compound
  /// A clause within another: subordinate, relative, or after "that".
  case complex

  static func < (a: SyntheticForm, b: SyntheticForm) -> Bool { a.rank < b.rank }

  private var rank: Int {
    switch self {
    case .simple: 0
    case .compound: 1
    case .complex: 2
    }
  }
}

/// Writes sentences of a synthetic corpus, one at a time.
///
/// The extensions hold the grammar: clauses and verbs, noun phrases, names. This part holds what
/// they share: chance, and tokens with the chunk and entity they are in.
struct SyntheticGrammar {
  /// One token with its labels.
  struct Token {
    var word: String
    let tag: String
    var chunk = "O"
    var name = "O"
  }

  let lexicon: SyntheticLexicon
  var stream: RandomStream
  private var tokens: [Token] = []
  /// What the sentence written last, or being written, has of clauses.
  private(set) var form = SyntheticForm.simple

  init(lexicon: SyntheticLexicon, stream: RandomStream) {
    self.lexicon = lexicon
    self.stream = stream
  }

  /// The next sentence.
  mutating func sentence() -> [Token] {
    tokens = []
    form = .simple
    if chance(12) {
      prepositional()
      emit(",", ",")
    } else if chance(10) {
      subordinate()
      emit(",", ",")
    }
    clause(depth: 0)
    if chance(16) {
      if chance(50) { emit(",", ",") }
      emit(pick("and", "but", "or"), "CC")
      add(.compound)
      clause(depth: 1)
    } else if chance(12) {
      subordinate()
    }
    emit(".", ".")
    tokens[0].word = SyntheticLexicon.capitalised(tokens[0].word)
    return tokens
  }

  /// Notes that the sentence has what makes it at least `form`.
  mutating func add(_ form: SyntheticForm) { self.form = max(self.form, form) }

  mutating func chance(_ percent: Int) -> Bool { stream.below(100) < percent }

  mutating func pick(_ words: String...) -> String {
    SyntheticLexicon.pick(words, &stream)
  }

  /// An entry of a list whose first entries are the most frequent, or a word never seen before
  /// that ends in one of `suffixes`.
  mutating func draw(_ words: [String], orNewWith suffixes: [String]) -> String {
    guard chance(6) else { return words[stream.below(stream.below(words.count) + 1)] }
    return SyntheticLexicon.stem(&stream) + SyntheticLexicon.pick(suffixes, &stream)
  }

  mutating func emit(_ word: String, _ tag: String) {
    tokens.append(Token(word: word, tag: tag))
  }

  /// What `body` writes is one chunk, chunks within it apart.
  mutating func chunk(_ type: String, _ body: (inout Self) -> Void) {
    let start = tokens.count
    body(&self)
    for i in start..<tokens.count { tokens[i].chunk = (i == start ? "B-" : "I-") + type }
  }

  /// What `body` writes is one named entity.
  mutating func entity(_ kind: SyntheticName, _ body: (inout Self) -> Void) {
    let start = tokens.count
    body(&self)
    for i in start..<tokens.count { tokens[i].name = (i == start ? "B-" : "I-") + kind.rawValue }
  }
}
