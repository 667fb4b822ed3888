import ArgumentParser
import Basics
import Figures
import Foundation
import Masks
import Reports
import Runs

/// `tickets overlap`: how far masks overlap.
struct OverlapCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "overlap",
    abstract: "Report how far tickets overlap: all together, pairs, tensors, gates, layers.",
    discussion: """
      The overlap ratio is the number of weights alive in all tickets over the number
      alive in any (Sun et al. 2020, equation 4). It is undefined, null in JSON, where
      no weight is alive. Of a run, the tickets its tasks keep are compared. Where tasks
      read different tensors, what a task does not read is dead in its ticket; its
      density is over what it reads.

      Beside each ratio stand that of random masks with the same number of weights in
      every tensor and how many standard deviations (z) the tickets' lies above it;
      under θ⁰ that of random masks that also keep as many weights of every size of θ⁰;
      and how much of the first ticket is in the second, and of the second in the
      first. 'magnitude of θ⁰' is a ticket's ratio with the mask that magnitude pruning
      of θ⁰ itself leaves. Of a run θ⁰ is known, of files --origin names it. Of a run
      that is still being pruned the tickets of the last finished rounds are compared.

      Examples:
        tickets overlap RUN
        tickets overlap pos.ticket ner.ticket --csv > overlap.csv
        tickets overlap RUN --svg overlap.svg
            the ratios of all pairs as a heat map
        tickets overlap a/ner.ticket b/ner.ticket --across-weights
            tickets of different initial weights, place by place
        tickets overlap pos.safetensors ner.safetensors
            masks of any network, as 'tickets import' reads them
      """)

  @Argument(help: "A run, or files of tickets or masks, - for standard input.", completion: .file())
  var inputs: [String]
  @OptionGroup var table: TableOptions
  @Option(
    help: ArgumentHelp("Draw the ratios of all pairs", valueName: "file"), completion: .file())
  var svg: String?
  @Option(
    help: ArgumentHelp(
      "The weights θ⁰ that ticket files belong to (safetensors)", valueName: "file"),
    completion: .file())
  var origin: String?
  @Flag(help: "Compare ticket files that belong to different weights.")
  var acrossWeights = false

  func validate() throws {
    if acrossWeights, origin != nil {
      throw ValidationError("--across-weights and --origin exclude each other")
    }
  }

  func run() throws {
    try svg.map(RunDirectory.requireWritable)
    let overlap: Overlap
    if Files.isFolder(inputs[0]) {
      guard inputs.count == 1 else {
        throw Failure(.usage, "\(inputs[0]): is a run; give one run, or ticket files only")
      }
      guard origin == nil, !acrossWeights else {
        throw Failure(
          .usage, setting: acrossWeights ? "across-weights" : "origin",
          "is for ticket files; the tickets of a run belong to its own θ⁰")
      }
      let run = try RunDirectory.open(inputs[0], forWork: false)
      let (found, notes) = try run.overlapSoFar()
      guard let found else {
        throw Failure(
          .missingInput,
          "\(run.path): no task has a ticket yet; run 'tickets prune \(run.path)' first")
      }
      for note in notes { Exit.complain("note: \(note)") }
      overlap = found
    } else {
      overlap = try Overlap(
        files: inputs.map(Input.path), origin: origin, sameOrigin: !acrossWeights)
    }
    if let svg { try Files.writeResult(Data(overlap.figure.svg.utf8), to: svg) }
    try table.write(
      json: jsonText(overlap), csv: overlap.csv.trimmed, text: overlap.table.trimmed)
  }
}
