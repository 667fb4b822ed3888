/// Files of trees in the bracketing of the Penn Treebank: `(S (NP (PRP We)) (VP (VBP agree)))`,
/// over any number of lines, with or without an outermost bracket (`(ROOT`, `( `).
public enum PennTreeFile {
  /// How brackets among the words are written.
  private static let brackets = [
    "-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "-LCB-": "{", "-RCB-": "}",
  ]

  /// The trees of a file, without empty elements (`-NONE-`) and what holds nothing else.
  ///
  /// - Throws: `Failure` of kind `badData` with the line of a bracket that is not closed or closes
  ///   nothing, of a word that stands alone or has no part of speech.
  public static func read(_ source: SourceText) throws -> [PennTree] {
    var trees: [PennTree] = []
    var builder = PennTreeBuilder(source)
    // A label is a phrase's or a part of speech, which only what follows it tells.
    var label: (text: String, line: Int)?
    var wordIsRead = false
    for line in try source.lines() {
      for part in parts(of: line.text) {
        switch part {
        case "(":
          guard !wordIsRead else {
            throw source.problem(line.number, "a phrase stands where ')' must follow a word")
          }
          if let label { try builder.begin(label.text, label.line) }
          label = ("", line.number)
        case ")":
          if wordIsRead {
            wordIsRead = false
          } else {
            if let label { try builder.begin(label.text, label.line) }
            if let tree = try builder.end(line.number) { trees.append(tree) }
          }
          label = nil
        default:
          guard let tag = label, !wordIsRead else {
            throw source.problem(
              line.number, "the word '\(part)' has no part of speech, as in (NN word)")
          }
          if tag.text.isEmpty {
            label = (String(part), tag.line)
          } else {
            let word = Self.word(part)
            try builder.word(word, tag: tag.text, line.number)
            wordIsRead = true
          }
        }
      }
    }
    guard !wordIsRead, label == nil, builder.openLine == nil else {
      let begin = builder.openLine ?? label?.line ?? 0
      throw source.problem(begin, "the tree that begins here is not closed")
    }
    guard !trees.isEmpty else { throw source.problem(0, "holds no tree with words") }
    return trees
  }

  /// A word as it stands in text: `(` for `-LRB-`.
  static func word(_ text: Substring) -> String { brackets[String(text)] ?? String(text) }

  /// Brackets, and what stands between brackets and blanks.
  private static func parts(of line: Substring) -> [Substring] {
    var parts: [Substring] = []
    let bytes = line.utf8
    var start: Substring.Index?
    func endWord(_ index: Substring.Index) {
      if let begun = start { parts.append(line[begun..<index]) }
      start = nil
    }
    for index in bytes.indices {
      switch bytes[index] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"): endWord(index)
      case UInt8(ascii: "("), UInt8(ascii: ")"):
        endWord(index)
        parts.append(line[index..<bytes.index(after: index)])
      default: start = start ?? index
      }
    }
    endWord(bytes.endIndex)
    return parts
  }
}
