import Basics
import Foundation
import Runs
import Testing

/// The architectures these tests pretend can be trained.
let sharings = [
  "sparse", "subnet", "hard", "hierarchical", "cross-stitch", "sluice", "group-lasso",
  "domain-adaptation", "single",
]

/// A folder of its own for one test, removed with the last reference to it.
final class Scratch: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "tickets-" + UUID().uuidString
    try Files.makeFolder(path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of `name` in the folder.
  func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file and returns its path.
  @discardableResult func file(_ name: String, _ text: String) throws -> String {
    try Files.writeAtomically(Data(text.utf8), to: path(name))
    return path(name)
  }

  /// The text of a file.
  func text(_ name: String) throws -> String {
    String(decoding: try Files.read(path(name)), as: UTF8.self)
  }
}

/// The failure `body` ends with, for its kind and message to be looked at.
func failure(_ body: () throws -> some Any) -> Failure? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? Failure
  }
}

/// The recipe of command-line options given as name and value.
func resolve(_ given: (String, String)...) throws -> Recipe {
  try Recipe.resolve([layer(given)], knownSharings: sharings)
}

/// Options as if from the command line; one given several times collects its values.
func layer(_ given: [(String, String)]) -> RecipeLayer {
  let names = given.map(\.0).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
  return .commandLine(
    names.map { name in (name, given.filter { $0.0 == name }.map(\.1)) })
}

/// What the built tool did with some arguments.
struct Outcome {
  let output: String
  let errors: String
  let code: Int32
}

/// Runs the built tool, which stands beside the tests.
func tickets(_ arguments: [String], in folder: String = "/") throws -> Outcome {
  try run(tool, arguments, in: folder)
}

/// Runs a line of shell in which `$0` is the built tool.
func shell(_ line: String) throws -> Outcome {
  try run(URL(fileURLWithPath: "/bin/sh"), ["-c", line, tool.path], in: "/")
}

private let tool = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent(".build/release/tickets")

private func run(_ program: URL, _ arguments: [String], in folder: String) throws -> Outcome {
  let process = Process()
  process.executableURL = program
  process.arguments = arguments
  process.currentDirectoryURL = URL(fileURLWithPath: folder)
  let (output, errors) = (Pipe(), Pipe())
  process.standardOutput = output
  process.standardError = errors
  try process.run()
  // What the tests make it print fits the pipes, so reading one after the other cannot block.
  let texts = try [output, errors].map {
    String(decoding: try $0.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
  }
  process.waitUntilExit()
  return Outcome(output: texts[0], errors: texts[1], code: process.terminationStatus)
}
