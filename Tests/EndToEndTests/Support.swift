import Basics
import Foundation
import Testing

/// A folder of its own for one test, removed with the last reference to it.
final class Scratch: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "tickets-e2e-" + UUID().uuidString
    try Files.makeFolder(path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file and returns its path.
  @discardableResult func file(_ name: String, _ text: String) throws -> String {
    try Files.writeAtomically(Data(text.utf8), to: path(name))
    return path(name)
  }
}

/// What the built tool did with some arguments.
struct Outcome {
  let output: String
  let errors: String
  let code: Int32
  /// Whether a signal ended it.
  let isKilled: Bool

  /// The JSON object on standard output.
  func json() throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
  }
}

/// The built tool at work.
final class Running {
  private let process = Process()
  private let output = Pipe()
  private let errors = Pipe()

  init(_ arguments: [String], in folder: String = "/", input: String? = nil) throws {
    process.executableURL = tool
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

  var identifier: Int32 { process.processIdentifier }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Waits for the next line on standard error.
  func errorLine() throws -> String {
    var line = Data()
    while let byte = try errors.fileHandleForReading.read(upToCount: 1), byte != Data([10]) {
      line += byte
    }
    return String(decoding: line, as: UTF8.self)
  }

  /// Whether a line on standard error, up to the hundredth from here, begins like this.
  func waits(for beginning: String) throws -> Bool {
    for _ in 0..<100 where try errorLine().hasPrefix(beginning) { return true }
    return false
  }

  /// Waits for its end; `errors` is what `errorLine` has not taken.
  func end() throws -> Outcome {
    // What stands on standard output fits the pipe, so reading it last cannot block.
    let texts = try [errors, output].map {
      String(decoding: try $0.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    }
    process.waitUntilExit()
    return Outcome(
      output: texts[1], errors: texts[0], code: process.terminationStatus,
      isKilled: process.terminationReason == .uncaughtSignal)
  }
}

/// Runs the built tool to its end.
func tickets(
  _ arguments: [String], in folder: String = "/", input: String? = nil
) throws -> Outcome {
  try Running(arguments, in: folder, input: input).end()
}

let tool = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent(".build/release/tickets")
