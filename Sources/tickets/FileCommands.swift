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
      """)

  @OptionGroup var target: RunArgument
  @Argument(help: "A column file, file of texts or of vectors, - for standard input.")
  var file: String
  @Option(
    help: ArgumentHelp("Architecture (default: the first that is trained)", valueName: "name"))
  var sharing: String?
  @Option(help: ArgumentHelp("Task, repeatable (default: all)", valueName: "name"))
  var task: [String] = []
  @Option(help: ArgumentHelp("Column of the words (default: the run's)", valueName: "n"))
  var wordColumn: Int?
  @Option(
    help: ArgumentHelp(
      "Features of the file's tokens (safetensors), where the run's --token-features would not "
        + "find them", valueName: "file"))
  var tokenFeatures: String?
  @Option(help: ArgumentHelp("File for the result (default: standard output)", valueName: "file"))
  var out: String?
  @Option(
    help: ArgumentHelp(
      "File for the labels' scores, a tensor for each task (safetensors)", valueName: "file"))
  var logits: String?
  @OptionGroup var parallel: JobsOption

  func validate() throws {
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
      ? try Files.readStandardInput(limit: 1 << 32) : try Files.read(file, limit: 1 << 32)
    let prediction = try Prediction.predict(
      target.read(), sharing: sharing, tasks: task, data: data,
      path: isInput ? nil : file, tokenFeatures: tokenFeatures, wordColumn: wordColumn,
      wantsLogits: logits != nil, jobs: parallel.jobs)
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

  @Argument(help: "A .ticket or .safetensors file.") var file: String
  @OptionGroup var output: OutputOptions

  func run() throws {
    let inspection = try Inspection(file)
    try Output.write(output.json ? jsonText(inspection) : inspection.text)
  }
}
