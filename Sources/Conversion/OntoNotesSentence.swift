import Corpora

/// A sentence of a `_conll` file of OntoNotes, as the shared task of CoNLL-2012 has them: a word a
/// line, blanks between columns, one column of arguments for every predicate of the sentence.
struct OntoNotesSentence {
  /// A word and what stands beside it.
  private struct Row {
    let fields: [Substring]
    let line: Int
  }

  /// Columns: document, part, number, word, part of speech, parse, lemma, frameset, sense, speaker,
  /// names, arguments of each predicate, coreference.
  private enum Column {
    static let number = 2, word = 3, tag = 4, parse = 5, lemma = 6, frameset = 7, names = 10
    static let firstArguments = 11
    /// How many there are in a sentence without predicates.
    static let fewest = 12
  }

  private let source: SourceText
  private let rows: [Row]

  private init(_ source: SourceText, _ rows: [Row]) {
    (self.source, self.rows) = (source, rows)
  }

  /// Brackets as trees have them.
  var words: [String] { texts(Column.word).map { PennTreeFile.word($0[...]) } }
  var tags: [String] { texts(Column.tag) }

  /// The sentences of a file.
  ///
  /// - Throws: `Failure` of kind `badData` with the line where columns are missing or more than on the
  ///   sentence's first, or words are not numbered from 0.
  static func read(_ source: SourceText) throws -> [OntoNotesSentence] {
    var sentences: [OntoNotesSentence] = []
    var rows: [Row] = []
    func end() {
      if !rows.isEmpty { sentences.append(OntoNotesSentence(source, rows)) }
      rows = []
    }
    for line in try source.lines() {
      let fields = line.text.split { $0 == " " || $0 == "\t" }
      if fields.isEmpty || fields[0].hasPrefix("#") {
        end()
        continue
      }
      guard fields.count >= Column.fewest else {
        throw source.problem(
          line.number,
          "has \(fields.count) columns, of which CoNLL-2012 has \(Column.fewest) or more")
      }
      if let first = rows.first, fields.count != first.fields.count {
        throw source.problem(
          line.number,
          "has \(fields.count) columns, the sentence's first line \(first.fields.count)")
      }
      guard fields[Column.number] == String(rows.count) else {
        throw source.problem(
          line.number,
          "word \(rows.count) of the sentence (from 0) has the number '\(fields[Column.number])'")
      }
      rows.append(Row(fields: fields, line: line.number))
    }
    end()
    guard !sentences.isEmpty else { throw source.problem(0, "holds no tokens") }
    return sentences
  }

  private func texts(_ column: Int) -> [String] { rows.map { String($0.fields[column]) } }

  /// The names.
  ///
  /// - Throws: `Failure` of kind `badData` with the line of a bracket that does not match.
  func names() throws -> [Span] { try spans(Column.names) }

  /// The tree that the column of the parse holds bracket by bracket.
  ///
  /// - Throws: `Failure` of kind `badData` with the line of what is no part of a tree.
  func tree() throws -> PennTree {
    var builder = PennTreeBuilder(source)
    var tree: PennTree?
    for row in rows {
      let bits = row.fields[Column.parse]
      guard tree == nil else {
        throw source.problem(row.line, "the sentence's tree ends before this word")
      }
      guard let star = bits.firstIndex(of: "*"), bits[star...].dropFirst().allSatisfy({ $0 == ")" })
      else { throw source.problem(row.line, "'\(bits)' is no part of a tree, as in (NP*)") }
      let begun = bits[..<star].split(separator: "(", omittingEmptySubsequences: false)
      guard begun[0].isEmpty else {
        throw source.problem(row.line, "'\(bits)' is no part of a tree, as in (NP*)")
      }
      for label in begun.dropFirst() { try builder.begin(String(label), row.line) }
      try builder.word(
        String(row.fields[Column.word]), tag: String(row.fields[Column.tag]), row.line)
      for _ in bits[star...].dropFirst() {
        guard tree == nil else { throw source.problem(row.line, "')' closes no bracket") }
        tree = try builder.end(row.line)
      }
    }
    guard let tree else {
      throw source.problem(rows[0].line, "the sentence's tree is not closed")
    }
    return tree
  }

  /// A predicate with its arguments, of which it is one (`V`).
  struct Frame {
    /// The predicate's position in the sentence.
    let predicate: Int
    /// Its lemma and frameset: `say.01`.
    let sense: String
    let arguments: [Span]
  }

  /// The predicates in the order of their columns.
  ///
  /// - Throws: `Failure` of kind `badData` with the line of a bracket that does not match, or of a
  ///   sentence that has other columns of arguments than predicates.
  func frames() throws -> [Frame] {
    let last = rows[0].fields.count - 1
    let named = rows.indices.filter { rows[$0].fields[Column.frameset] != "-" }
    return try (Column.firstArguments..<last).map { column in
      let arguments = try spans(column)
      let number = column - Column.firstArguments
      let count = last - Column.firstArguments
      let predicate = arguments.first { $0.type == "V" }?.start
      guard let predicate = predicate ?? (named.count == count ? named[number] : nil) else {
        throw source.problem(
          rows[0].line,
          "column \(column) of the sentence has no predicate (V*), and \(named.count) of its words "
            + "have a frameset for \(count) columns of arguments")
      }
      let fields = rows[predicate].fields
      return Frame(
        predicate: predicate, sense: "\(fields[Column.lemma]).\(fields[Column.frameset])",
        arguments: arguments)
    }
  }

  /// The spans that a column brackets: `(ORG*`, `*`, `*)`, `(ORG)`.
  private func spans(_ column: Int) throws -> [Span] {
    var spans: [Span] = []
    var open: (type: String, start: Int)?
    for (position, row) in rows.enumerated() {
      var text = row.fields[column]
      while text.hasPrefix("(") {
        let type = text.dropFirst().prefix { !"(*)".contains($0) }
        guard !type.isEmpty else {
          throw source.problem(row.line, "column \(column): '(' begins a span without a type")
        }
        guard open == nil else {
          throw source.problem(
            row.line, "column \(column): a span begins within another, which labels cannot tell")
        }
        open = (String(type), position)
        text = text[type.endIndex...]
      }
      if text.hasPrefix("*") { text = text.dropFirst() }
      if text.hasPrefix(")") {
        guard let span = open else {
          throw source.problem(row.line, "column \(column): ')' closes no span")
        }
        spans.append(Span(type: span.type, start: span.start, end: position + 1))
        open = nil
        text = text.dropFirst()
      }
      guard text.isEmpty else {
        throw source.problem(
          row.line, "column \(column): '\(row.fields[column])' is no part of a span, as in (ORG*)")
      }
    }
    guard let open else { return spans }
    throw source.problem(
      rows[open.start].line, "column \(column): the span '(\(open.type)' is not closed")
  }
}
