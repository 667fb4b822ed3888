import ArgumentParser
import Basics
import Figures
import Foundation
import Runs

/// How a report is printed, and whether a page is written beside.
struct DocumentOptions: ParsableArguments {
  @OptionGroup var table: TableOptions
  @Flag(help: "Markdown on standard output.")
  var markdown = false
  @Flag(help: "LaTeX tables on standard output.")
  var latex = false
  @Option(
    help: ArgumentHelp("Write a page for browsers too, into a file", valueName: "file"),
    completion: .file())
  var html: String?

  func validate() throws {
    let given = [
      ("--json", table.json), ("--csv", table.csv), ("--markdown", markdown), ("--latex", latex),
    ].filter(\.1).map(\.0)
    if given.count > 1 {
      throw ValidationError(
        "\(given.last!) excludes \(given.dropLast().joined(separator: " and "))")
    }
    if let html, ["", "-"].contains(html) {
      throw ValidationError(
        "--html '\(html)': is no file; the page stands beside what is on standard output")
    }
  }

  /// Checks that the page can be written, before anything is computed for it.
  func checkPage() throws {
    if let html { try RunDirectory.requireWritable(html) }
  }

  /// Writes the page, if there is one, and what was asked for to standard output.
  func write(
    _ document: Document, json: @autoclosure () throws -> String,
    csv: @autoclosure () throws -> String, page: @autoclosure () throws -> Document
  ) throws {
    if let html { try Files.writeResult(Data(page().html.utf8), to: html) }
    try table.write(
      json: json(), csv: csv(),
      text: markdown ? document.markdown : latex ? document.latex : document.text)
  }
}
