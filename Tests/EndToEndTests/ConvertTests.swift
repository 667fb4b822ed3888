import Foundation
import TestSupport
import Testing

/// `tickets data convert` as it is called; what the converters do is tested in `ConversionTests`.
@Suite struct ConvertTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    try scratch.file("a.ptb", "(S (NP (NN tea)) (VP (VBZ helps)))\n")
  }

  private func convert(_ line: String, input: String? = nil) throws -> Outcome {
    try tickets(
      ["data", "convert"] + line.split(separator: " ").map(String.init), in: scratch.path,
      input: input)
  }

  @Test func resultsGoToAFileOrToStandardOutput() throws {
    let columns = "tea\tNN\tB-NP\nhelps\tVBZ\tB-VP\n\n"
    #expect(try convert("trees a.ptb").output == columns)
    let file = try convert("trees a.ptb --out a.conll")
    #expect(file.code == 0 && file.output == "" && file.errors == "")
    #expect(try scratch.text("a.conll") == columns)
    let pipe = try convert("spans - --from bio --to bioes", input: columns)
    #expect(pipe.output == columns.replacing("B-", with: "S-"))
    let check = try tickets(
      ["data", "check", "--train", "a.conll", "--tasks", "pos=1,chunk=2"], in: scratch.path)
    #expect(check.code == 0, "\(check.errors)")
  }

  /// A result that cannot be made leaves what is there, and is never what is read.
  @Test func whatGoesWrongWritesNothing() throws {
    try scratch.file("out", "old")
    try scratch.file("bad.ptb", "(S (NN tea))\n(S (NN milk)\n")
    let bad = try convert("trees a.ptb bad.ptb --out out")
    #expect(bad.code == 65)
    #expect(bad.errors == "tickets: bad.ptb:2: the tree that begins here is not closed\n")
    #expect(try scratch.text("out") == "old")
    let same = try convert("trees a.ptb --out ./a.ptb")
    #expect(same.code == 64)
    #expect(same.errors == "tickets: --out ./a.ptb: is a file to convert; name another\n")
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()
    #expect(names == ["a.ptb", "bad.ptb", "out"])
    let input = try convert("trees -", input: "(S (NN tea)")
    #expect(input.errors == "tickets: standard input:1: the tree that begins here is not closed\n")
  }

  @Test func wrongColumnsAreAnError() throws {
    let outcome = try convert("conllu - --columns form,upso", input: "")
    #expect(outcome.code == 64)
    #expect(outcome.errors.hasPrefix("tickets: --columns upso: must be one of form, lemma, upos, "))
    let number = try convert("spans a.ptb --from bio --to iob1 --column 9")
    #expect(number.code == 64)
    #expect(number.errors.hasPrefix("tickets: --column 9: a.ptb has the columns 0 to "))
  }

  @Test func datasetsOfMaChAmpBecomeARecipe() throws {
    try scratch.file(
      "sets.json",
      """
      {"UD": {"train_data_path": "a.train", "dev_data_path": "a.dev", "word_idx": 1, "enc": 1,
        "tasks": {"pos": {"task_type": "seq", "column_idx": 3, "metric": "accuracy"}}}}
      """)
    let outcome = try convert("machamp sets.json --out recipe.yaml")
    #expect(outcome.code == 0)
    #expect(
      outcome.errors == """
        tickets: warning: sets.json:1: UD: enc means nothing here and is left out
        tickets: warning: sets.json:1: UD: tasks.pos: metric means nothing here and is left out

        """)
    let recipe = try tickets(
      ["recipe", "--recipe", "recipe.yaml", "--json"], in: scratch.path)
    let object = try recipe.json()
    #expect(object["train"] as? [String] == [scratch.path("a.train")])
    #expect(object["tasks"] as? String == "pos=3:plain")
  }
}
