extension SyntheticGrammar {
  /// A noun in the number wanted; half of the new ones show by their suffix what they are.
  private mutating func noun(plural: Bool, from list: [String]? = nil) {
    let suffixes = ["ness", "tion", "ment", "er", "ity", "", "", ""]
    let stem = list.map { $0[stream.below($0.count)] } ?? draw(lexicon.nouns, orNewWith: suffixes)
    emit(plural ? stem + "s" : stem, plural ? "NNS" : "NN")
  }

  mutating func adjective() {
    emit(draw(lexicon.adjectives, orNewWith: ["ous", "al", "ic", "ful", "less"]), "JJ")
  }

  mutating func adverb() {
    if chance(30) {
      emit(pick("so", "still", "up", "about", "there", "more"), "RB")
    } else {
      emit(draw(lexicon.adjectives, orNewWith: ["ous", "al", "ic", "ful"]) + "ly", "RB")
    }
  }

  /// A base noun phrase with a common noun, one chunk; after a possessor a second one.
  mutating func nounPhrase(plural: Bool) {
    if chance(9) {
      let kind = name()
      chunk("NP") {
        $0.emit("'s", "POS")
        if $0.chance(30) { $0.adjective() }
        $0.noun(plural: plural, from: $0.chance(70) ? $0.lexicon.nounsOf[kind] : nil)
      }
      return
    }
    chunk("NP") {
      $0.determiner(plural: plural)
      if plural && $0.chance(12) { $0.emit($0.pick("two", "three", "40", "12", "600"), "CD") }
      if $0.chance(30) { $0.adjective() }
      if $0.chance(6) { $0.emit($0.verbStem(nil) + $0.pick("ing", "ed"), "JJ") }
      if $0.chance(14) { $0.noun(plural: false) }
      if !plural && $0.chance(5) {
        $0.emit($0.verbStem(nil) + "ing", "NN")
      } else {
        $0.noun(plural: plural)
      }
    }
  }

  private mutating func determiner(plural: Bool) {
    if chance(18) {
      emit(pick("her", "his", "its", "their"), "PRP$")
    } else if plural {
      if chance(30) { return }
      emit(pick("the", "the", "the", "some", "all", "no", "those"), "DT")
    } else {
      emit(pick("the", "the", "the", "a", "a", "that", "no"), "DT")
    }
  }

  /// A noun phrase in object position: common, pronoun or name.
  mutating func object() {
    if chance(14) {
      chunk("NP") { $0.emit($0.pick("her", "it", "them", "him", "that"), "PRP") }
    } else if chance(12) {
      name()
    } else {
      nounPhrase(plural: chance(40))
    }
    if chance(18) { ofPhrase() }
  }

  mutating func ofPhrase() {
    chunk("PP") { $0.emit("of", "IN") }
    nounPhrase(plural: chance(40))
  }

  /// A preposition and what it governs; the preposition often tells what a name is.
  mutating func prepositional() {
    if chance(30) {
      let kind = SyntheticName.allCases[stream.below(3)]
      chunk("PP") {
        let word =
          switch kind {
          case .person: $0.pick("with", "by", "like", "from")
          case .organisation: $0.pick("for", "with", "by", "at")
          case .place: $0.pick("in", "near", "across", "at", "from")
          }
        $0.emit(word, "IN")
      }
      name(kind)
    } else if chance(15) {
      chunk("PP") { $0.emit("on", "IN") }
      chunk("NP") { $0.emit($0.pick("Monday", "Tuesday", "Friday"), "NNP") }
    } else {
      chunk("PP") {
        $0.emit(
          $0.pick("in", "to", "with", "after", "before", "about", "like", "as", "up", "for"), "IN")
      }
      nounPhrase(plural: chance(40))
    }
  }

  /// A name as a noun phrase; returns what it names.
  @discardableResult
  mutating func name(_ kind: SyntheticName? = nil) -> SyntheticName {
    let kind = kind ?? SyntheticName.allCases[stream.below(3)]
    chunk("NP") {
      switch kind {
      case .person: $0.person()
      case .organisation: $0.organisation()
      case .place: $0.place()
      }
    }
    return kind
  }

  /// The word all kinds of names are made of.
  private mutating func core(_ kind: SyntheticName) -> String {
    if chance(20) { return SyntheticLexicon.capitalised(SyntheticLexicon.stem(&stream)) }
    let names = chance(60) ? lexicon.namesOf[kind]! : lexicon.names
    return names[stream.below(stream.below(names.count) + 1)]
  }

  private mutating func person() {
    let isTitled = chance(25)
    if isTitled { emit(pick("Mr.", "Ms.", "Dr.", "President"), "NNP") }
    entity(.person) {
      if !isTitled && $0.chance(45) {
        $0.emit(SyntheticLexicon.pick($0.lexicon.firstNames, &$0.stream), "NNP")
      }
      $0.emit($0.core(.person), "NNP")
    }
  }

  private mutating func organisation() {
    entity(.organisation) {
      if $0.chance(10) {
        $0.emit($0.pick("University", "Bank"), "NNP")
        $0.emit("of", "IN")
        $0.emit($0.core(.organisation), "NNP")
      } else {
        $0.emit($0.core(.organisation), "NNP")
        if $0.chance(15) { $0.emit($0.core(.organisation), "NNP") }
        if $0.chance(35) { $0.emit($0.pick("Corp.", "Inc.", "Group", "Bank"), "NNP") }
      }
    }
  }

  private mutating func place() {
    entity(.place) {
      if $0.chance(15) { $0.emit($0.pick("New", "Lake", "Mount"), "NNP") }
      $0.emit($0.core(.place), "NNP")
      if $0.chance(15) { $0.emit($0.pick("Island", "Valley", "Group"), "NNP") }
    }
  }

  /// A remark between commas after a name, which tells what it names.
  mutating func apposition(_ kind: SyntheticName) {
    emit(",", ",")
    if kind == .person && chance(40) {
      chunk("NP") { $0.emit($0.pick("31", "40", "58", "64"), "CD") }
    } else {
      chunk("NP") {
        $0.emit($0.pick("a", "the"), "DT")
        if $0.chance(30) { $0.adjective() }
        $0.noun(plural: false, from: $0.lexicon.nounsOf[kind])
      }
      if chance(40) { ofPhrase() }
    }
    emit(",", ",")
  }
}
