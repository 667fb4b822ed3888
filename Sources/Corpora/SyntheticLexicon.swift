import Basics

/// The kinds of names; the raw value is the entity's label.
enum SyntheticName: String, CaseIterable {
  case person = "PER"
  case organisation = "ORG"
  case place = "LOC"
}

/// The invented words of a synthetic corpus.
struct SyntheticLexicon {
  /// Bare stems; some are in several of the lists, which makes their forms ambiguous.
  private(set) var nouns: [String] = []
  private(set) var verbs: [String] = []
  private(set) var adjectives: [String] = []
  /// What persons, organisations and places typically do.
  private(set) var verbsOf: [SyntheticName: [String]] = [:]
  /// What they are called after a comma, and what belongs to them.
  private(set) var nounsOf: [SyntheticName: [String]] = [:]
  /// What every kind of name is made of; ambiguous without context.
  private(set) var names: [String] = []
  /// Those that one kind is made of more often than the others are.
  private(set) var namesOf: [SyntheticName: [String]] = [:]
  /// First names, of persons only, though some are names of other things as well.
  private(set) var firstNames: [String] = []

  init(seed: UInt64) {
    var stream = RandomStream(seed: seed, "synthetic corpus", "lexicon")
    var seen: Set<String> = []
    func stems(_ count: Int) -> [String] {
      var stems: [String] = []
      while stems.count < count {
        let stem = Self.stem(&stream)
        if seen.insert(stem).inserted { stems.append(stem) }
      }
      return stems
    }
    func mixed(_ lists: [String]...) -> [String] { lists.flatMap(\.self).shuffled(using: &stream) }

    let nounOrVerb = stems(180)
    let nounOrAdjective = stems(60)
    let verbOrAdjective = stems(30)
    nouns = mixed(
      nounOrVerb, nounOrAdjective, stems(130),
      stems(90).map { stem in
        stem + Self.pick(["ness", "tion", "ment", "er", "ity"], &stream)
      })
    verbs = mixed(
      nounOrVerb, verbOrAdjective, stems(40),
      stems(40).map { stem in
        stem + Self.pick(["iz", "at"], &stream)
      })
    adjectives = mixed(
      nounOrAdjective, verbOrAdjective, stems(30),
      stems(80).map { stem in
        stem + Self.pick(["ous", "al", "ic", "ful", "less"], &stream)
      })
    for kind in SyntheticName.allCases {
      // Half of these occur with everything else too, so they are hints rather than proofs.
      verbsOf[kind] = Array(verbs.shuffled(using: &stream)[..<6]) + stems(8)
      nounsOf[kind] = Array(nouns.shuffled(using: &stream)[..<6]) + stems(8)
    }
    let plain = stems(240)
    names = mixed(plain, Array(nouns[..<60])).map(Self.capitalised)
    for (i, kind) in SyntheticName.allCases.enumerated() {
      namesOf[kind] = stride(from: i, to: names.count, by: 3).map { names[$0] }
    }
    firstNames = mixed(stems(40), Array(plain[..<20])).map(Self.capitalised)
  }

  /// One or two syllables and a closing consonant: `brok`, `tarvin`.
  static func stem(_ stream: inout RandomStream) -> String {
    let onsets = [
      "b", "br", "c", "cr", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "l", "m", "n", "p",
      "pl", "r", "s", "sk", "st", "t", "tr", "v", "w", "z",
    ]
    let vowels = ["a", "e", "i", "o", "u", "ai", "ea", "oo"]
    let codas = ["b", "d", "g", "k", "l", "lm", "m", "n", "nd", "nk", "p", "r", "rt", "rv", "t"]
    var stem = pick(onsets, &stream) + pick(vowels, &stream)
    if stream.below(3) > 0 {
      stem += pick(["l", "m", "n", "r", "t", "v"], &stream) + pick(vowels, &stream)
    }
    return stem + pick(codas, &stream)
  }

  static func pick(_ words: [String], _ stream: inout RandomStream) -> String {
    words[stream.below(words.count)]
  }

  static func capitalised(_ word: String) -> String {
    word.prefix(1).uppercased() + word.dropFirst()
  }
}
