import Basics
import Corpora
import Foundation
import Reports
import Scoring
import TestSupport
import Testing

/// `tickets predict`: the same lines with a column more for each task.
@Suite(.timeLimit(.minutes(10))) struct PredictTests {
  private let sample: Sample
  private let scratch: Scratch

  init() throws {
    sample = try Sample.shared.get()
    scratch = try Scratch()
  }

  @Test(arguments: ["sparse", "hard", "single"])
  func scoresOfThePredictedFileAreThoseOfEvaluate(sharing: String) throws {
    let out = scratch.path("out")
    let predicted = try tickets(
      ["predict", sample.run, "\(sample.folder)/test.conll", "--sharing", sharing, "--out", out])
    #expect(predicted.code == 0 && predicted.output == "" && predicted.errors == "")
    let copy = try sample.copy(to: scratch)
    let evaluated = try tickets(["evaluate", copy, "--sharing", sharing, "--json"])
    // JSONSerialization rounds the last digit of some numbers.
    let results = try #require(
      try JSONDecoder().decode(
        [String: [EvaluationReport.Result]].self, from: Data(evaluated.output.utf8))["results"])
    for (index, task) in Sample.tasks.enumerated() {
      let result = try #require(results.first { $0.sharing == sharing && $0.task == task })
      let (f1, accuracy) = try scores(of: out, gold: index + 1, predicted: index + 4)
      #expect(result.value == (task == "pos" ? accuracy : f1), "\(task)")
      #expect(result.accuracy == accuracy)
      #expect(result.metric == (task == "pos" ? "accuracy" : "f1"))
      if task != "ner" { #expect(result.value > 0.3 && result.value < 1) }
    }
  }

  @Test func linesWithoutTokensAreKept() throws {
    let lines = [
      "# a comment", "-DOCSTART- -X- O", "", "the\tx", "Man\ty", "", "", "#\tz",
      "# end",
    ]
    let outcomes = try ["\n", "\r\n"].map { ending in
      let text = lines.joined(separator: ending)
      return try tickets(
        ["predict", sample.run, "-", "--task", "pos", "--task", "ner"], input: text
      ).output.components(separatedBy: ending)
    }
    #expect(outcomes[0] == outcomes[1])
    let tags = Set(try labels(ofColumn: 1))
    let names = Set(try labels(ofColumn: 3) + ["O"])
    try #require(outcomes[0].count == lines.count)
    for (line, found) in zip(lines, outcomes[0]) {
      guard ["the\tx", "Man\ty", "#\tz"].contains(line) else {
        #expect(found == line)
        continue
      }
      let columns = found.components(separatedBy: "\t")
      #expect(columns.count == 4 && columns.prefix(2).joined(separator: "\t") == line)
      #expect(tags.contains(columns[2]) && names.contains(columns[3]))
    }
  }

  @Test func blankSeparatedColumnsStaySo() throws {
    let outcome = try tickets(
      ["predict", sample.run, "-", "--word-column", "1", "--task", "pos"],
      input: "# a\tb\n1 the\n2 Man\n")
    let rows = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(rows.count == 3 && rows[1].count == 3 && rows[2].count == 3)
    #expect(rows[1].prefix(2) == ["1", "the"])
  }

  @Test func standardInputIsReadLikeAFile() throws {
    let file = "\(sample.folder)/test.conll"
    let text = String(decoding: try Files.read(file), as: UTF8.self)
    let read = try tickets(["predict", sample.run, file])
    #expect(try tickets(["predict", sample.run, "-"], input: text).output == read.output)
    #expect(
      read.output.split(separator: "\n", omittingEmptySubsequences: false).count
        == text.split(separator: "\n", omittingEmptySubsequences: false).count)
  }

  @Test func compressedFilesArePlainOnes() throws {
    let file = "\(sample.folder)/test.conll"
    let packed = scratch.path("test.conll.gz")
    #expect(try shell("gzip -c '\(file)' > '\(packed)'").code == 0)
    let plain = try tickets(["predict", sample.run, file])
    #expect(try tickets(["predict", sample.run, packed]).output == plain.output)
    #expect(try tickets(["predict", sample.run, "-"], input: "").code == 65)
  }

  /// Its lines keep their ten columns: labels go where CoNLL-U has room for them.
  @Test func universalDependenciesStayValid() throws {
    let rest = "_\t_\t_\t_\t_\t_\t_"
    let text = """
      # sent_id = 1
      1-2\tThe man\t\(rest)\t_
      1\tThe\t\(rest)\t_
      2\tman\t\(rest)\tSpaceAfter=No|pos=OLD
      2.1\tx\t\(rest)\t_

      1\tMan\t\(rest)\t_


      """
    let predicted = try tickets(
      ["predict", sample.run, "-", "--task", "pos", "--task", "ner"], input: text)
    #expect(predicted.code == 0 && predicted.errors == "", "\(predicted.errors)")
    // As columns of the same words say.
    let columns = try tickets(
      ["predict", sample.run, "-", "--task", "pos", "--task", "ner"], input: "The\nman\n\nMan\n")
    let labels = columns.output.split(separator: "\n").map { $0.split(separator: "\t") }
    let misc = labels.map { "pos=\($0[1])|ner=\($0[2])" }
    let lines = text.components(separatedBy: "\n")
    let found = predicted.output.components(separatedBy: "\n")
    try #require(found.count == lines.count)
    #expect(found[2] == "1\tThe\t\(rest)\t\(misc[0])")
    #expect(found[3] == "2\tman\t\(rest)\tSpaceAfter=No|\(misc[1])")
    #expect(found[6] == "1\tMan\t\(rest)\t\(misc[2])")
    for place in [0, 1, 4, 5, 7, 8] { #expect(found[place] == lines[place]) }
  }

  @Test func plainTextAsLinesAndObjects() throws {
    let text = "The man's here.\n#Man\n"
    let raw = try tickets(["predict", sample.run, "-", "--raw", "--task", "pos"], input: text)
    let rows = raw.output.components(separatedBy: "\n").map { $0.components(separatedBy: "\t") }
    #expect(raw.code == 0 && raw.errors == "", "\(raw.errors)")
    #expect(rows.map { $0[0] } == ["The", "man", "'s", "here", ".", "", "#Man", "", ""])
    let tags = Set(try labels(ofColumn: 1))
    #expect(rows.filter { $0.count == 2 }.allSatisfy { tags.contains($0[1]) })

    let lines = try tickets(
      ["predict", sample.run, "-", "--raw", "--jsonl", "--top", "2", "--task", "pos"], input: text
    ).output.split(separator: "\n").map {
      try #require(
        try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(lines.count == 2)
    #expect(lines[0]["tokens"] as? [String] == ["The", "man", "'s", "here", "."])
    let own = try #require(lines[0]["pos"] as? [String])
    #expect(own == rows[..<5].map { $0[1] })
    let all = try #require(lines[0]["probabilities"] as? [String: [[[String: Any]]]])["pos"]!
    #expect(all.map { $0[0]["label"] as? String } == own)
    for labels in all {
      let shares = labels.compactMap { $0["probability"] as? Double }
      #expect(
        shares.count == 2 && shares[0] >= shares[1] && shares[1] > 0 && shares.reduce(0, +) < 1)
    }
    let every =
      try tickets(
        ["predict", sample.run, "-", "--raw", "--jsonl", "--probabilities", "--task", "pos"],
        input: "Man\n"
      ).json()["probabilities"] as? [String: [[[String: Any]]]]
    let shares = every!["pos"]![0].compactMap { $0["probability"] as? Double }
    #expect(shares.count == tags.count && abs(shares.reduce(0, +) - 1) < 1e-5)
  }

  @Test func textForColumnsIsHintedAt() throws {
    let line = try tickets(["predict", sample.run, "-"], input: "The man is here\n")
    #expect(line.code == 0 && line.errors.contains("if this is plain text, give --raw"))
    let lines = try tickets(["predict", sample.run, "-"], input: "The man is here\nHere I am\n")
    #expect(lines.code == 65 && lines.errors.contains("if this is plain text, give --raw"))
    for option in [["--top", "2"], ["--probabilities"], ["--raw", "--word-column", "1"]] {
      #expect(try tickets(["predict", sample.run, "-"] + option, input: "a\n").code == 64)
    }
  }

  @Test func logitsHaveARowForEachToken() throws {
    let path = scratch.path("logits.safetensors")
    let outcome = try tickets(
      ["predict", sample.run, "\(sample.folder)/test.conll", "--logits", path])
    let file = try SafeTensors(contentsOf: path)
    let rows = outcome.output.split(separator: "\n").filter { !$0.hasPrefix("#") }
      .map { $0.split(separator: "\t") }
    #expect(file.tensors.map(\.name) == Sample.tasks)
    let tags = try labels(ofColumn: 1)
    #expect(file.entry("pos")?.shape == [rows.count, tags.count])
    #expect(file.tensors.allSatisfy { $0.shape.count == 2 && $0.shape[0] == rows.count })
    // A softmax head's prediction is the label with the largest score.
    let scores = try file.floats("pos")
    var winners: [Int: Set<Substring>] = [:]
    for (row, columns) in rows.enumerated() {
      let own = scores[row * tags.count..<(row + 1) * tags.count]
      winners[try #require(own.indices.max { own[$0] < own[$1] }) - own.startIndex, default: []]
        .insert(columns[4])
    }
    #expect(winners.count > 3 && winners.values.allSatisfy { $0.count == 1 })
  }

  /// What is there already and is no file must not be replaced.
  @Test(arguments: ["predict", "export"]) func devicesAreWrittenToNotReplaced(
    command: String
  ) throws {
    // Through a link, so that a tool that replaces it cannot harm the machine.
    let full = scratch.path("full")
    try FileManager.default.createSymbolicLink(atPath: full, withDestinationPath: "/dev/full")
    let input =
      command == "predict"
      ? [sample.run, "\(sample.folder)/test.conll"] : [sample.run + "/tickets/ner/ticket.ticket"]
    let outcome = try tickets([command] + input + ["--out", full])
    #expect(outcome.code == 74)
    #expect(
      outcome.errors == "tickets: \(full): writing broke off (No space left on device);"
        + " nothing was replaced\n")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: full) == "/dev/full")
  }

  /// The scores of column `predicted` of the file at `path` against column `gold`, computed from
  /// the file alone.
  private func scores(
    of path: String, gold: Int, predicted: Int
  ) throws -> (f1: Double, accuracy: Double) {
    let corpus = try Corpus(
      files: [path],
      format: ColumnFormat(
        wordColumn: 0,
        tasks: [
          TaskSource(name: "gold", source: .column(gold)),
          TaskSource(name: "predicted", source: .column(predicted)),
        ]))
    var spans = SpanScore()
    var accuracy = Accuracy()
    let columns = corpus.tasks
    let readers = columns.map { SpanReader(labels: $0.table.strings) }
    for sentence in 0..<corpus.sentenceCount {
      let range = corpus.range(ofSentence: sentence)
      spans.add(
        gold: readers[0].spans(of: columns[0].labels[range]),
        predicted: readers[1].spans(of: columns[1].labels[range]))
      for token in range {
        let labels = columns.map { $0.table[$0.labels[token]] }
        accuracy.add(isCorrect: labels[0] == labels[1])
      }
    }
    return (spans.overall.f1, accuracy.value)
  }

  private func labels(ofColumn column: Int) throws -> [String] {
    try Corpus(
      files: ["\(sample.folder)/train.conll"],
      format: ColumnFormat(
        wordColumn: 0, tasks: [TaskSource(name: "x", source: .column(column))])
    ).tasks[0].table.strings
  }
}
