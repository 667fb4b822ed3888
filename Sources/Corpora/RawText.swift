import Basics
import Foundation

/// Plain text as words and sentences, so that networks over columns can read it.
///
/// A line that is not blank is a sentence. Words are what white space separates, after the manner of the
/// Penn Treebank: opening and closing punctuation stands alone, as do `n't`, `'s`, `'re`, `'ve`, `'ll`,
/// `'d` and `'m`; points stay with abbreviations and initials (`U.S.`, `J.`), and what stands within
/// a word stays there (`3.5`, `well-known`, `1,000`).
package enum RawText {
  /// The text as a column file: words in column 1, a blank line after every sentence. What stands before
  /// keeps a word from being a comment or the mark of a document.
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
      result.append(Data((words.map { "_\t" + $0 + "\n" }.joined() + "\n").utf8))
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
    if part.count < 4, endings.contains(part.lowercased()) { return [String(part)] }
    var (before, rest, after) = ([String](), part, [String]())
    // Whether only closing marks stand behind what is left.
    var isAtEnd = isLast
    func isLong(_ text: Substring) -> Bool { !text.dropFirst().isEmpty }
    while isLong(rest), let first = rest.first, opening.contains(first) {
      before.append(String(rest.removeFirst()))
    }
    while isLong(rest), let last = rest.last {
      if rest.hasSuffix("...") {
        rest.removeLast(3)
        after.append("...")
        isAtEnd = false
      } else if closing.contains(last) || last == "." && endsWord(rest, isLast: isAtEnd) {
        if last == "." { isAtEnd = false }
        after.append(String(rest.removeLast()))
      } else {
        break
      }
    }
    // Words are not longer than that, and comparing long ones takes its time.
    let lower = rest.count > 64 ? "" : rest.lowercased().replacing("’", with: "'")
    if let ending = endings.first(where: { lower.hasSuffix($0) && lower.count > $0.count }) {
      after.append(String(rest.suffix(ending.count)))
      rest.removeLast(ending.count)
    }
    return before + (rest.isEmpty ? [] : [String(rest)]) + after.reversed()
  }

  /// Whether the point at the end of `word` stands by itself, and belongs to no abbreviation.
  private static func endsWord(_ word: Substring, isLast: Bool) -> Bool {
    if word.dropFirst(2).isEmpty, word.first!.isUppercase { return isLast }
    // Of many points in a row each would look at all before it.
    return !word.dropLast().suffix(64).contains(".")
      && !(word.dropFirst(8).isEmpty && abbreviations.contains(word.lowercased()))
  }

  private static let abbreviations: Set<String> = [
    "mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "jr.", "sr.", "inc.", "ltd.", "co.", "corp.",
    "vs.",
    "etc.", "no.", "gen.", "gov.", "sen.", "rep.", "jan.", "feb.", "mar.", "apr.", "aug.", "sept.",
    "oct.", "nov.", "dec.",
  ]
}
