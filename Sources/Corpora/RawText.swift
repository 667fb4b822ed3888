import Basics
import Foundation

/// Plain text as words and sentences, so that networks over columns can read it.
///
/// A line that is not blank is a sentence. Words are what white space separates, after the manner of the
/// Penn Treebank: opening and closing punctuation stands alone, as do `n't`, `'s`, `'re`, `'ve`, `'ll`,
/// `'d` and `'m`; points stay with abbreviations and initials (`U.S.`, `J.`), and what stands within
/// a word stays there (`3.5`, `well-known`, `1,000`).
package enum RawText {
  /// The text as a column file: a word a line, a blank line after every sentence. A second column keeps
  /// words that begin with `#` from being comments.
  ///
  /// - Throws: `Failure` of kind `badData` naming the line of `name` that is not UTF-8.
  package static func columns(of data: Data, named name: String) throws -> Data {
    var result = Data()
    for (number, line) in data.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
      guard let line = String(validating: line, as: UTF8.self) else {
        throw Failure(.badData, "\(name):\(number + 1): is not UTF-8")
      }
      let words = words(of: line)
      guard !words.isEmpty else { continue }
      result.append(Data((words.map { $0 + "\t_\n" }.joined() + "\n").utf8))
    }
    return result
  }

  /// The words of a sentence.
  static func words(of sentence: String) -> [String] {
    let parts = sentence.split { $0.isWhitespace || $0 == "\u{feff}" }
    return parts.enumerated().flatMap { index, part in
      words(of: part, isLast: index == parts.count - 1)
    }
  }

  private static let opening: Set<Character> = [
    "(", "[", "{", "\"", "'", "“", "‘", "„", "«", "¿", "¡", "$", "€", "£",
  ]
  private static let closing: Set<Character> = [
    ")", "]", "}", "\"", "'", "”", "’", "»", ",", ";", ":", "!", "?", "…", "%",
  ]
  private static let endings = ["n't", "'s", "'re", "'ve", "'ll", "'d", "'m"]

  private static func words(of part: Substring, isLast: Bool) -> [String] {
    var (before, rest, after) = ([String](), part, [String]())
    while rest.count > 1, let first = rest.first, opening.contains(first) {
      before.append(String(rest.removeFirst()))
    }
    while rest.count > 1, let last = rest.last {
      if rest.hasSuffix("...") {
        rest.removeLast(3)
        after.insert("...", at: 0)
      } else if closing.contains(last)
        || last == "." && endsWord(rest, isLast: isLast && after.allSatisfy(isClosing))
      {
        after.insert(String(rest.removeLast()), at: 0)
      } else {
        break
      }
    }
    let lower = rest.lowercased().replacing("’", with: "'")
    if let ending = endings.first(where: { lower.hasSuffix($0) && lower.count > $0.count }) {
      after.insert(String(rest.suffix(ending.count)), at: 0)
      rest.removeLast(ending.count)
    }
    return before + (rest.isEmpty ? [] : [String(rest)]) + after
  }

  private static func isClosing(_ word: String) -> Bool { word.allSatisfy(closing.contains) }

  /// Whether the point at the end of `word` stands by itself, and belongs to no abbreviation.
  private static func endsWord(_ word: Substring, isLast: Bool) -> Bool {
    if word.count == 2, word.first!.isUppercase { return isLast }
    return !word.dropLast().contains(".") && !abbreviations.contains(word.lowercased())
  }

  private static let abbreviations: Set<String> = [
    "mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "jr.", "sr.", "inc.", "ltd.", "co.", "corp.",
    "vs.",
    "etc.", "no.", "gen.", "gov.", "sen.", "rep.", "jan.", "feb.", "mar.", "apr.", "aug.", "sept.",
    "oct.", "nov.", "dec.",
  ]
}
