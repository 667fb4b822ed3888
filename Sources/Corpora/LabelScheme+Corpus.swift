import Basics
import Batches

extension LabelScheme {
  /// The scheme of a task's labels, judged by all of them; look at training data only.
  ///
  /// It is `plain` unless most tokens that are not outside have a letter of `BIESLU`, `-` and a
  /// type for their label, or the task is declared. Among the schemes the one with the fewest
  /// violations wins, `iob2` if there is a tie.
  ///
  /// - Throws: `Failure` of kind `usage` if the corpora have no such task.
  public static func detect(_ corpora: [Corpus], task: String) throws -> LabelScheme {
    try fitting(corpora.map { (try $0.task(task), $0, 0..<$0.sentenceCount) })
  }

  /// Labels of a task: a column and some sentences of its corpus.
  private typealias Part = (column: TaskColumn, corpus: Corpus, sentences: Range<Int>)

  private static func fitting(_ parts: [Part]) -> LabelScheme {
    guard marksSpans(parts) else { return .plain }
    let letters = Set(
      parts.flatMap { $0.column.table.strings.compactMap { split($0)?.letter } })
    // Of labels with B and I alone a scheme that wants more letters never breaks fewer rules.
    let candidates: [LabelScheme] =
      letters.isSubset(of: "BI") ? [.iob2, .iob1] : [.iob2, .iob1, .bioes, .bilou]
    return candidates.map { scheme in
      (scheme, parts.reduce(0) { $0 + scheme.violations($1).count })
    }.min { $0.1 < $1.1 }!.0
  }

  private static func marksSpans(_ parts: [Part]) -> Bool {
    let cannot = parts.contains {
      $0.column.isRandom || $0.column.declared == .plain || $0.column.level != .token
    }
    if cannot { return false }
    if parts.contains(where: { $0.column.declared == .spans }) { return true }
    var spans = 0
    var others = 0
    for (column, corpus, sentences) in parts {
      let labels = column.table.strings
      let isSpan = labels.map { split($0) != nil }
      let outside = column.table.id(of: "O") ?? -1
      for label in column.labels[corpus.tokens(ofSentences: sentences)] where label != outside {
        if isSpan[Int(label)] { spans += 1 } else { others += 1 }
      }
    }
    return spans > others
  }

  /// Every label of `task` that cannot stand where it does in this scheme.
  ///
  /// `conlleval` gives such sequences a reading too, so they can be trained on; they are often
  /// traces of a broken conversion.
  public func problems(in corpus: Corpus, task: String) throws -> [Problem] {
    let column = try corpus.task(task)
    let part = (column, corpus, 0..<corpus.sentenceCount)
    return violations(part).map { problem(corpus, column, sentence: $0, token: $1) }
  }

  /// The same file by file, where a file whose labels follow the rules of another scheme is one
  /// problem.
  func problemsByFile(in corpus: Corpus, task: String) throws -> [Problem] {
    let column = try corpus.task(task)
    var problems: [Problem] = []
    var start = 0
    while start < corpus.sentenceCount {
      let file = corpus.sentenceFiles[start]
      let end = corpus.sentenceFiles[start...].firstIndex { $0 != file } ?? corpus.sentenceCount
      let part = (column, corpus, start..<end)
      let violations = violations(part)
      if let other = otherScheme(part, violations: violations.count) {
        let seems =
          other == .plain ? "the labels seem to mark no spans" : "the labels seem to be \(other)"
        problems.append(
          Problem(
            file: corpus.files[Int(file)], line: 0, kind: "scheme of \(task)",
            message: "\(task): \(seems), those of training are \(self); "
              + (other == .plain ? "is it the right column?" : "convert the file")))
      } else {
        problems += violations.map { problem(corpus, column, sentence: $0, token: $1) }
      }
      start = end
    }
    return problems
  }

  /// The scheme that fits a file in which this one is violated; nil if this one fits as well.
  ///
  /// Where every span breaks the rules, it is the rules that are others: `violations` are about as
  /// many as the spans, and nearly none in the other scheme.
  private func otherScheme(_ part: Part, violations: Int) -> LabelScheme? {
    guard violations > 1 else { return nil }
    let other = Self.fitting([part])
    if other == self { return nil }
    if other == .plain { return other }
    let reader = SpanReader(labels: part.column.table.strings)
    let spans = part.sentences.reduce(0) {
      $0 + reader.count(of: part.column.labels[part.corpus.range(ofSentence: $1)])
    }
    let left = other.violations(part).count
    return 2 * violations >= spans && 10 * left <= violations ? other : nil
  }

  private func problem(
    _ corpus: Corpus, _ column: TaskColumn, sentence: Int, token: Int
  ) -> Problem {
    let range = corpus.range(ofSentence: sentence)
    func label(_ i: Int) -> String { range.contains(i) ? column.table[column.labels[i]] : "O" }
    let message = problem(with: label(token), after: label(token - 1), before: label(token + 1))
    return Problem(
      file: corpus.files[Int(corpus.sentenceFiles[sentence])], line: Int(corpus.lines[token]),
      kind: "labels of \(column.name)", message: "\(column.name): \(message ?? "")")
  }

  private func violations(_ part: Part) -> [(sentence: Int, token: Int)] {
    if self == .plain { return [] }
    let (column, corpus, sentences) = part
    let labels = column.labels
    var types = StringTable()
    let marks = column.table.strings.map { mark($0, types: &types) }
    var found: [(sentence: Int, token: Int)] = []
    for sentence in sentences {
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
  /// Refuses the first label that no scheme knows, which would silently count as outside.
  ///
  /// - Throws: `Failure` of kind `badData` with file and line.
  func checkSpans(of scheme: LabelScheme, in corpus: Corpus) throws {
    let isForeign = table.strings.map { $0 != "O" && LabelScheme.split($0) == nil }
    guard isForeign.contains(true), let token = labels.firstIndex(where: { isForeign[Int($0)] })
    else { return }
    let place = corpus.place(of: token)
    throw Failure(
      .badData,
      "\(place.file):\(place.line): \(name): the label \(table[labels[token]]) is not one of the "
        + "scheme \(scheme); correct it, or declare the task plain if its labels mark no spans")
  }

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
