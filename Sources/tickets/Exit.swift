import ArgumentParser
import Basics
import Figures
import Foundation
import Recipes

/// The one place where an error becomes a message on standard error and an exit code.
enum Exit {
  /// Ends the process: 0 after help, 64 for wrong usage, the code of a `Failure`, and 70 for
  /// anything that should have been one.
  ///
  /// - Parameter command: what was running; nil if no command was understood.
  static func leave(with error: any Error, of command: (any ParsableCommand.Type)?) -> Never {
    if let failure = error as? Failure {
      complain(message(of: failure, in: command))
      exit(failure.kind.rawValue)
    }
    switch Tickets.exitCode(for: error) {
    case .validationFailure:
      complain(message(of: error))
      exit(Failure.Kind.usage.rawValue)
    case .failure where !(error is ExitCode):
      complain("unexpected error: \(error)")
      exit(Failure.Kind.internal.rawValue)
    default:
      // Help and version, which are no errors.
      show(Tickets.fullMessage(for: error, columns: HelpText.unbroken))
      exit(Tickets.exitCode(for: error).rawValue)
    }
  }

  /// Writes what the parser has to show: help, the version, completions for a shell.
  private static func show(_ text: String) {
    let isHelp = text.hasPrefix("OVERVIEW: ")
    do {
      try Output.write(
        isHelp ? HelpText.set(text, width: HelpText.standardWidth) : text.trimmed)
    } catch {
      leave(with: error, of: nil)
    }
  }

  /// The message of `failure` to who called `command`: what a library calls a setting is an option
  /// here, unless the command has no such option. In quotes stand other commands to be called.
  private static func message(of failure: Failure, in command: (any ParsableCommand.Type)?)
    -> String
  {
    let message = (failure.setting == nil ? "" : "--") + failure.message
    let help = command?.helpMessage(columns: HelpText.unbroken)
    return message.replacing(/'tickets [^']*'|--([a-z][a-z-]*)/) { match in
      guard let help, let name = match.1, RecipeOption.named(String(name)) != nil,
        !help.contains("\n  --\(name) "), !help.contains("\n  --\(name)\n")
      else { return match.0 }
      return match.range.lowerBound == message.startIndex ? "setting \(name)" : name
    }
  }

  /// What the parser says about wrong usage, and where to read more, in one line: it knows the
  /// nearest option and the command that was meant.
  private static func message(of error: any Error) -> String {
    let help = Tickets.fullMessage(for: error).split(whereSeparator: \.isNewline).last?
      .firstMatch(of: /'tickets .*--help'/)
    return Tickets.message(for: error) + (help.map { "; see \($0.output)" } ?? "")
  }

  /// Writes the one line `message` to standard error.
  static func complain(_ message: String) {
    let line = message.split(whereSeparator: \.isNewline).joined(separator: " ").forTerminal
    try? FileHandle.standardError.write(contentsOf: Data("tickets: \(line)\n".utf8))
  }
}

/// Results on standard output.
enum Output {
  /// Takes the places of standard streams that the caller has closed: the next file to be opened
  /// would, and what is meant for the streams would be written into it. Reading and writing there
  /// fail.
  static func holdClosedStreams() {
    for stream in STDIN_FILENO...STDERR_FILENO where fcntl(stream, F_GETFD) < 0 {
      _ = open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Writes `text`, in which names may be a stranger's, and a line break; if nobody reads any more,
  /// ends the process quietly.
  ///
  /// - Throws: `Failure` of kind `inputOutput` if it cannot be written for another reason.
  static func write(_ text: String) throws { try write(Data((text.forTerminal + "\n").utf8)) }

  /// Writes `data` for other programs as they are, but to a terminal as `write(_: String)` does; if
  /// nobody reads any more, ends the process quietly.
  ///
  /// - Throws: `Failure` of kind `inputOutput` if it cannot be written for another reason.
  static func write(data: Data) throws {
    guard isatty(STDOUT_FILENO) == 1 else { return try write(data) }
    try write(Data(String(decoding: data, as: UTF8.self).forTerminal.utf8))
  }

  /// Writes `data`; if nobody reads any more, ends the process quietly.
  ///
  /// - Throws: `Failure` of kind `inputOutput` if it cannot be written for another reason.
  static func write(_ data: Data) throws {
    try data.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let count = Foundation.write(STDOUT_FILENO, bytes.baseAddress! + done, bytes.count - done)
        if count > 0 {
          done += count
        } else if errno == EPIPE {
          exit(EXIT_SUCCESS)
        } else if errno != EINTR {
          throw Failure(.inputOutput, "standard output: cannot be written (\(systemError()))")
        }
      }
    }
  }
}
