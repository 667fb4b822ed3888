import ArgumentParser
import Basics
import Comparisons
import Figures
import Foundation
import Masks
import Reports
import Runs

/// `tickets export`: what other programs read.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a ticket's masks for PyTorch, or a run's numbers for TensorBoard.",
    discussion: """
      Of a ticket, --out writes the masks as 0/1 tensors under PyTorch's parameter
      names (safetensors). 1 means that the weight is alive. Biases, embeddings and
      heads are never pruned and have no mask. A weight is a byte there, a fraction of a
      bit in a ticket: more than 256 MB are written with --yes only.

      Of a run or a comparison, --tensorboard writes every epoch's numbers as event
      files: a folder a stage and task, a step an epoch, counted on from round to
      round. The run may be at work. The folder must have no event files yet. Commands
      that train take --tensorboard too and write the same as they go.

      Examples:
        tickets export RUN/tickets/ner/ticket.ticket --out ner.safetensors
        tickets export RUN --tensorboard board/RUN
        tensorboard --logdir board
      """)

  @Argument(help: "A ticket file, a run or a comparison.", completion: .file()) var source: String
  @Option(help: ArgumentHelp("File for a ticket's masks", valueName: "file"), completion: .file())
  var out: String?
  @Option(
    help: ArgumentHelp("Folder for a run's event files", valueName: "dir"), completion: .directory)
  var tensorboard: String?

  @Flag(help: "Write masks of more than 256 MB.") var yes = false

  func validate() throws {
    if (out == nil) == (tensorboard == nil) {
      throw ValidationError("give --out for a ticket's masks, or --tensorboard for a run's numbers")
    }
  }

  func run() throws {
    if let out {
      guard
        URL(filePath: out).resolvingSymlinksInPath()
          != URL(filePath: source).resolvingSymlinksInPath()
      else { throw Failure(.usage, "--out \(out): is the ticket itself; name another") }
      try RunDirectory.requireWritable(out)
      let ticket = try Ticket(contentsOf: source)
      guard yes || ticket.exportedSize <= 256 << 20 else {
        throw Failure(
          .usage,
          "--out \(out): the masks would take \(sizeText(ticket.exportedSize)); give --yes to write "
            + "them all the same")
      }
      try ticket.export(to: out)
    }
    guard let tensorboard else { return }
    let runs =
      try Comparison.metrics(in: source)
      ?? ["": MetricsLog.read(RunDirectory.open(source, forWork: false).metrics)]
    try TensorBoardLog.export(runs, of: source, to: tensorboard)
  }
}
