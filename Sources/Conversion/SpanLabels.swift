import Basics
import Corpora
import Foundation

/// Labels of spans in another scheme.
public enum SpanLabels {
  /// The column file `source` with the labels of one column written in another scheme; all else stays
  /// as it is, byte for byte.
  ///
  /// - Parameters:
  ///   - source: the file.
  ///   - column: the column, from 0; nil for the last.
  ///   - scheme: the scheme that its labels follow.
  ///   - result: the scheme that they are to follow.
  /// - Throws: `Failure` of kind `badData` naming file and line of a label that cannot stand where it
  ///   does, `usage` of the setting `column`.
  public static func convert(
    _ source: SourceText, column: Int?, from scheme: LabelScheme, to result: LabelScheme
  ) throws -> Data {
    guard let count = ColumnFormat.layout(of: source.data)?.columns else {
      throw source.problem(0, "holds no tokens")
    }
    let column = column ?? count - 1
    guard (0..<count).contains(column) else {
      throw Failure(
        .usage, setting: "column", value: "\(column)",
        "\(source.name) has the columns 0 to \(count - 1)")
    }
    let corpus = try Corpus(
      source.data, named: source.name,
      format: ColumnFormat(
        wordColumn: 0, tasks: [TaskSource(name: "labels", source: .column(column))]))
    let labels = corpus.tasks[0]
    if let problem = try scheme.problems(in: corpus, task: "labels").first {
      throw Failure(.badData, problem.description)
    }
    let reader = SpanReader(labels: labels.table.strings)
    var converted: [Int: String] = [:]
    for sentence in 0..<corpus.sentenceCount {
      let range = corpus.range(ofSentence: sentence)
      let spans = reader.spans(of: labels.labels[range])
      for (token, label) in zip(range, result.encode(spans, length: range.count)) {
        converted[Int(corpus.lines[token])] = label
      }
    }
    return replacing(column, in: source.data, with: converted)
  }

  /// `data` with other fields in a column of some lines, given by their numbers from 1.
  private static func replacing(
    _ column: Int, in data: Data, with fields: [Int: String]
  ) -> Data {
    let newline = UInt8(ascii: "\n")
    let tab = UInt8(ascii: "\t")
    let lines = data.split(separator: newline, omittingEmptySubsequences: false)
    // As the reader does it: the first line of a token tells how columns are separated.
    let first = fields.keys.min().map { lines[$0 - 1] } ?? Data()
    let isTabbed = first.contains(tab)
    func separates(_ byte: UInt8) -> Bool {
      byte == tab || !isTabbed && byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\r")
    }
    var result = Data()
    result.reserveCapacity(data.count)
    for (index, line) in lines.enumerated() {
      if index > 0 { result.append(newline) }
      guard let field = fields[index + 1] else {
        result.append(line)
        continue
      }
      let range = line.split(omittingEmptySubsequences: !isTabbed, whereSeparator: separates)[
        column]
      result.append(line[..<range.startIndex])
      result.append(contentsOf: field.utf8)
      result.append(line[range.endIndex...])
    }
    return result
  }
}
