import ArgumentParser
import Basics
import Foundation
import Masks
import Reports
import Runs

/// `tickets import`: masks of other programs.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a ticket of masks that another program has written.",
    discussion: """
      MASKS holds 0/1 or bool tensors of any names and shapes (safetensors), of any
      network: what torch.nn.utils.prune, open_lth or 'tickets export' make. 'weight_mask'
      becomes the mask of 'weight'; in the state of a pruned module what has no mask is
      left out. With --from-zeros the tensors are weights, those that are 0 count as pruned,
      and biases and others of one extent are left out unless --tensor names them.

      --origin names the weights that the masks apply to: names and shapes must fit, and
      'tickets overlap' then makes sure that tickets belong to the same.

      In PyTorch save_file of safetensors.torch writes a module's state_dict() so.

      Examples:
        tickets import ner.safetensors --task ner --out ner.ticket
        tickets import pruned.safetensors --task ner --from-zeros \\
            --tensor 'encoder.*' --origin initial.safetensors --out ner.ticket
        tickets overlap pos.ticket ner.ticket
      """)

  @Argument(help: "A safetensors file, - for standard input.", completion: .file()) var masks:
    String
  @Option(help: ArgumentHelp("Name of the task they were found on", valueName: "name"))
  var task: String
  @Option(help: ArgumentHelp("File for the ticket", valueName: "file"), completion: .file())
  var out: String
  @Option(
    help: ArgumentHelp("The weights that they apply to (safetensors)", valueName: "file"),
    completion: .file())
  var origin: String?
  @Flag(help: "The tensors are weights: those that are 0 are pruned.")
  var fromZeros = false
  @Option(
    help: ArgumentHelp(
      "A tensor to take, * for any text, repeatable (default: all that may be)", valueName: "name"))
  var tensor: [String] = []

  func validate() throws {
    guard !task.isEmpty else { throw ValidationError("--task: is empty; name the task") }
  }

  func run() throws {
    for (option, path) in [("masks", masks), ("origin", origin ?? "")]
    where URL(filePath: out).resolvingSymlinksInPath()
      == URL(filePath: path).resolvingSymlinksInPath()
    {
      throw Failure(
        .usage, setting: "out", value: out, "is the file of the \(option); name another")
    }
    try RunDirectory.requireWritable(out)
    var reading = MaskImport(task: task)
    (reading.tensors, reading.fromZeros, reading.origin) = (tensor, fromZeros, origin)
    try Files.writeResult(reading.ticket(from: Input.path(masks)).encoded(), to: out)
  }
}
