import Basics
import Corpora
import Foundation
import Recipes
import Runs

extension Prediction {
  /// What one task predicts for a file.
  struct Column {
    let name: String
    /// Whether it has something for every token, not for every sentence, text or vector.
    let isOfTokens: Bool
    /// The labels or numbers.
    let values: [String]
    /// The labels with their probabilities, the most probable first, for each of `values`; nil where they
    /// were not asked for, or there are none.
    var probabilities: [[(label: String, probability: Float)]]?
  }

  /// A file to be labelled.
  struct Input {
    /// Its sentences, without labels.
    private(set) var corpus: Corpus
    /// What a user should know who meant something else; nil if there is nothing.
    private(set) var hint: String?
    private let data: Data
    private let name: String
    private let form: Form

    /// How it is written.
    private enum Form {
      case columns
      /// CoNLL-U, whose lines have ten columns and no more.
      case universal
      /// Plain text, made columns.
      case raw
      case texts(TextFormat)
      case vectors
    }

    /// A column file; the words of CoNLL-U are in their own column, unless `given` names another.
    init(
      columns data: Data, named name: String, given: Int?, usual: () throws -> Int
    ) throws {
      let layout = ColumnFormat.layout(of: data)
      let isUniversal = layout?.isUniversal == true
      let wordColumn = try given ?? (isUniversal ? 1 : usual())
      let mayBeText = layout.map { !$0.isTabbed && $0.columns > 2 } ?? false
      do {
        corpus = try Corpus(
          data, named: name, format: ColumnFormat(wordColumn: wordColumn, tasks: []))
      } catch let failure as Failure where failure.kind == .badData && mayBeText {
        throw Failure(.badData, failure.message + "; if this is plain text, give --raw")
      }
      (self.data, self.name, form) = (data, name, isUniversal ? .universal : .columns)
      if mayBeText, corpus.tokenCount == corpus.sentenceCount {
        hint =
          "every line of \(name) is read as a word with other columns; if this is plain text, give --raw"
      }
    }

    /// Plain text, a sentence a line.
    init(raw data: Data, named name: String) throws {
      let columns = try RawText.columns(of: data, named: name)
      corpus = try Corpus(columns, named: name, format: ColumnFormat(wordColumn: 1, tasks: []))
      (self.data, self.name, form) = (columns, name, .raw)
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

    /// The file with `columns`; of plain text the words with them, of vectors the columns alone, a line a
    /// vector. In CoNLL-U labels of words stand in MISC as `task=label`, those of sentences in comments.
    func adding(_ columns: [Column]) -> Data {
      switch form {
      case .columns: return append(columns.map(ofTokens))
      case .universal: return describe(columns)
      case .raw:
        let values = columns.map(ofTokens)
        return lines(of: 0..<corpus.sentenceCount) { sentence in
          corpus.range(ofSentence: sentence).map { token in
            ([corpus.forms[corpus.tokens[token]]] + values.map { $0[token] })
              .joined(separator: "\t") + "\n"
          }.joined()
        }
      case .texts(let format):
        return format.adding(columns.map { ($0.name, $0.values) }, to: data, named: name)
      case .vectors:
        return lines(of: 0..<corpus.sentenceCount) { row in
          columns.map { $0.values[row] }.joined(separator: "\t")
        }
      }
    }

    /// A value of `column` for every token: a label of a sentence stands behind all of its tokens.
    private func ofTokens(_ column: Column) -> [String] {
      column.isOfTokens
        ? column.values
        : (0..<corpus.sentenceCount).flatMap { sentence in
          repeatElement(column.values[sentence], count: corpus.length(ofSentence: sentence))
        }
    }

    private func lines(of rows: Range<Int>, _ text: (Int) -> String) -> Data {
      Data(rows.map { text($0) + "\n" }.joined().utf8)
    }

    /// The file, with every line that holds a token as `changed` makes it, and every other one as `kept`
    /// does, which is called with its number from 0; nil leaves it out.
    private func lines(
      changed: (Data, Int) -> Data, kept: (Data, Int) -> Data? = { line, _ in line }
    ) -> Data {
      let newline = UInt8(ascii: "\n")
      var result = Data()
      result.reserveCapacity(2 * data.count)
      var token = 0
      let rows = data.split(separator: newline, omittingEmptySubsequences: false)
      for (index, row) in rows.enumerated() {
        var line = Data(row)
        if token < corpus.lines.count, corpus.lines[token] == index + 1 {
          let ending = line.last == UInt8(ascii: "\r") ? line.suffix(1) : Data()
          line = changed(line.dropLast(ending.count), token) + ending
          token += 1
        } else if let other = kept(line, index) {
          line = other
        } else {
          continue
        }
        result.append(line)
        if index < rows.count - 1 { result.append(newline) }
      }
      return result
    }

    /// The file with `columns` behind the lines that hold tokens.
    private func append(_ columns: [[String]]) -> Data {
      let isTabbed = ColumnFormat.layout(of: data).map { $0.isTabbed || $0.columns == 1 } ?? true
      let separator = isTabbed ? "\t" : " "
      return lines(changed: { line, token in
        line + Data(columns.map { separator + $0[token] }.joined().utf8)
      })
    }

    /// The CoNLL-U file with `columns` in the last of its own, and in the comments of its sentences, in the
    /// place of what it says there under the same names.
    private func describe(_ columns: [Column]) -> Data {
      let sentences = columns.filter { !$0.isOfTokens }
      let tokens = columns.filter(\.isOfTokens)
      let rows = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      func isBlank(_ index: Int) -> Bool {
        rows[index].allSatisfy { $0 == 32 || $0 == 9 || $0 == 13 }
      }
      // The first line of each sentence, by its number.
      var starts: [Int: Int] = [:]
      for (sentence, first) in corpus.sentenceStarts.dropLast().enumerated() {
        var line = Int(corpus.lines[first]) - 1
        while line > 0, !isBlank(line - 1) { line -= 1 }
        starts[line] = sentence
      }
      func comments(before index: Int) -> Data {
        guard let sentence = starts[index] else { return Data() }
        return Data(sentences.map { "# \($0.name) = \($0.values[sentence])\n" }.joined().utf8)
      }
      return lines(
        changed: { line, token in
          let tab = line.lastIndex(of: UInt8(ascii: "\t"))!
          var attributes = String(decoding: line[(tab + 1)...], as: UTF8.self).split(separator: "|")
            .filter { attribute in
              attribute != "_" && !tokens.contains { attribute.hasPrefix($0.name + "=") }
            }.map(String.init)
          // | separates attributes.
          attributes += tokens.map { "\($0.name)=\($0.values[token].replacing("|", with: "/"))" }
          let own = attributes.isEmpty ? "_" : attributes.joined(separator: "|")
          return comments(before: Int(corpus.lines[token]) - 1) + line[...tab] + Data(own.utf8)
        },
        kept: { line, index in
          let isOld = sentences.contains { line.starts(with: Data("# \($0.name) =".utf8)) }
          let before = comments(before: index)
          // A first line that goes leaves its place to what is said instead.
          return isOld ? before.isEmpty ? nil : before.dropLast() : before + line
        })
    }
  }
}
