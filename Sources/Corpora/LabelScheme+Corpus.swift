import Basics

extension LabelScheme {
  /// The scheme of a task's labels, judged by all of them; look at training data only.
  ///
  /// It is `plain` unless every label is `O` or a letter of `BIESLU`, `-` and a type, and for
  /// random labels. Where `B` and `I` alone occur, the scheme with fewer violations wins, `iob2`
  /// if there is a tie.
  ///
  /// - Throws: `Failure` of kind `usage` if the corpora have no such task.
  public static func detect(_ corpora: [Corpus], task: String) throws -> LabelScheme {
    var letters: Set<Character> = []
    for corpus in corpora {
      let column = try corpus.task(task)
      if column.isRandom { return .plain }
      for label in column.table.strings where label != "O" {
        guard let (letter, _) = split(label) else { return .plain }
        letters.insert(letter)
      }
    }
    if letters.isEmpty { return .plain }
    if !letters.isDisjoint(with: "ES") { return .bioes }
    if !letters.isDisjoint(with: "LU") { return .bilou }
    var violations = (iob1: 0, iob2: 0)
    for corpus in corpora {
      violations.iob1 += try LabelScheme.iob1.violations(in: corpus, task: task).count
      violations.iob2 += try LabelScheme.iob2.violations(in: corpus, task: task).count
    }
    return violations.iob1 < violations.iob2 ? .iob1 : .iob2
  }

  /// Every label of `task` that cannot stand where it does in this scheme.
  ///
  /// `conlleval` gives such sequences a reading too, so they can be trained on; they are often
  /// traces of a broken conversion.
  public func problems(in corpus: Corpus, task: String) throws -> [Problem] {
    let column = try corpus.task(task)
    return try violations(in: corpus, task: task).map { sentence, token in
      let range = corpus.range(ofSentence: sentence)
      func label(_ i: Int) -> String {
        range.contains(i) ? column.table[column.labels[i]] : "O"
      }
      let message = problem(with: label(token), after: label(token - 1), before: label(token + 1))
      return Problem(
        file: corpus.files[Int(corpus.sentenceFiles[sentence])], line: Int(corpus.lines[token]),
        message: "\(task): \(message ?? "")")
    }
  }

  private func violations(
    in corpus: Corpus, task: String
  ) throws -> [(sentence: Int, token: Int)] {
    let column = try corpus.task(task)
    if self == .plain { return [] }
    let labels = column.labels
    var types = StringTable()
    let marks = column.table.strings.map { mark($0, types: &types) }
    var found: [(sentence: Int, token: Int)] = []
    for sentence in 0..<corpus.sentenceCount {
      let range = corpus.range(ofSentence: sentence)
      var last = Mark.outside
      for token in range {
        let now = marks[Int(labels[token])]
        let next = token + 1 < range.upperBound ? marks[Int(labels[token + 1])] : .outside
        if Self.fault(of: now, after: last, before: next) != nil {
          found.append((sentence, token))
        }
        last = now
      }
    }
    return found
  }
}

extension TaskColumn {
  /// The same spans in another scheme's labels; plain labels stay as they are.
  ///
  /// - Parameters:
  ///   - scheme: the scheme of these labels.
  ///   - encoding: the scheme wanted.
  ///   - corpus: the corpus the column belongs to, for its sentences.
  func recoded(from scheme: LabelScheme, to encoding: LabelScheme, in corpus: Corpus) -> Self {
    if scheme == .plain { return self }
    let reader = SpanReader(labels: table.strings)
    var recoded = TaskColumn(name: name, table: StringTable(), labels: [])
    recoded.labels.reserveCapacity(labels.count)
    var outside: Int32?
    // Ids of the labels of a type, by letter: a text is made once for each, not at every token.
    var ids: [String: [Unicode.Scalar: Int32]] = [:]
    for sentence in 0..<corpus.sentenceCount {
      let range = corpus.range(ofSentence: sentence)
      var position = 0
      func addOutside(upTo end: Int) {
        guard position < end else { return }
        let id = outside ?? recoded.table.intern("O")
        outside = id
        recoded.labels.append(contentsOf: repeatElement(id, count: end - position))
        position = end
      }
      var last: Span?
      for span in reader.spans(of: labels[range]) {
        addOutside(upTo: span.start)
        let touches = last?.end == span.start && last?.type == span.type
        var known = ids[span.type] ?? [:]
        for position in span.start..<span.end {
          let letter = encoding.letter(at: position, of: span, touching: touches)
          let id = known[letter] ?? recoded.table.intern("\(letter)-\(span.type)")
          known[letter] = id
          recoded.labels.append(id)
        }
        ids[span.type] = known
        position = span.end
        last = span
      }
      addOutside(upTo: range.count)
    }
    return recoded
  }
}
