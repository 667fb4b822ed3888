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
}

extension String {
  /// The text without line breaks at its end.
  var trimmed: String { trimmingCharacters(in: .newlines) }
}
