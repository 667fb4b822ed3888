/// A constituency tree as the Penn Treebank brackets it, without its empty elements.
public struct PennTree: Equatable, Sendable {
  /// A part of speech, or a phrase with its functions: `NN`, `NP-SBJ`; empty where there is none.
  public let label: String
  /// The word, nil for a phrase.
  public let word: String?
  /// The phrases and words of a phrase, from left to right.
  public let children: [PennTree]
  /// How many words there are in it.
  public let wordCount: Int
  /// The line where it begins, from 1.
  let line: Int

  init(tag: String, word: String, line: Int) {
    (label, self.word, self.line) = (tag, word, line)
    (children, wordCount) = ([], 1)
  }

  init(phrase label: String, _ children: [PennTree], line: Int) {
    (self.label, word, self.line) = (label, nil, line)
    self.children = children
    wordCount = children.reduce(0) { $0 + $1.wordCount }
  }

  /// Its words with their parts of speech, from left to right.
  public var words: [(word: String, tag: String, line: Int)] {
    if let word { return [(word, label, line)] }
    return children.flatMap(\.words)
  }

  /// The label of a phrase without functions and indices: `NP` of `NP-SBJ-1`.
  var category: Substring {
    label.hasPrefix("-") ? label[...] : label.prefix { !"-=|".contains($0) }
  }

  /// Whether the phrase is a clause without a function, as the complement of a verb is.
  var isPlainClause: Bool {
    category == "S" && label.dropFirst().allSatisfy { "-=0123456789".contains($0) }
  }
}

/// Puts trees together bracket by bracket.
struct PennTreeBuilder {
  /// How deep phrases may be nested.
  private static let deepest = 500

  private struct Phrase {
    let label: String, line: Int
    var children: [PennTree] = []
    var isEmptied = false
  }

  let source: SourceText
  private var open: [Phrase] = []

  init(_ source: SourceText) { self.source = source }

  /// The line where the outermost phrase begins that is not closed.
  var openLine: Int? { open.first?.line }

  mutating func begin(_ label: String, _ line: Int) throws {
    guard open.count < Self.deepest else {
      throw source.problem(line, "phrases are nested more than \(Self.deepest) deep")
    }
    open.append(Phrase(label: label, line: line))
  }

  /// Adds a word to the phrase begun last; an empty element (`-NONE-`) leaves nothing.
  mutating func word(_ word: String, tag: String, _ line: Int) throws {
    guard !open.isEmpty else {
      throw source.problem(line, "the word '\(word)' is part of no phrase")
    }
    if tag == "-NONE-" {
      open[open.count - 1].isEmptied = true
    } else {
      open[open.count - 1].children.append(PennTree(tag: tag, word: word, line: line))
    }
  }

  /// Ends the phrase begun last.
  ///
  /// - Returns: the whole tree, if that was its outermost phrase and it has words.
  mutating func end(_ line: Int) throws -> PennTree? {
    guard let phrase = open.popLast() else {
      throw source.problem(line, "')' closes no bracket")
    }
    guard !phrase.children.isEmpty else {
      // What held empty elements only is one itself.
      guard phrase.isEmptied else {
        throw source.problem(phrase.line, "'(\(phrase.label))' holds neither a word nor a phrase")
      }
      if !open.isEmpty { open[open.count - 1].isEmptied = true }
      return nil
    }
    let tree = PennTree(phrase: phrase.label, phrase.children, line: phrase.line)
    guard !open.isEmpty else { return tree }
    open[open.count - 1].children.append(tree)
    return nil
  }
}
