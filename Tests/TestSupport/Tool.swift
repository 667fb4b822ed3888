import Foundation

/// What the built tool did with some arguments.
package struct Outcome {
  package let output: String
  package let errors: String
  package let code: Int32
  /// Whether a signal ended it.
  package let isKilled: Bool

  /// The JSON object on standard output.
  package func json() throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
    guard let object = object as? [String: Any] else { throw CocoaError(.coderReadCorrupt) }
    return object
  }
}

/// The built tool at work.
package final class Running {
  private let process = Process()
  private let output = Pipe()
  private let errors = Pipe()

  package convenience init(
    _ arguments: [String], in folder: String = "/", input: String? = nil
  ) throws {
    try self.init(tool, arguments, in: folder, input: input)
  }

  package init(
    _ program: URL, _ arguments: [String], in folder: String, input: String?
  ) throws {
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardOutput = output
    process.standardError = errors
    let words = Pipe()
    if input != nil { process.standardInput = words }
    // The test's thread may hold signals back, and a process inherits that.
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try process.run()
    if let input {
      try words.fileHandleForWriting.write(contentsOf: Data(input.utf8))
      try words.fileHandleForWriting.close()
    }
  }

  package var identifier: Int32 { process.processIdentifier }

  /// Sends `signal`, unless it has ended: its number may be another process's by then.
  package func send(_ signal: Int32) {
    if process.isRunning { kill(process.processIdentifier, signal) }
  }

  /// Waits for the next line on standard error.
  package func errorLine() throws -> String {
    var line = Data()
    while let byte = try errors.fileHandleForReading.read(upToCount: 1), byte != Data([10]) {
      line += byte
    }
    return String(decoding: line, as: UTF8.self)
  }

  /// Whether a line on standard error, up to the hundredth from here, begins like this.
  package func waits(for beginning: String) throws -> Bool {
    for _ in 0..<100 where try errorLine().hasPrefix(beginning) { return true }
    return false
  }

  /// Waits for its end; `errors` is what `errorLine` has not taken.
  package func end() throws -> Outcome {
    // Side by side: a pipe that nobody reads stops the tool once it is full.
    let errors = errors.fileHandleForReading
    nonisolated(unsafe) var complaints: Result<Data?, any Error> = .success(nil)
    let group = DispatchGroup()
    DispatchQueue.global().async(group: group) {
      complaints = Result { try errors.readToEnd() }
    }
    let results = try output.fileHandleForReading.readToEnd()
    group.wait()
    let texts = [try complaints.get(), results].map {
      String(decoding: $0 ?? Data(), as: UTF8.self)
    }
    process.waitUntilExit()
    return Outcome(
      output: texts[1], errors: texts[0], code: process.terminationStatus,
      isKilled: process.terminationReason == .uncaughtSignal)
  }
}

/// Runs the built tool to its end.
package func tickets(
  _ arguments: [String], in folder: String = "/", input: String? = nil
) throws -> Outcome {
  try Running(arguments, in: folder, input: input).end()
}

/// Runs a line of shell in which `$0` is the built tool.
package func shell(_ line: String) throws -> Outcome {
  let shell = URL(fileURLWithPath: "/bin/sh")
  return try Running(shell, ["-c", line, tool.path], in: "/", input: nil).end()
}

/// The tool, built with these tests: it stands beside the program that runs them.
package let tool = Bundle.main.bundleURL.appendingPathComponent("tickets")
