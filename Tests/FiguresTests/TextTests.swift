import Figures
import Testing

@Suite struct TextTests {
  @Test func numbersHaveFixedDigits() {
    #expect(fixed(1.005, 1) == "1.0" && fixed(-0.26, 1) == "-0.3" && fixed(2, 0) == "2")
    #expect(percent(0.98765) == "98.77")
  }

  @Test func tablesAlignNumbersToTheRight() {
    let rows = [["task", "F1", "note"], ["ner", "9.5", ""], ["chunk", "10.25", "x"]]
    #expect(
      table(rows) == """
        task      F1  note
        ner      9.5
        chunk  10.25     x
        """)
    #expect(table([["", "a"], ["bc", "d"]]) == "    a\nbc  d")
    #expect(table([]) == "")
  }

  @Test func listsAlignValuesToTheLeft() {
    #expect(list([("kind", "ticket"), ("by", "size")]) == "kind  ticket\nby    size")
  }

  @Test func fieldsOfCSVAreQuotedWhereTheyMustBe() {
    #expect(
      csvText([["a", "b,c"], ["d \"e\"", "f\ng"]]) == "a,\"b,c\"\n\"d \"\"e\"\"\",\"f\ng\"")
    #expect(
      csvText([["a\r\n", ",\u{301}"], ["", " "]], lineBreak: "\r\n")
        == "\"a\r\n\",\",\u{301}\"\r\n, ")
  }

  @Test func jsonIsSortedAndKeepsSlashes() throws {
    #expect(try jsonText(["b": "x/y", "a": "z"]) == "{\n  \"a\" : \"z\",\n  \"b\" : \"x/y\"\n}")
  }
}
