extension SyntheticGrammar {
  /// Who does it: decides the form of the verb, and for names also which verb is likely.
  private struct Subject {
    var isPlural: Bool
    var name: SyntheticName?
  }

  /// Subject and predicate. Deeper clauses are plainer, so that sentences end.
  mutating func clause(depth: Int) {
    predicate(subject(depth: depth), depth: depth)
  }

  /// A conjunction and a clause; most of these conjunctions are prepositions elsewhere.
  mutating func subordinate() {
    add(.complex)
    chunk("SBAR") { $0.emit($0.pick("because", "after", "before", "as", "so", "like"), "IN") }
    clause(depth: 2)
  }

  private mutating func subject(depth: Int) -> Subject {
    if chance(20) {
      let isPlural = chance(50)
      chunk("NP") {
        $0.emit(isPlural ? $0.pick("they", "we", "you") : $0.pick("he", "she", "it"), "PRP")
      }
      return Subject(isPlural: isPlural)
    }
    if chance(40) {
      let kind = name()
      if depth == 0 && chance(30) { apposition(kind) }
      return Subject(isPlural: false, name: kind)
    }
    let isPlural = chance(40)
    nounPhrase(plural: isPlural)
    if depth == 0 && chance(10) {
      add(.complex)
      chunk("NP") { $0.emit($0.pick("that", "which"), "WDT") }
      predicate(Subject(isPlural: isPlural), depth: 2)
    } else if chance(12) {
      ofPhrase()
    }
    return Subject(isPlural: isPlural)
  }

  mutating func verbStem(_ kind: SyntheticName?) -> String {
    if let kind, chance(75) {
      let verbs = lexicon.verbsOf[kind]!
      return verbs[stream.below(verbs.count)]
    }
    return draw(lexicon.verbs, orNewWith: ["iz", "at", "", ""])
  }

  private mutating func predicate(_ subject: Subject, depth: Int) {
    let isPassive = chance(10)
    if !isPassive && chance(12) { return copula(subject) }
    chunk("VP") {
      if isPassive {
        $0.be(subject)
        $0.emit($0.verbStem(nil) + "ed", "VBN")
      } else {
        $0.activeVerbs(subject)
      }
    }
    if isPassive {
      if chance(50) {
        chunk("PP") { $0.emit("by", "IN") }
        object()
      }
    } else if depth == 0 && chance(14) {
      add(.complex)
      chunk("SBAR") { $0.emit("that", "IN") }
      return clause(depth: 2)
    } else {
      if chance(8) { chunk("PRT") { $0.emit($0.pick("up", "off", "about"), "RP") } }
      if chance(70) { object() }
    }
    if chance(10) { chunk("ADVP") { $0.adverb() } }
    if chance(depth < 2 ? 42 : 20) { prepositional() }
  }

  private mutating func activeVerbs(_ subject: Subject) {
    let stem = verbStem(subject.name)
    let withAdverb = chance(14)
    switch stream.below(100) {
    case ..<38:
      if withAdverb { adverb() }
      emit(stem + "ed", "VBD")
    case ..<62:
      if withAdverb { adverb() }
      emit(subject.isPlural ? stem : stem + "s", subject.isPlural ? "VBP" : "VBZ")
    case ..<74:
      emit(pick("will", "can", "may"), "MD")
      if withAdverb { adverb() }
      emit(stem, "VB")
    case ..<84:
      let isPast = chance(40)
      let form = subject.isPlural ? "have" : "has"
      emit(isPast ? "had" : form, isPast ? "VBD" : subject.isPlural ? "VBP" : "VBZ")
      if withAdverb { adverb() }
      emit(stem + "ed", "VBN")
    case ..<92:
      be(subject)
      if withAdverb { adverb() }
      emit(stem + "ing", "VBG")
    default:
      emit(stem + "ed", "VBD")
      emit("to", "TO")
      emit(verbStem(nil), "VB")
    }
  }

  private mutating func be(_ subject: Subject) {
    if chance(50) {
      emit(subject.isPlural ? "were" : "was", "VBD")
    } else {
      emit(subject.isPlural ? "are" : "is", subject.isPlural ? "VBP" : "VBZ")
    }
  }

  private mutating func copula(_ subject: Subject) {
    chunk("VP") { $0.be(subject) }
    if chance(60) {
      chunk("ADJP") {
        if $0.chance(25) { $0.emit($0.pick("so", "still", "more"), "RB") }
        $0.adjective()
      }
    } else {
      nounPhrase(plural: subject.isPlural)
    }
  }
}
