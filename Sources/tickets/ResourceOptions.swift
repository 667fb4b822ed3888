import ArgumentParser
import Basics
import Foundation
import Runs

/// How much is done at once.
struct JobsOption: ParsableArguments {
  @Option(
    help: ArgumentHelp("Cores to use: for tasks side by side, or for one training", valueName: "n"))
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard (1...1024).contains(jobs) else {
      throw ValidationError("--jobs \(jobs): must be a whole number from 1 to 1024")
    }
  }
}

/// Options that say what a stage may use: they change no result and are not recorded.
struct ResourceOptions: ParsableArguments {
  @OptionGroup var parallel: JobsOption

  @Option(help: ArgumentHelp("Seconds between checkpoints", valueName: "x"))
  var checkpointSeconds = 10.0

  @Flag(help: "Show no progress.")
  var quiet = false

  @Option(
    help: ArgumentHelp("Write every epoch's numbers for TensorBoard below it", valueName: "dir"),
    completion: .directory)
  var tensorboard: String?

  @Option(
    help: ArgumentHelp(
      "Most memory to plan with, such as 8G (default: what the machine has)", valueName: "size"))
  var maxMemory: String?

  @Flag(help: "Take over from processes on other machines that are known to be dead.")
  var takeOver = false

  func validate() throws {
    if let maxMemory {
      guard let bytes = Memory.bytes(maxMemory) else {
        throw ValidationError("--max-memory \(maxMemory): must be a size such as 500M or 8G")
      }
      Memory.setLimit(bytes)
    }
    guard checkpointSeconds >= 0, checkpointSeconds.isFinite else {
      throw ValidationError(
        "--checkpoint-seconds \(checkpointSeconds): must be a number from 0")
    }
    guard tensorboard != "" else {
      throw ValidationError("--tensorboard: is empty; give a folder")
    }
  }
}

extension ResourceOptions {
  /// Which workers on other machines are known to be dead.
  var takesOver: TakeOver { takeOver ? .all : .none }

  /// Where every epoch's numbers go beside the run, comparison or adaptation in the folder `run`; nil
  /// for nowhere. Warnings about it are seen with `progress`, and without.
  ///
  /// - Throws: `Failure` of kind `cannotCreate` if nothing can be written there, or another's events
  ///   are there.
  func board(of run: String, _ progress: ProgressDisplay) throws -> TensorBoardLog? {
    let isQuiet = quiet
    return try tensorboard.map {
      try TensorBoardLog.open($0, of: run) { warning in
        let line = "warning: " + warning
        if isQuiet { Exit.complain(line) } else { progress.say(line) }
      }
    }
  }
}

/// The option of every command that reports something.
struct OutputOptions: ParsableArguments {
  @Flag(help: "One JSON object on standard output.")
  var json = false
}

/// Files that are read once.
enum Input {
  /// The path of what the user calls `file`: `-` is standard input.
  static func path(_ file: String) -> String { file == "-" ? "/dev/stdin" : file }
}
