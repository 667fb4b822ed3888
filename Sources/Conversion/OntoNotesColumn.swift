import Basics
import Corpora

/// A column made of a `_conll` file of CoNLL-2012.
public enum OntoNotesColumn: String, CaseIterable, Sendable {
  /// The word.
  case form
  /// Its part of speech.
  case pos
  /// Base chunks (IOB2) of the sentence's tree.
  case chunk
  /// Names (IOB2).
  case ner
  /// Lemma and frameset of one predicate, as in `say.01`, at its word; `_` elsewhere.
  case predicate
  /// The arguments of that predicate (IOB2), itself among them as `V`.
  case arguments

  /// The columns of a list with commas between: `form,pos,ner`.
  ///
  /// - Throws: `Failure` of kind `usage` of the setting `columns`.
  public static func list(_ text: String) throws -> [OntoNotesColumn] {
    try columnNames(text).map { name in
      guard let column = OntoNotesColumn(rawValue: name) else {
        throw Failure(
          .usage, setting: "columns", value: name,
          "must be one of " + allCases.map(\.rawValue).joined(separator: ", "))
      }
      return column
    }
  }

  fileprivate var isOfAFrame: Bool { self == .predicate || self == .arguments }
}

extension ColumnRows {
  /// Files of CoNLL-2012 as columns; where one is of a predicate, every sentence stands there once
  /// for each of its predicates, and those without are left out.
  ///
  /// - Throws: `Failure` of kind `badData` naming file and line of columns that shift and of brackets
  ///   that do not match.
  public init(ontoNotes sources: [SourceText], columns: [OntoNotesColumn]) throws {
    self.init()
    for source in sources {
      for sentence in try OntoNotesSentence.read(source) {
        let length = sentence.words.count
        let frames: [OntoNotesSentence.Frame?] =
          columns.contains(where: \.isOfAFrame) ? try sentence.frames() : [nil]
        for frame in frames {
          let fields = try columns.map { column -> [String] in
            switch column {
            case .form: return sentence.words
            case .pos: return sentence.tags
            case .chunk: return try sentence.tree().chunks
            case .ner: return LabelScheme.iob2.encode(try sentence.names(), length: length)
            case .predicate:
              return (0..<length).map { $0 == frame?.predicate ? frame!.sense : "_" }
            case .arguments:
              return LabelScheme.iob2.encode(frame?.arguments ?? [], length: length)
            }
          }
          append((0..<length).map { word in fields.map { $0[word] } })
        }
      }
    }
    guard !data.isEmpty else {
      throw sources[0].problem(0, "holds no predicate")
    }
  }
}
