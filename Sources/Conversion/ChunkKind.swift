/// What a chunk is; the raw value is the type in its labels.
enum ChunkKind: String {
  case noun = "NP"
  case verb = "VP"
  case preposition = "PP"
  case adjective = "ADJP"
  case adverb = "ADVP"
  case clause = "SBAR"
  case particle = "PRT"
  case conjunction = "CONJP"
  case interjection = "INTJ"
  case list = "LST"

  /// Parts of speech of punctuation and conjunctions.
  static let joinsOrEnds: Set = [",", ".", ":", "``", "''", "\"", "-LRB-", "-RRB-", "#", "CC"]

  /// The chunk that phrases of `category` make; nil for what is none, such as clauses.
  init?(_ category: Substring) {
    switch category {
    case "NP", "WHNP", "NX", "NAC", "NML", "QP": self = .noun
    case "PP", "WHPP": self = .preposition
    case "ADJP", "WHADJP": self = .adjective
    case "ADVP", "WHADVP": self = .adverb
    default: self.init(rawValue: String(category))
    }
  }

  /// Whether a word of part of speech `tag` can be the head of such a phrase.
  func mayHaveHead(_ tag: String) -> Bool {
    switch self {
    case .preposition: ["IN", "TO", "VBG", "VBN", "RP"].contains(tag)
    case .clause: ["IN", "TO", "WRB", "DT"].contains(tag)
    case .conjunction: true
    default: !Self.joinsOrEnds.contains(tag)
    }
  }
}
