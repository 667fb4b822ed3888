import ArgumentParser
import Basics
import Figures
import Foundation
import Reports
import Runs

/// `tickets predict`: labels for new text.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Label a file: the same lines with a predicted column for each task.",
    discussion: """
      Examples:
        tickets predict RUN test.conll --task ner --out test.pred
        tickets predict RUN - --sharing hard < words.txt
            one word a line from standard input
        tickets predict RUN - --task books < texts.txt
            a task of texts: one text a line, or a file as it was trained on
        tickets predict RUN new.safetensors
            tasks over feature vectors: a line a vector, a column a task
        echo "Sue can't sing." | tickets predict RUN - --raw
            plain text, a sentence a line: Sue, ca, n't, sing, .
        tickets predict RUN new.conllu --jsonl --top 3
            an object a sentence, with the three most probable labels

      Files may be compressed by gzip or zstd. CoNLL-U stays CoNLL-U: labels stand in MISC
      as task=label, those of sentences in comments. Plain text is split as in the
      Penn Treebank: at white space, before and behind punctuation, and before n't, 's,
      're, 've, 'll, 'd and 'm. The probabilities are those of single labels as the network
      tells them apart, spans in the scheme that it was trained in.
      """)

  @OptionGroup var target: RunArgument
  @Argument(
    help: "A column file, file of texts or of vectors, - for standard input.", completion: .file())
  var file: String
  @Option(
    help: ArgumentHelp("Architecture (default: the first that is trained)", valueName: "name"))
  var sharing: String?
  @Option(help: ArgumentHelp("Task, repeatable (default: all)", valueName: "name"))
  var task: [String] = []
  @Option(help: ArgumentHelp("Column of the words (default: the run's)", valueName: "n"))
  var wordColumn: Int?
  @Flag(help: "The file is plain text, a sentence a line.")
  var raw = false
  @Flag(help: "Write JSON Lines: an object a sentence, text or vector.")
  var jsonl = false
  @Option(
    help: ArgumentHelp(
      "With --jsonl, the n most probable labels and their probabilities", valueName: "n"))
  var top: Int?
  @Flag(help: "The same with all labels.")
  var probabilities = false
  @Option(
    help: ArgumentHelp(
      "Features of the file's tokens (safetensors), where the run's --token-features would not "
        + "find them", valueName: "file"), completion: .file())
  var tokenFeatures: String?
  @Option(
    help: ArgumentHelp("File for the result (default: standard output)", valueName: "file"),
    completion: .file())
  var out: String?
  @Option(
    help: ArgumentHelp(
      "File for the labels' scores, a tensor for each task (safetensors)", valueName: "file"),
    completion: .file())
  var logits: String?
  @OptionGroup var parallel: JobsOption

  func validate() throws {
    guard jsonl || top == nil && !probabilities else {
      throw ValidationError("--\(probabilities ? "probabilities" : "top"): needs --jsonl")
    }
    guard top == nil || !probabilities else {
      throw ValidationError("--top and --probabilities exclude each other")
    }
    if let top, top < 1 { throw ValidationError("--top \(top): must be at least 1") }
    guard !raw || wordColumn == nil else {
      throw ValidationError("--word-column: plain text (--raw) has no columns")
    }
    let input = URL(filePath: file).resolvingSymlinksInPath().path
    for (option, path) in [("out", out), ("logits", logits)] {
      if let path, URL(filePath: path).resolvingSymlinksInPath().path == input {
        throw ValidationError("--\(option) \(path): is the file to label; name another")
      }
    }
    if let out, let logits,
      URL(filePath: out).resolvingSymlinksInPath()
        == URL(filePath: logits).resolvingSymlinksInPath()
    {
      throw ValidationError("--logits \(logits): is what --out names; name another")
    }
  }

  func run() throws {
    try [out, logits].compactMap(\.self).forEach(RunDirectory.requireWritable)
    let isInput = file == "-"
    let data =
      isInput
      ? try Files.plain(
        Files.readStandardInput(limit: 1 << 32), named: "standard input", limit: 1 << 32)
      : try Files.readPlain(file, limit: 1 << 32)
    var form = Prediction.Form()
    (form.wordColumn, form.isRaw, form.isJSON) = (wordColumn, raw, jsonl)
    form.top = probabilities ? .max : top ?? 0
    let prediction = try Prediction.predict(
      target.read(), sharing: sharing, tasks: task, data: data,
      path: isInput ? nil : file, tokenFeatures: tokenFeatures, form: form,
      wantsLogits: logits != nil, jobs: parallel.jobs)
    if let hint = prediction.hint { Exit.complain("note: " + hint) }
    if let logits { try prediction.writeLogits(to: logits) }
    if let out {
      try Files.writeResult(prediction.text, to: out)
    } else {
      try Output.write(data: prediction.text)
    }
  }
}

/// `tickets inspect`: what is in a file.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what a ticket or a weights file (safetensors) holds.",
    discussion: """
      Of a ticket, 'belongs to' is the SHA-256 of the weights it was pruned from:
      RUN/theta0.safetensors.

      Example:
        tickets inspect RUN/tickets/ner/ticket.ticket --json
      """)

  @Argument(
    help: "A .ticket or .safetensors file, - for standard input.", completion: .file()) var file:
    String
  @OptionGroup var output: OutputOptions

  func run() throws {
    let inspection = try Inspection(Input.path(file))
    try Output.write(output.json ? jsonText(inspection) : inspection.text)
  }
}
