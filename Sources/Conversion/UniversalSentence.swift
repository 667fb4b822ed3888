import Basics
import Corpora

/// A sentence of a CoNLL-U file: its words, without multi-word ranges and empty nodes.
struct UniversalSentence {
  /// The fields of a line.
  enum Field: String, CaseIterable {
    case form, lemma, upos, xpos, feats, head, deprel, deps, misc

    /// Its column; that of the number is 0.
    var column: Int { Self.allCases.firstIndex(of: self)! + 1 }
  }

  /// A word of the sentence.
  struct Word {
    /// Its line, from 1.
    let line: Int
    fileprivate let fields: [Field: String]

    subscript(field: Field) -> String { fields[field]! }

    /// The value of `key` among the pairs `key=value` of a field, nil if it is not there.
    func value(of key: String, in field: Field) -> String? {
      for pair in self[field].split(separator: "|") where pair.hasPrefix(key + "=") {
        return String(pair.dropFirst(key.utf8.count + 1))
      }
      return nil
    }
  }

  let words: [Word]

  /// The sentences of a file.
  ///
  /// - Throws: `Failure` of kind `badData` naming file and line if the file has not ten columns, or
  ///   words are not numbered from 1 on.
  static func read(_ source: SourceText) throws -> [UniversalSentence] {
    guard let count = ColumnFormat.layout(of: source.data)?.columns else {
      throw source.problem(0, "holds no tokens")
    }
    guard count == 10 else {
      throw source.problem(
        0, "has \(count) columns; a CoNLL-U file has ten, separated by tabs")
    }
    let fields = Field.allCases.filter { $0 != .form }
    let corpus = try Corpus(
      source.data, named: source.name,
      format: ColumnFormat(
        wordColumn: Field.form.column,
        tasks: [TaskSource(name: "id", source: .column(0))]
          + fields.map { TaskSource(name: $0.rawValue, source: .column($0.column)) }))
    return try (0..<corpus.sentenceCount).map { sentence in
      let range = corpus.range(ofSentence: sentence)
      let forms = corpus.words(ofSentence: sentence)
      return UniversalSentence(
        words: try range.map { token in
          func text(_ task: Int) -> String {
            corpus.tasks[task].table[corpus.tasks[task].labels[token]]
          }
          let line = Int(corpus.lines[token])
          let number = token - range.lowerBound + 1
          guard text(0) == String(number) else {
            throw source.problem(line, "word \(number) of the sentence has the number '\(text(0))'")
          }
          var values: [Field: String] = [.form: forms[number - 1]]
          for (index, field) in fields.enumerated() { values[field] = text(index + 1) }
          return Word(line: line, fields: values)
        })
    }
  }
}
