import ArgumentParser
import Basics
import Foundation

/// The one place where an error becomes a message on standard error and an exit code.
enum Exit {
  /// Ends the process: 0 after help, 64 for wrong usage, the code of a `Failure`, and 70 for
  /// anything that should have been one.
  static func leave(with error: any Error) -> Never {
    if let failure = error as? Failure {
      complain(failure.message)
      exit(failure.kind.rawValue)
    }
    if Tickets.exitCode(for: error) == .failure && !(error is ExitCode) {
      complain("unexpected error: \(error)")
      exit(Failure.Kind.internal.rawValue)
    }
    // The parser's own errors: it knows the usage line and the nearest option.
    Tickets.exit(withError: error)
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
