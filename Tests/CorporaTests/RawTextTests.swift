import Basics
import Corpora
import Foundation
import Testing

/// Plain text as words.
@Suite struct RawTextTests {
  private func words(_ text: String) throws -> [String] {
    String(decoding: try RawText.columns(of: Data(text.utf8), named: "x"), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).dropLast(2)
      .map { $0.hasPrefix("_\t") ? String($0.dropFirst(2)) : String($0) }
  }

  /// By the rules of the Penn Treebank's tokenizer, but for quotes, which stay as they are.
  @Test(arguments: [
    ("The cat sat.", "The cat sat ."),
    ("Sue can't sing, I'm told; she'll dance!", "Sue ca n't sing , I 'm told ; she 'll dance !"),
    ("(\"No,\" they'd said.)", "( \" No , \" they 'd said . )"),
    (
      "Dr. J. Smith's U.S. firm paid $3.50 (1,000%).",
      "Dr. J. Smith 's U.S. firm paid $ 3.50 ( 1,000 % ) ."
    ),
    ("well-known e-mail a.m. and so on...", "well-known e-mail a.m. and so on ..."),
    ("It was I.", "It was I ."), ("in the U.S.", "in the U.S."),
    ("don’t “quote” me", "do n’t “ quote ” me"), ("n't 's .", "n't 's ."), ("#tag # 5", "#tag # 5"),
    ("-DOCSTART- x", "-DOCSTART- x"),
    ("'tis -- ?!", "' tis -- ? !"), ("a\tb\u{a0}c", "a b c"),
  ])
  func wordsAndPunctuation(text: String, expected: String) throws {
    #expect(try words(text) == expected.split(separator: " ").map(String.init))
  }

  /// A line of marks takes no more than its length.
  @Test func longRunsOfMarks() throws {
    for mark in ["!", ".", "(", "a.", "'", "..."] {
      let text = "a" + String(repeating: mark, count: 100_000)
      #expect(try words(text).joined() == text)
    }
  }

  @Test func everyLineIsASentence() throws {
    #expect(try words("A b.\r\n\n   \nC") == ["A", "b", ".", "", "C"])
    #expect(try RawText.columns(of: Data(), named: "x").isEmpty)
    #expect(throws: Failure.self) {
      try RawText.columns(of: Data([0x61, 10, 0xFF]), named: "x")
    }
  }

  /// Whatever there is stands in the words, in its order.
  @Test func nothingIsLost() throws {
    let alphabet = Array("ab'\"().,!?$%’n t.…\u{feff}é")
    var state: UInt64 = 7
    for _ in 0..<2000 {
      let text = String(
        (0..<12).map { _ in
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return alphabet[Int(state >> 33) % alphabet.count]
        })
      let kept = text.filter { !$0.isWhitespace && $0 != "\u{feff}" }
      #expect(try words(text).joined() == kept, "\(text)")
    }
  }
}
