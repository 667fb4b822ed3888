import ArgumentParser
import Basics
import Foundation

/// The one place where an error becomes a message on standard error and an exit code.
enum Exit {
  /// Ends the process: 0 after help, 64 for wrong usage, the code of a `Failure`, and 70 for
  /// anything that should have been one.
  static func leave(with error: any Error) -> Never {
    if let failure = error as? Failure {
      // What a library calls a setting is an option here.
      complain((failure.setting == nil ? "" : "--") + failure.message)
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
      Tickets.exit(withError: error)
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
    let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    try? FileHandle.standardError.write(contentsOf: Data("tickets: \(line)\n".utf8))
  }
}

/// Results on standard output.
enum Output {
  /// Writes `text` and a line break; if nobody reads any more, ends the process quietly.
  ///
  /// - Throws: `Failure` of kind `inputOutput` if it cannot be written for another reason.
  static func write(_ text: String) throws { try write(Data((text + "\n").utf8)) }

  /// Writes `data` as it is; if nobody reads any more, ends the process quietly.
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
  /// Takes the places of standard streams that the caller has closed: the next file to be opened
  /// would, and what is meant for the streams would be written into it. Writing there fails.
  static func holdClosedStreams() {
    for stream in STDIN_FILENO...STDERR_FILENO where fcntl(stream, F_GETFD) < 0 {
      _ = open("/dev/null", O_RDONLY)
    }
  }

