/// A mention of an entity, as `Entity` in the MISC column of CorefUD files brackets it:
/// `Entity=(12-person-…`, `12)`, `(13-place-…)`.
struct EntityMention {
  /// The entity's type: the second of the fields between hyphens.
  let type: String
  /// Positions of its words in the sentence, from 0.
  let words: Range<Int>

  /// The mentions in a sentence, in the order in which they end.
  ///
  /// - Throws: `Failure` of kind `badData` with the line of a bracket that closes nothing, or is not
  ///   closed in the sentence.
  static func read(_ sentence: UniversalSentence, of source: SourceText) throws -> [EntityMention] {
    var mentions: [EntityMention] = []
    var open: [(group: Substring, type: String, start: Int, line: Int)] = []
    for (position, word) in sentence.words.enumerated() {
      for part in brackets(in: word.value(of: "Entity", in: .misc) ?? "") {
        guard part.hasPrefix("(") else {
          guard let index = open.lastIndex(where: { $0.group == part.dropLast() }) else {
            throw source.problem(word.line, "Entity: '\(part)' closes no mention")
          }
          let begun = open.remove(at: index)
          mentions.append(EntityMention(type: begun.type, words: begun.start..<position + 1))
          continue
        }
        let fields = part.dropFirst().prefix { $0 != ")" }
          .split(separator: "-", omittingEmptySubsequences: false)
        // Older files have the type first.
        guard fields.count > 1, Int(fields[1]) == nil else {
          throw source.problem(
            word.line, "Entity: '\(part)' has no type behind a hyphen, as in (1-person")
        }
        let type = String(fields[1])
        if part.hasSuffix(")") {
          mentions.append(EntityMention(type: type, words: position..<position + 1))
        } else {
          open.append((fields[0], type, position, word.line))
        }
      }
    }
    if let first = open.first {
      throw source.problem(
        first.line, "Entity: the mention '(\(first.group)' is not closed in its sentence")
    }
    return mentions
  }

  /// `(1-person`, `(2-place)` and `1)` of `(1-person(2-place)1)`.
  private static func brackets(in text: String) -> [Substring] {
    var parts: [Substring] = []
    var start = text.startIndex
    for index in text.indices {
      if text[index] == "(" && index > start {
        parts.append(text[start..<index])
        start = index
      } else if text[index] == ")" {
        parts.append(text[start...index])
        start = text.index(after: index)
      }
    }
    if start < text.endIndex { parts.append(text[start...]) }
    return parts
  }
}
