import Basics
import Corpora
import Foundation
import Recipes
import Runs

extension Prediction {
  /// A file to be labelled.
  struct Input {
    /// Its sentences, without labels.
    private(set) var corpus: Corpus
    private let data: Data
    private let name: String
    private let form: Form

    /// How it is written.
    private enum Form {
      case columns
      case texts(TextFormat)
      case vectors
    }

    /// A column file.
    init(columns data: Data, named name: String, _ wordColumn: Int) throws {
      corpus = try Corpus(
        data, named: name, format: ColumnFormat(wordColumn: wordColumn, tasks: []))
      (self.data, self.name, form) = (data, name, .columns)
    }

    /// A file of texts in `format`, its labels not read, or texts alone, one a line.
    init(texts data: Data, named name: String, _ format: TextFormat) throws {
      corpus = try Corpus(texts: data, named: name, format: format)
      (self.data, self.name, form) = (data, name, .texts(format))
    }

    /// A safetensors file of feature vectors, its labels not read.
    init(vectors data: Data, named name: String) throws {
      corpus = try Corpus(vectors: data, named: name, format: VectorFormat(tasks: []))
      (self.data, self.name, form) = (data, name, .vectors)
    }

    /// Reads the features of the file's tokens from the file at `path`.
    mutating func readFeatures(from path: String) throws { try corpus.readFeatures(from: [path]) }

    /// The file with `columns`, each with a value for every token, or for every sentence; of vectors
    /// the columns alone, a line a vector.
    func adding(_ columns: [(name: String, values: [String])]) -> Data {
      switch form {
      case .columns: break
      case .texts(let format): return format.adding(columns, to: data, named: name)
      case .vectors:
        let lines = (0..<corpus.sentenceCount).map { row in
          columns.map { $0.values[row] }.joined(separator: "\t") + "\n"
        }
        return Data(lines.joined().utf8)
      }
      // A label of a sentence stands behind all of its tokens.
      let values = columns.map { column in
        column.values.count == corpus.tokenCount
          ? column.values
          : (0..<corpus.sentenceCount).flatMap { sentence in
            repeatElement(column.values[sentence], count: corpus.length(ofSentence: sentence))
          }
      }
      return append(values, at: corpus.lines)
    }

    /// The file with `columns` behind the lines with the numbers `lines` (from 1).
    private func append(_ columns: [[String]], at lines: [Int32]) -> Data {
      let newline = UInt8(ascii: "\n")
      let carriage = UInt8(ascii: "\r")
      var result = Data()
      result.reserveCapacity(2 * data.count)
      var token = 0
      let rows = data.split(separator: newline, omittingEmptySubsequences: false)
      // As the reader does it: the first token line tells how columns are separated.
      let first = lines.first.map { rows[Int($0) - 1] } ?? Data()
      let isTabbed = first.contains(UInt8(ascii: "\t")) || !first.contains(UInt8(ascii: " "))
      let separator = isTabbed ? "\t" : " "
      for (index, line) in rows.enumerated() {
        if index > 0 { result.append(newline) }
        guard token < lines.count, lines[token] == index + 1 else {
          result.append(line)
          continue
        }
        let ending = line.last == carriage ? 1 : 0
        result.append(line.dropLast(ending))
        for column in columns { result.append(contentsOf: (separator + column[token]).utf8) }
        if ending == 1 { result.append(carriage) }
        token += 1
      }
      return result
    }
  }
}
