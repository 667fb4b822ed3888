import ArgumentParser
import Foundation

/// How tables are printed.
struct TableOptions: ParsableArguments {
  @Flag(help: "One JSON object on standard output.")
  var json = false
  @Flag(help: "Comma-separated values on standard output.")
  var csv = false

  func validate() throws {
    if json && csv { throw ValidationError("--json and --csv exclude each other") }
  }

  /// Writes what is asked for to standard output, with a line break behind it. Comma-separated values
  /// are for programs: their names are what they are.
  func write(
    json: @autoclosure () throws -> String, csv: @autoclosure () throws -> String,
    text: @autoclosure () throws -> String
  ) throws {
    if self.csv { return try Output.write(data: Data((csv() + "\n").utf8)) }
    try Output.write(self.json ? json() : text())
  }
}

extension String {
  /// The text without line breaks at its end.
  var trimmed: String { trimmingCharacters(in: .newlines) }
}
