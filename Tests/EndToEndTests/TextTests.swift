import Basics
import Foundation
import TestSupport
import Testing

/// Text classification as a user meets it.
@Suite(.timeLimit(.minutes(10))) struct TextTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// Texts in which one of two words gives the label away, in two domains.
  private func writeTexts() throws {
    var stream = RandomStream(seed: 4, "texts")
    for (domain, words) in [("food", ["tasty", "stale"]), ("film", ["gripping", "dull"])] {
      for (split, count) in [("train", 64), ("test", 24)] {
        let lines = (0..<count).map { _ -> String in
          let label = stream.below(2)
          var text = (0..<4 + stream.below(6)).map { _ in "w\(stream.below(20))" }
          text.insert(words[label], at: stream.below(text.count + 1))
          return "\(label == 0 ? "good" : "bad")\t\(text.joined(separator: " "))"
        }
        try scratch.file("\(domain).\(split).tsv", lines.joined(separator: "\n") + "\n")
      }
    }
  }

  private let data = Sample.words(
    "--train {task}.train.tsv --test {task}.test.tsv --tasks food,film --hold-out 0.25")
  private let size = Sample.words(
    "--layers 1 --hidden 8 --word-dim 8 --char-filters 0 --optimizer adam --lr 0.03 --dropout 0.1"
      + " --batch 8 --warmup-epochs 2 --rounds 1 --round-epochs 2 --density 0.5 --epochs 6"
      + " --sharing sparse,hard,single,sluice --quiet")

  @Test func fromFilesToScoresAndLabels() throws {
    try writeTexts()
    let made = try tickets(["run", "--out", "run"] + data + size, in: scratch.path)
    try #require(made.code == 0, "\(made.errors)")
    #expect(made.output.contains("naive-bayes") && !made.output.contains("most-frequent-tag"))
    let evaluated = try tickets(["evaluate", "run", "--json"], in: scratch.path)
    let results = try #require(try evaluated.json()["results"] as? [[String: Any]])
    for sharing in ["sparse", "hard", "single", "sluice"] {
      let own = results.filter { $0["sharing"] as? String == sharing }
      #expect(own.count == 2 && own.allSatisfy { $0["metric"] as? String == "accuracy" })
      #expect(own.allSatisfy { $0["value"] as! Double > 0.8 && $0["macro_f1"] as! Double > 0.8 })
      #expect(own.allSatisfy { $0["known_accuracy"] == nil })
    }
    // Labels stand behind the columns that were there; texts need no label.
    let plain = "it was tasty\n\nstale w3 w4\n"
    let predicted = try tickets(
      ["predict", "run", "-", "--task", "food", "--sharing", "hard"], in: scratch.path,
      input: plain)
    #expect(predicted.output == "it was tasty\tgood\n\nstale w3 w4\tbad\n")
    let file = try tickets(["predict", "run", "film.test.tsv"], in: scratch.path)
    let over = try tickets(
      ["predict", "run", "film.test.tsv", "--out", "./film.test.tsv"], in: scratch.path)
    #expect(over.code == 64 && over.errors.contains("is the file to label"))
    let checked = try tickets(
      ["data", "check", "--train", "{task}.train.tsv", "--tasks", "food,film"], in: scratch.path)
    #expect(checked.code == 0, "\(checked.errors)")
    let rows = file.output.split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(rows.count == 24 && rows.allSatisfy { $0.count == 4 })
    #expect(rows.count { $0[0] == $0[3] } > 19)
    let overlap = try tickets(["overlap", "run"], in: scratch.path)
    #expect(overlap.code == 0 && overlap.output.contains("food, film"))
    // The same again does nothing and says the same.
    let again = try tickets(["run", "--out", "run"] + data + size, in: scratch.path)
    #expect(again.code == 0)
    let rescored = try tickets(["evaluate", "run", "--json"], in: scratch.path)
    #expect(rescored.output == evaluated.output)
  }

  /// Where columns are given by name, the first line of a file to be labelled holds names too, with
  /// or without labels; texts alone have none.
  @Test func namedColumns() throws {
    try writeTexts()
    let rows = try scratch.text("food.train.tsv").split(separator: "\n")
    try scratch.file("named.tsv", (["tone\ttext"] + rows).joined(separator: "\n") + "\n")
    let made = try tickets(
      ["run", "--out", "run", "--train", "named.tsv"]
        + Sample.words("--tasks food=text:tone --text-column text --hold-out 0.25")
        + size.dropLast(3)
        + ["--sharing", "hard", "--quiet"], in: scratch.path)
    try #require(made.code == 0, "\(made.errors)")
    func predict(_ input: String) throws -> String {
      let outcome = try tickets(["predict", "run", "-"], in: scratch.path, input: input)
      #expect(outcome.code == 0, "\(outcome.errors)")
      return outcome.output
    }
    #expect(
      try predict("tone\ttext\ngood\tso tasty w1\nbad\tstale w2\n")
        == "tone\ttext\tfood\ngood\tso tasty w1\tgood\nbad\tstale w2\tbad\n")
    #expect(
      try predict("number\ttext\n1\tso tasty w1\n")
        == "number\ttext\tfood\n1\tso tasty w1\tgood\n")
    #expect(try predict("so tasty w1\nstale w2\n") == "so tasty w1\tgood\nstale w2\tbad\n")
  }

  /// A vocabulary that says something else of a task than the data is refused, not believed.
  @Test func damagedVocabulary() throws {
    try writeTexts()
    let made = try tickets(
      ["run", "--out", "run"] + data + size.dropLast(3) + ["--sharing", "hard", "--quiet"],
      in: scratch.path)
    try #require(made.code == 0, "\(made.errors)")
    let text = try scratch.unsealed("run/vocabulary.json")
    try scratch.file(
      "run/vocabulary.json", text.replacing("\"level\":\"text\",", with: ""))
    let outcome = try tickets(["evaluate", "run"], in: scratch.path)
    #expect(outcome.code == 65 && outcome.errors.contains("vocabulary.json"), "\(outcome.errors)")
  }

  /// Texts that are cut are counted for every split.
  @Test func cutTextsAreSaid() throws {
    try writeTexts()
    let made = try tickets(
      ["run", "--out", "run", "--max-tokens", "5"] + data + size.dropLast(3)
        + ["--sharing", "hard"], in: scratch.path)
    try #require(made.code == 0, "\(made.errors)")
    for split in ["train", "dev", "test"] {
      let count = split == "train" ? 48 : split == "dev" ? 16 : 24
      let said = (made.errors + made.output).contains(" of \(count) \(split) texts were cut")
      #expect(said, "\(split)")
    }
  }

  /// A task of sentences beside tasks of tokens, from the built-in corpus's comments.
  @Test func sentencesBesideTokens() throws {
    let options = Sample.words(
      "run --out run --tasks pos=1,form=comment:form --train-sentences 80 --layers 1 --hidden 8"
        + " --word-dim 8 --char-filters 4 --char-dim 4 --warmup-epochs 1 --rounds 1"
        + " --round-epochs 1 --density 0.5 --epochs 1 --sharing sparse,hierarchical --head crf"
        + " --quiet")
    let made = try tickets(options, in: scratch.path)
    try #require(made.code == 0, "\(made.errors)")
    let lines = made.output.split(separator: "\n").map { $0.split(separator: " ") }
    // A baseline of tokens has no score for texts, and no mean.
    let tags = try #require(lines.first { $0.first == "most-frequent-tag" })
    #expect(tags.count == 5 && tags[2] == "-" && tags[3] == "-")
    let bayes = try #require(lines.first { $0.first == "naive-bayes" })
    #expect(bayes[1] == "-" && bayes[2] != "-")
    let predicted = try tickets(
      ["predict", "run", "-"], in: scratch.path, input: "The\nend\n.\n\nNo\n")
    let rows = predicted.output.split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(rows.count == 4 && rows.allSatisfy { $0.count == 3 })
    let forms = rows.map { $0[2] }
    #expect(Set(forms[0..<3]).count == 1)
    #expect(forms.allSatisfy { ["simple", "compound", "complex"].contains($0) })
  }

  @Test func comparesOverSeeds() throws {
    try writeTexts()
    let options = Sample.words("--sharing hard,single --seeds 2 --epochs 2 --warmup-epochs 0")
    let outcome = try tickets(
      ["compare", "--out", "dir", "--json"] + data + size.dropLast(3) + options, in: scratch.path)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let results = try #require(try outcome.json()["results"] as? [[String: Any]])
    let single = results.filter { $0["sharing"] as? String == "single" }
    #expect(single.count == 3 && single.count { $0["p"] is Double } == 2)
    let cost = try #require(try outcome.json()["cost"] as? [[String: Any]])
    // A single task's step does the same work as hard sharing's, whatever ran beside.
    #expect(cost.allSatisfy { abs($0["relative_cost"] as! Double - 1) < 0.5 })
  }

  struct Bad: CustomTestStringConvertible {
    let name: String, content: String, message: String
    var options = ""
    var testDescription: String { message }
  }

  static let bad = [
    Bad(name: "a.tsv", content: "x\ta b\ny\t \n", message: "a.tsv:2: the text is empty"),
    Bad(name: "a.tsv", content: "x\ta b\n\ta b\n", message: "a.tsv:2: the label is empty"),
    Bad(name: "a.tsv", content: "x\ta b\nno label\n", message: "a.tsv:2: there is no tab"),
    Bad(name: "a.tsv", content: "x\ta\ny\tb\tc\n", message: "a.tsv:2: expected 2 fields, found 3"),
    Bad(
      name: "a.csv", content: "label,text\nx,\"a\nb", message: "a.csv:2: the quote that opens"),
    Bad(name: "a.csv", content: "tone,text\nx,a\n", message: "has no such column, but tone, text"),
    Bad(
      name: "a.txt", content: "__label__x a\n__label__x __label__y b\n",
      message: "a.txt:2: the text has 2 labels"),
    Bad(
      name: "a.tsv", content: "x\ta b c d\ny\td e f g\n", message: "looks like texts",
      options: "--tasks tone=0 --word-column 1"),
    Bad(
      name: "a.tsv",
      content: "x\ta\ny\t" + String(repeating: "b ", count: 1 << 16) + "b\n",
      message: "a.tsv:2: the text has more than 65536 tokens; max-tokens says"),
    Bad(name: "a.tsv", content: "x\t\u{0}\n", message: "a.tsv:1: the text holds a NUL"),
  ]

  @Test(arguments: bad) func brokenFilesAreNamedWithTheirLine(bad: Bad) throws {
    try scratch.file(bad.name, bad.content)
    let options = Sample.words(bad.options.isEmpty ? "--tasks tone" : bad.options)
    for command in [["data", "check"], ["run", "--out", "run"]] {
      let outcome = try tickets(
        command + ["--train", bad.name, "--dev", bad.name] + options, in: scratch.path)
      #expect([64, 65].contains(outcome.code), "\(outcome.code)")
      let all = outcome.output + outcome.errors
      #expect(all.contains(bad.message), "\(all)")
    }
    #expect(!FileManager.default.fileExists(atPath: scratch.path("run/vocabulary.json")))
  }
}
