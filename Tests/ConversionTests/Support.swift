import Basics
import Conversion
import Foundation

/// A file called `x`.
func source(_ text: String) -> SourceText { SourceText(Data(text.utf8), named: "x") }

/// The lines of a column file, fields with blanks between, sentences with `|` between.
func lines(_ rows: ColumnRows) -> [String] {
  String(decoding: rows.data, as: UTF8.self).trimmingCharacters(in: .newlines)
    .components(separatedBy: "\n")
    .map { $0.isEmpty ? "|" : $0.replacing("\t", with: " ") }
}
