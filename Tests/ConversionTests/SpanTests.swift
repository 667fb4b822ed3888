import Conversion
import Corpora
import Foundation
import TestSupport
import Testing

/// Labels of spans in another scheme.
@Suite struct SpanTests {
  /// The labels of one sentence, converted.
  private func convert(_ labels: String, _ from: LabelScheme, _ to: LabelScheme) throws -> String {
    let file = labels.split(separator: " ").map { "w \($0)\n" }.joined()
    let data = try SpanLabels.convert(source(file), column: nil, from: from, to: to)
    return String(decoding: data, as: UTF8.self).split(separator: "\n")
      .map { String($0.dropFirst(2)) }.joined(separator: " ")
  }

  private let forms: [LabelScheme: String] = [
    .iob1: "I-A I-A B-A O I-B I-B I-B I-A",
    .iob2: "B-A I-A B-A O B-B I-B I-B B-A",
    .bioes: "B-A E-A S-A O B-B I-B E-B S-A",
    .bilou: "B-A L-A U-A O B-B I-B L-B U-A",
  ]

  @Test func everySchemeBecomesEveryOther() throws {
    for (from, labels) in forms {
      for (to, result) in forms { #expect(try convert(labels, from, to) == result) }
    }
  }

  @Test func allElseStaysAsItIs() throws {
    let file = "-DOCSTART- -X- O O\r\n\r\n  a  X B-A y\r\nb X\tI-A  y \r\n\n# c\nc X O y"
    let data = try SpanLabels.convert(source(file), column: 2, from: .iob2, to: .bioes)
    #expect(
      String(decoding: data, as: UTF8.self)
        == file.replacing("I-A", with: "E-A"))
    let tabs = "# x = y\na b\tB-A\tx\n\nc\tB-A\tx\n"
    let converted = try SpanLabels.convert(source(tabs), column: 1, from: .iob2, to: .bioes)
    #expect(String(decoding: converted, as: UTF8.self) == tabs.replacing("B-A", with: "S-A"))
  }

  @Test(
    arguments: [
      ("w O\nw I-A\n", LabelScheme.iob2, "x:2: labels: I-A after O: in iob2 a span starts with B-"),
      (
        "w B-A\n", .iob1,
        "x:1: labels: B-A after O: in iob1 B- stands only where spans of one type touch"
      ),
      ("w B-A\n\nw E-A\n", .bioes, "x:1: labels: B-A before O: in bioes a span goes on to E-"),
      ("w O\nw PER\n", .iob2, "x:2: labels: the label PER is not one of the scheme iob2"),
      ("w O x\nw O\n", .iob2, "x:2: expected 3 columns, found 2"),
      ("", .iob2, "x: holds no tokens"),
    ])
  func badLabels(file: String, scheme: LabelScheme, message: String) throws {
    let failure = failure {
      try SpanLabels.convert(source(file), column: nil, from: scheme, to: .bioes)
    }
    #expect(failure?.kind == .badData && failure?.message == message, "\(failure?.message ?? "")")
  }

  @Test func aColumnThatIsNotThere() {
    let failure = failure {
      try SpanLabels.convert(source("w O\n"), column: 2, from: .iob2, to: .bioes)
    }
    #expect(failure?.kind == .usage && failure?.message == "column 2: x has the columns 0 to 1")
  }
}
