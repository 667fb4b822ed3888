import Basics
import Corpora

/// A column made of a CoNLL-U file.
public enum UniversalColumn: Hashable, Sendable {
  /// A field as it stands: `form`, `lemma`, `upos`, `xpos`, `feats`, `head`, `deprel`, `deps`, `misc`.
  case field(String)
  /// The relation without its subtype: `nsubj` of `nsubj:pass`.
  case universalRelation
  /// The value of a feature, `_` without.
  case feature(String)
  /// The value of a key in MISC; without, `O` where the key's values mark spans, else `_`.
  case misc(String)
  /// Names (IOB2: PER, LOC, ORG, MISC) among the mentions of entities in MISC.
  case names
  /// Base chunks (IOB2) of the sentence's tree.
  case chunks

  /// The column called `name`; nil if none is.
  init?(_ name: String) {
    switch name {
    case "udeprel": self = .universalRelation
    case "name": self = .names
    case "chunk": self = .chunks
    case _ where name.hasPrefix("feats.") && name != "feats.":
      self = .feature(String(name.dropFirst("feats.".count)))
    case _ where name.hasPrefix("misc.") && name != "misc.":
      self = .misc(String(name.dropFirst("misc.".count)))
    default:
      guard UniversalSentence.Field(rawValue: name) != nil else { return nil }
      self = .field(name)
    }
  }

  fileprivate var miscKey: String? { if case .misc(let key) = self { key } else { nil } }

  /// The columns of a list with commas between: `form,xpos,chunk`.
  ///
  /// - Throws: `Failure` of kind `usage` of the setting `columns`.
  public static func list(_ text: String) throws -> [UniversalColumn] {
    try columnNames(text).map { name in
      guard let column = UniversalColumn(name) else {
        throw Failure(
          .usage, setting: "columns", value: name,
          "must be one of "
            + (UniversalSentence.Field.allCases.map(\.rawValue)
            + ["udeprel", "feats.NAME", "misc.KEY", "name", "chunk"]).joined(separator: ", "))
      }
      return column
    }
  }
}

/// The names in a list with commas between, each once.
func columnNames(_ text: String) throws -> [String] {
  let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  if let twice = names.firstDuplicate(by: \.self) {
    throw Failure(.usage, setting: "columns", value: text, "'\(twice)' is there twice")
  }
  return names
}

extension ColumnRows {
  /// CoNLL-U files as columns.
  ///
  /// - Parameters:
  ///   - sources: the files.
  ///   - trees: files with a tree for each of their sentences, in the same order; needed for
  ///     chunks.
  ///   - columns: what the columns hold.
  /// - Throws: `Failure` of kind `badData` naming file and line of what is no CoNLL-U or no tree, or
  ///   where a sentence and its tree have other words; `usage` of the setting `trees`.
  public init(
    universal sources: [SourceText], trees: [SourceText] = [], columns: [UniversalColumn]
  ) throws {
    self.init()
    guard columns.contains(.chunks) == !trees.isEmpty else {
      throw Failure(
        .usage, setting: "trees",
        trees.isEmpty
          ? "missing; the column chunk is made of trees" : "needed for the column chunk only")
    }
    let files = try sources.map { (source: $0, sentences: try UniversalSentence.read($0)) }
    let spanKeys = columns.compactMap(\.miscKey).filter { key in
      files.contains { file in
        file.sentences.contains { sentence in
          sentence.words.contains {
            $0.value(of: key, in: .misc).map(LabelScheme.marksSpan) ?? false
          }
        }
      }
    }
    var treesLeft = TreeList(try trees.map { ($0, try PennTreeFile.read($0)) })
    for (source, sentences) in files {
      for sentence in sentences {
        let chunks =
          columns.contains(.chunks) ? try treesLeft.next(for: sentence, of: source).chunks : []
        let names =
          columns.contains(.names)
          ? LabelScheme.iob2.encode(
            try NameFinder.names(in: sentence, of: source), length: sentence.words.count) : []
        append(
          sentence.words.enumerated().map { position, word in
            columns.map { column in
              let text =
                switch column {
                case .field(let name): word[UniversalSentence.Field(rawValue: name)!]
                case .universalRelation: String(word[.deprel].prefix { $0 != ":" })
                case .feature(let name): word.value(of: name, in: .feats) ?? "_"
                case .misc(let key):
                  word.value(of: key, in: .misc) ?? (spanKeys.contains(key) ? "O" : "_")
                case .names: names[position]
                case .chunks: chunks[position]
                }
              // An empty value is none, as a column cannot be empty.
              guard text.isEmpty else { return text }
              if case .misc(let key) = column, spanKeys.contains(key) { return "O" }
              return "_"
            }
          })
      }
    }
    try treesLeft.requireNone()
  }
}

/// The trees of the sentences that are still to come.
private struct TreeList {
  private var trees: [(source: SourceText, tree: PennTree)]
  private var used = 0

  init(_ files: [(SourceText, [PennTree])]) {
    trees = files.flatMap { source, trees in trees.map { (source, $0) } }
  }

  /// The next tree, which must have the words of `sentence`.
  mutating func next(for sentence: UniversalSentence, of source: SourceText) throws -> PennTree {
    let line = sentence.words[0].line
    guard used < trees.count else {
      throw source.problem(line, "there is no tree for this sentence and those behind it")
    }
    let (file, tree) = trees[used]
    used += 1
    let words = tree.words
    for (word, leaf) in zip(sentence.words, words)
    where PennTreeFile.word(word[.form][...]) != leaf.word {
      throw source.problem(
        word.line,
        "the word is '\(word[.form])', in the tree '\(leaf.word)' (\(file.name):\(leaf.line))")
    }
    guard words.count == sentence.words.count else {
      throw source.problem(
        line,
        "the sentence has \(sentence.words.count) words, its tree \(words.count) "
          + "(\(file.name):\(tree.line))")
    }
    return tree
  }

  func requireNone() throws {
    guard used < trees.count else { return }
    let (source, tree) = trees[used]
    throw source.problem(tree.line, "there is no sentence for this tree and those behind it")
  }
}
